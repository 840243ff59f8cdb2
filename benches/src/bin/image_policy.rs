//! Image verification without cryptography: a provider that computes nothing, so that what is left is our own code.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box, image};
use gabion_boot::{KeySet, Policy, TrustedKey, verify_bytes};
use gabion_crypto::{
    CryptoError, Digest, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256,
};

gabion_benches::bench_main!(run);

/// Knows every answer and computes none. The optimiser must not learn that.
struct Nothing;

impl Digest for Nothing {
    #[inline(never)]
    fn update(&mut self, data: &[u8]) {
        black_box(data);
    }

    #[inline(never)]
    fn finish(self) -> [u8; 32] {
        black_box(image::DIGEST)
    }
}

impl Sha256 for Nothing {
    type Digest = Self;

    #[inline(never)]
    fn sha256_start(&self) -> Self {
        Self
    }
}

impl EcdsaP256Verify for Nothing {
    #[inline(never)]
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        black_box((key, hash, signature));
        black_box(Ok(()))
    }
}

impl Ed25519Verify for Nothing {
    #[inline(never)]
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        black_box((key, message, signature));
        black_box(Ok(()))
    }
}

fn run(bench: &Bench) -> bool {
    let bytes = image::bytes();
    let keys = [TrustedKey::p256_with_hash(image::KEY, image::KEY_HASH)];
    let policy = Policy::new(65_536);
    let mut accepted = false;
    bench.measure("image parser and policy", &mut || {
        accepted = verify_bytes(bytes, KeySet::new(&keys), &policy, &Nothing).is_ok();
    });
    accepted
}
