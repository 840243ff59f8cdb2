//! ECDSA P-256 signing with the software provider.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box};
use gabion_crypto::{CryptoError, EcdsaP256Sign, Secret, Software};
use gabion_qemu::gabion_testkit::crypto::{HASH, LOW_S, PRIVATE};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let private = Secret::new(*black_box(&PRIVATE));
    let mut signature = Err(CryptoError::Refused);
    bench.measure("P-256 sign", &mut || {
        signature = Software.p256_sign(&private, black_box(&HASH));
    });
    signature == Ok(LOW_S)
}
