use gabion_crypto::AeadAlgorithm;

/// An algorithm of this crate, by its number in the registry of COSE (RFC 9053).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ES256: ECDSA over SHA-256, here always on P-256. Number -7.
    Es256,
    /// HMAC with SHA-256. Numbers 5 and 4.
    Hmac(MacAlgorithm),
    /// A256GCM, number 3, or ChaCha20/Poly1305, number 24.
    Aead(AeadAlgorithm),
}

/// How many bytes of a HMAC-SHA-256 are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacAlgorithm {
    /// HMAC 256/256: all 32. Number 5.
    Hmac256,
    /// HMAC 256/64: the first 8. Number 4. For links where every byte counts; a guess hits once in 2^64.
    Hmac256Short,
}

impl MacAlgorithm {
    /// Returns the length of a tag in bytes.
    #[must_use]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Hmac256 => 32,
            Self::Hmac256Short => 8,
        }
    }
}

impl Algorithm {
    /// Returns the number in the registry; `None` for a cipher that this crate does not know.
    #[must_use]
    pub const fn number(self) -> Option<i64> {
        Some(match self {
            Self::Es256 => -7,
            Self::Hmac(MacAlgorithm::Hmac256) => 5,
            Self::Hmac(MacAlgorithm::Hmac256Short) => 4,
            Self::Aead(AeadAlgorithm::Aes256Gcm) => 3,
            Self::Aead(AeadAlgorithm::ChaCha20Poly1305) => 24,
            Self::Aead(_) => return None,
        })
    }

    /// Finds an algorithm by its number; `None` for all that is not supported.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            -7 => Self::Es256,
            5 => Self::Hmac(MacAlgorithm::Hmac256),
            4 => Self::Hmac(MacAlgorithm::Hmac256Short),
            3 => Self::Aead(AeadAlgorithm::Aes256Gcm),
            24 => Self::Aead(AeadAlgorithm::ChaCha20Poly1305),
            _ => return None,
        })
    }
}
