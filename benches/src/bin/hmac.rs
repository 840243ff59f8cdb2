//! HMAC-SHA-256.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box, pattern};
use gabion_crypto::{HmacSha256, Software};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let (key, message): ([u8; 32], [u8; 32]) = (pattern(1), pattern(2));
    let mut tag = [0; 32];
    bench.measure("HMAC of 32 B", &mut || tag = Software.hmac_sha256(&key, &[&message]));
    *black_box(&tag) != [0; 32]
}
