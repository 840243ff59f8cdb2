//! HKDF-SHA-256 over the provider's HMAC.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box, pattern};
use gabion_crypto::{Label, Secret, Software, hkdf_expand, hkdf_extract};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let (input, salt, info): ([u8; 32], [u8; 32], [u8; 8]) = (pattern(1), pattern(2), pattern(3));
    let mut key = Secret::zeroed();
    bench.measure("HKDF extract 32 B", &mut || key = hkdf_extract(&Software, &salt, &[&input]));
    let mut out = [0; 32];
    let mut expanded = Ok(());
    bench.measure("HKDF expand 32 B", &mut || {
        expanded = hkdf_expand(&Software, &key, Label::StorageKek, [&info, &[]], &mut out);
    });
    expanded.is_ok() && *black_box(&out) != [0; 32]
}
