use gabion_codec::CodecError;
use gabion_crypto::CryptoError;

/// Why a message or key gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoseError {
    /// The bytes are no such message or key in deterministic encoding, or do not fit the buffer of the caller. Refuse, or
    /// give more room.
    Encoding(CodecError),
    /// The tag is missing, or there though it was forbidden, or that of another kind of message. Refuse.
    Tag,
    /// A header or key parameter has the wrong type, or may not stand where it stands. Refuse.
    Header(i64),
    /// A header stands in both buckets. Refuse: two readers could take different ones.
    Duplicate,
    /// The message has a critical header that is not understood, or that is not there. Refuse (RFC 9052 §3.1).
    Critical,
    /// The message names no algorithm, or another one than the key is for. Refuse: the key decides, never the message.
    Algorithm,
    /// The key is of another type, for another algorithm or another use, or its length is wrong. Take another key.
    Key,
    /// The payload travels apart from the message and was not given, or was given and is in the message too. Fix the caller.
    Detached,
    /// Header and external data together are longer than this crate handles. Fix the caller, or refuse.
    TooMuchAuthenticated,
    /// The signature, tag or ciphertext was not accepted: no reason on purpose. Treat all of it as hostile.
    Refused,
    /// The provider failed or was misused.
    Crypto(CryptoError),
}

impl From<CodecError> for CoseError {
    fn from(error: CodecError) -> Self {
        Self::Encoding(error)
    }
}

impl From<CryptoError> for CoseError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::Refused => Self::Refused,
            other => Self::Crypto(other),
        }
    }
}

impl core::fmt::Display for CoseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Encoding(error) => core::fmt::Display::fmt(error, f),
            Self::Header(label) => {
                write!(f, "parameter {label} is of the wrong type or in the wrong place")
            }
            Self::Crypto(error) => core::fmt::Display::fmt(error, f),
            Self::Tag => f.write_str("the tag is not the one that must stand here"),
            Self::Duplicate => f.write_str("a header stands in both buckets"),
            Self::Critical => f.write_str("a critical header is not understood"),
            Self::Algorithm => f.write_str("the algorithm is not that of the key"),
            Self::Key => f.write_str("the key is not for this"),
            Self::Detached => {
                f.write_str("the payload is detached and was not given, or the reverse")
            }
            Self::TooMuchAuthenticated => f.write_str("header and external data are too long"),
            Self::Refused => f.write_str("refused by cryptography"),
        }
    }
}

impl core::error::Error for CoseError {}
