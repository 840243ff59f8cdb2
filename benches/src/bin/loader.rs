//! What a boot loader links: image verification with the small SHA-256 and the small P-256 verifier, no Ed25519.
#![no_std]
#![no_main]

use gabion_benches::{Bench, image};
use gabion_boot::{Effort, KeySet, Policy, TrustedKey, verify_bytes};
use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, SmallDigest,
    SmallSha256,
};
use gabion_p256::SmallP256;

gabion_benches::bench_main!(run);

struct Loader;

impl Sha256 for Loader {
    type Digest = SmallDigest;

    fn sha256_start(&self) -> SmallDigest {
        SmallSha256.sha256_start()
    }
}

impl EcdsaP256Verify for Loader {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        SmallP256.p256_verify(key, hash, signature)
    }
}

impl Ed25519Verify for Loader {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}

fn run(bench: &Bench) -> bool {
    let keys = [TrustedKey::p256_with_hash(image::KEY, image::KEY_HASH)];
    let policy = Policy::new(65_536).effort(Effort::Redundant);
    let mut accepted = false;
    bench.measure("image verify, boot loader", &mut || {
        accepted = verify_bytes(image::bytes(), KeySet::new(&keys), &policy, &Loader).is_ok();
    });
    accepted
}
