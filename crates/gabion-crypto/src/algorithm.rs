//! Algorithm identifiers, as they stand in records on flash and on the wire.

/// An authenticated cipher with a 32-byte key, a 12-byte nonce and a 16-byte tag. Ids are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum AeadAlgorithm {
    /// AES-256-GCM (NIST SP 800-38D).
    Aes256Gcm = 1,
    /// ChaCha20-Poly1305 (RFC 8439).
    ChaCha20Poly1305 = 2,
}

impl AeadAlgorithm {
    /// Returns the id that stands in records.
    #[must_use]
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// Finds an algorithm by its id; `None` for every id that is not assigned.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::ChaCha20Poly1305),
            _ => None,
        }
    }
}

/// A signature scheme. Ids are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum SignatureAlgorithm {
    /// ECDSA on P-256 over SHA-256 (FIPS 186-5).
    EcdsaP256Sha256 = 1,
    /// Ed25519 (RFC 8032).
    Ed25519 = 2,
}
