//! SHA-256 in little flash.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box};
use gabion_crypto::{Sha256, SmallSha256};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let message = *black_box(&[0; 4096]);
    let mut hash = [0; 32];
    bench.measure("SHA-256 small, 1 KiB", &mut || hash = SmallSha256.sha256(&[&message[..1024]]));
    bench.measure("SHA-256 small, 4 KiB", &mut || hash = SmallSha256.sha256(&[&message]));
    hash.starts_with(&[0xad, 0x7f, 0xac, 0xb2])
}
