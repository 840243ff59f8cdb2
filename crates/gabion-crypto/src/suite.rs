//! A provider put together from parts.

use crate::{
    Aead, AeadAlgorithm, Argon2Cost, CryptoError, EcdsaP256Sign, EcdsaP256Verify, HmacSha256,
    P256PublicKey, P256Signature, PAKE_RECORD_LEN, PakeAnswer, PakeContext, PasswordHash, Secret,
    Sha256, Spake2Plus,
};

/// Puts a provider together: hashes from one value, the authenticated cipher from another, signatures from a third.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "software")] {
/// use gabion_crypto::{Software, SoftwareChaCha, Suite};
/// // A chip with a hash unit would put its own value in `hash`.
/// let provider = Suite { hash: Software, aead: SoftwareChaCha, ecdsa: Software };
/// # let _ = provider; }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Suite<H, A, E> {
    /// SHA-256, HMAC-SHA-256 and PBKDF2.
    pub hash: H,
    /// The authenticated cipher.
    pub aead: A,
    /// ECDSA and SPAKE2+ on P-256.
    pub ecdsa: E,
}

impl<H: Sha256, A, E> Sha256 for Suite<H, A, E> {
    type Digest = H::Digest;

    fn sha256_start(&self) -> Self::Digest {
        self.hash.sha256_start()
    }
}

impl<H: HmacSha256, A, E> HmacSha256 for Suite<H, A, E> {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        self.hash.hmac_sha256(key, parts)
    }
}

impl<H: PasswordHash, A, E> PasswordHash for Suite<H, A, E> {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        self.hash.pbkdf2(password, salt, iterations, out)
    }

    fn argon2id(
        &self,
        password: &[u8],
        salt: &[u8],
        cost: Argon2Cost,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        self.hash.argon2id(password, salt, cost, out)
    }
}

impl<H, A: Aead, E> Aead for Suite<H, A, E> {
    type Key = A::Key;

    fn aead_algorithm(&self) -> AeadAlgorithm {
        self.aead.aead_algorithm()
    }

    fn aead_key(&self, key: &Secret<[u8; 32]>) -> Self::Key {
        self.aead.aead_key(key)
    }
}

impl<H, A, E: EcdsaP256Verify> EcdsaP256Verify for Suite<H, A, E> {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        self.ecdsa.p256_verify(key, hash, signature)
    }
}

impl<H, A, E: EcdsaP256Sign> EcdsaP256Sign for Suite<H, A, E> {
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        self.ecdsa.p256_public_key(private)
    }

    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        self.ecdsa.p256_sign(private, hash)
    }
}

impl<H, A, E: Spake2Plus> Spake2Plus for Suite<H, A, E> {
    type Verifier = E::Verifier;
    type Prover = E::Prover;

    fn pake_record(
        &self,
        stretched: &Secret<[u8; 80]>,
        record: &mut Secret<[u8; PAKE_RECORD_LEN]>,
    ) -> Result<(), CryptoError> {
        self.ecdsa.pake_record(stretched, record)
    }

    fn pake_answer(
        &self,
        record: &Secret<[u8; PAKE_RECORD_LEN]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
        share: &[u8; 65],
    ) -> Result<(PakeAnswer, Self::Verifier), CryptoError> {
        self.ecdsa.pake_answer(record, context, random, share)
    }

    fn pake_start(
        &self,
        stretched: &Secret<[u8; 80]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
    ) -> Result<([u8; 65], Self::Prover), CryptoError> {
        self.ecdsa.pake_start(stretched, context, random)
    }
}
