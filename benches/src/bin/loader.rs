//! What a boot loader links: image verification with the small SHA-256 and the small P-256 verifier, no Ed25519.
#![no_std]
#![no_main]

use gabion_benches::{Bench, image};
use gabion_boot::{Effort, KeySet, Policy, TrustedKey, verify_bytes};
use gabion_p256::SmallLoader;

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let keys = [TrustedKey::p256_with_hash(image::KEY, image::KEY_HASH)];
    let policy = Policy::new(65_536).effort(Effort::Redundant);
    let mut accepted = false;
    bench.measure("image verify, boot loader", &mut || {
        accepted = verify_bytes(image::bytes(), KeySet::new(&keys), &policy, &SmallLoader).is_ok();
    });
    accepted
}
