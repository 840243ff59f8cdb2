//! The algorithm traits. A provider is a value that implements those that are needed.

use crate::{AeadAlgorithm, CryptoError, Secret};

/// A running SHA-256 (FIPS 180-4).
pub trait Digest {
    /// Takes in more bytes.
    fn update(&mut self, data: &[u8]);

    /// Ends and returns the hash.
    fn finish(self) -> [u8; 32];
}

/// Makes SHA-256 hashes.
pub trait Sha256 {
    /// A hash that is under way.
    type Digest: Digest;

    /// Starts a hash.
    fn sha256_start(&self) -> Self::Digest;

    /// Hashes parts as if they stood in one row.
    fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = self.sha256_start();
        for part in parts {
            digest.update(part);
        }
        digest.finish()
    }
}

/// Makes SHA-512 hashes (FIPS 180-4), of what lies in memory.
pub trait Sha512 {
    /// Hashes parts as if they stood in one row.
    fn sha512(&self, parts: &[&[u8]]) -> [u8; 64];
}

/// Makes HMAC-SHA-256 tags (RFC 2104, FIPS 198-1).
pub trait HmacSha256 {
    /// Returns the tag over parts as if they stood in one row. Keys may have any length.
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32];
}

/// An authenticated cipher that expands keys. Nonces have 12 bytes, tags 16.
pub trait Aead {
    /// An expanded key, wiped when dropped.
    type Key: AeadKey;

    /// Tells which algorithm this is; the id stands in every record.
    fn aead_algorithm(&self) -> AeadAlgorithm;

    /// Expands a key. Worth keeping: for AES-256 it costs as much as sealing a short record.
    fn aead_key(&self, key: &Secret<[u8; 32]>) -> Self::Key;
}

/// An expanded key of an authenticated cipher.
pub trait AeadKey {
    /// Encrypts `data` in place and returns the tag.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Misuse`] above the algorithm's size limits.
    ///
    /// # Security
    ///
    /// The same nonce must never be used for two different messages under one key.
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError>;

    /// Checks the tag and decrypts `data` in place.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when anything was changed; `data` then holds no plaintext.
    fn unseal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError>;
}

/// A P-256 public key as 64 bytes, x then y, big endian. It may be no point of the curve: every use checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct P256PublicKey(pub [u8; 64]);

/// A P-256 signature as 64 bytes, r then s, big endian. Ranges are checked by every verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct P256Signature(pub [u8; 64]);

/// Checks ECDSA signatures on P-256 (FIPS 186-5).
pub trait EcdsaP256Verify {
    /// Checks a signature over the hash of a message.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] for a wrong signature, r or s out of 1..n, or a key that is no point of the curve.
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError>;
}

/// Makes ECDSA signatures on P-256.
pub trait EcdsaP256Sign {
    /// Returns the public key of a private key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when the scalar is not in 1..n. Draw another.
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError>;

    /// Signs the hash of a message with the deterministic nonce of RFC 6979, so that a failed random source cannot leak the
    /// key. The signature is made low-s.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when the scalar is not in 1..n.
    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError>;
}

/// Both halves of ECDSA on P-256.
pub trait EcdsaP256: EcdsaP256Verify + EcdsaP256Sign {}

impl<T: EcdsaP256Verify + EcdsaP256Sign + ?Sized> EcdsaP256 for T {}

