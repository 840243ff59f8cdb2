use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, SmallDigest,
    SmallSha256,
};

use crate::SmallP256;

/// The algorithms of a small boot loader: [`SmallSha256`] and [`SmallP256`]. No Ed25519: what is signed with it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SmallLoader;

impl Sha256 for SmallLoader {
    type Digest = SmallDigest;

    fn sha256_start(&self) -> SmallDigest {
        SmallSha256.sha256_start()
    }
}

impl EcdsaP256Verify for SmallLoader {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        SmallP256.p256_verify(key, hash, signature)
    }
}

impl Ed25519Verify for SmallLoader {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}
