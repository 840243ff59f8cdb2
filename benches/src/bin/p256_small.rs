//! ECDSA P-256 verification with `gabion-p256`.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box};
use gabion_crypto::{CryptoError, EcdsaP256Verify};
use gabion_p256::SmallP256;
use gabion_qemu::gabion_testkit::crypto::{HASH, PUBLIC, SIGNATURE};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let mut verified = Err(CryptoError::Refused);
    bench.measure("P-256 verify, gabion-p256", &mut || {
        verified =
            SmallP256.p256_verify(black_box(&PUBLIC), black_box(&HASH), black_box(&SIGNATURE));
    });
    verified.is_ok()
}