/// Agrees on a secret by Diffie-Hellman on P-256 (SP 800-56A §5.7.1.2), with a key of its own for each agreement.
pub trait EcdhP256 {
    /// Returns the public half of a private key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when the scalar is not in 1..n. Draw another.
    fn p256_share(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError>;

    /// Puts the x coordinate of the shared point into `shared`.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when the scalar is not in 1..n or the peer's key is no point of the curve.
    fn p256_agree(
        &self,
        private: &Secret<[u8; 32]>,
        peer: &P256PublicKey,
        shared: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError>;

    /// The same for a peer of whom only the x coordinate is known, as in EDHOC: both points with it give the same secret.
    ///
    /// # Errors
    ///
    /// As [`p256_agree`](Self::p256_agree).
    fn p256_agree_x(
        &self,
        private: &Secret<[u8; 32]>,
        peer_x: &[u8; 32],
        shared: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError>;
}

/// AES-128-GCM, for protocols that ask for it; what is stored is sealed with an [`Aead`].
pub trait Aes128Gcm {
    /// An expanded key, wiped when dropped.
    type Key: AeadKey;

    /// Expands a key.
    fn aes128_gcm_key(&self, key: &Secret<[u8; 16]>) -> Self::Key;
}

/// AES-CCM-16-64-128 (RFC 9053 §4.2): a key of 16 bytes, a nonce of 13, a tag of 8.
pub trait AesCcm8 {
    /// Encrypts `data` in place and returns the tag.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Misuse`] above 65,535 bytes.
    ///
    /// # Security
    ///
    /// The same nonce must never be used for two different messages under one key. A tag of 8 bytes lets a forger through
    /// once in 2^64 attempts.
    fn aes_ccm8_seal(
        &self,
        key: &Secret<[u8; 16]>,
        nonce: &[u8; 13],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; 8], CryptoError>;

    /// Checks the tag and decrypts `data` in place.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when anything was changed; `data` then holds no plaintext.
    fn aes_ccm8_unseal(
        &self,
        key: &Secret<[u8; 16]>,
        nonce: &[u8; 13],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 8],
    ) -> Result<(), CryptoError>;
}

/// Checks Ed25519 signatures (RFC 8032), strictly: no small-order keys, no non-canonical encodings.
pub trait Ed25519Verify {
    /// Checks a signature over a message.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] for whatever is wrong.
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError>;
}

/// Stretches what a person chose.
pub trait PasswordHash {
    /// Derives 32 bytes by PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2).
    ///
    /// # Errors
    ///
    /// [`CryptoError::Misuse`] for zero iterations.
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError>;

    /// Derives 32 bytes by Argon2id (RFC 9106), version 0x13, one lane. A provider without it refuses, which is what this
    /// default does.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Misuse`] when there is no Argon2id or less memory than the cost says, or for a salt below 8 bytes.
    fn argon2id(
        &self,
        password: &[u8],
        salt: &[u8],
        cost: Argon2Cost,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        let _ = (password, salt, cost, out);
        Err(CryptoError::Misuse)
    }
}

/// What Argon2id costs: memory and passes over it, in one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    memory_kib: u16,
    passes: u8,
}

impl Argon2Cost {
    /// Sets the cost.
    ///
    /// # Panics
    ///
    /// At compile time, for less than 8 KiB of memory or no pass: RFC 9106 §3.1 has no such thing.
    #[must_use]
    pub const fn new(memory_kib: u16, passes: u8) -> Self {
        assert!(memory_kib >= 8, "Argon2id needs 8 KiB for each lane");
        assert!(passes >= 1, "Argon2id needs a pass");
        Self { memory_kib, passes }
    }

    /// Takes a cost from a record; `None` for one that RFC 9106 does not have.
    #[must_use]
    pub const fn checked(memory_kib: u16, passes: u8) -> Option<Self> {
        if memory_kib < 8 || passes < 1 { None } else { Some(Self { memory_kib, passes }) }
    }

    /// Returns the memory in KiB.
    #[must_use]
    pub const fn memory_kib(self) -> u16 {
        self.memory_kib
    }

    /// Returns the number of passes.
    #[must_use]
    pub const fn passes(self) -> u8 {
        self.passes
    }
}

/// Every algorithm that a whole device uses. A part asks only for what it needs.
pub trait Provider:
    Sha256 + HmacSha256 + Aead + EcdsaP256Verify + EcdsaP256Sign + PasswordHash
{
}

impl<T> Provider for T where
    T: Sha256 + HmacSha256 + Aead + EcdsaP256Verify + EcdsaP256Sign + PasswordHash + ?Sized
{
}
