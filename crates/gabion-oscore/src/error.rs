//! Failures.

use core::fmt;

use gabion_storage::StorageError;

/// Why a message was not accepted. Drop it; of a request answer nothing, or 4.01 without a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OscoreRefusal {
    /// It is not a well-formed CoAP message, or its OSCORE option is not.
    Malformed,
    /// It is not protected.
    Unprotected,
    /// It is for another context.
    UnknownContext,
    /// It was received before, or may have been before a restart.
    Replayed,
    /// It did not stand up to cryptography. There is no reason on purpose.
    Crypto,
}

/// What went wrong. `F` is the error of the flash underneath.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OscoreError<F> {
    /// The message was not accepted.
    Refused(OscoreRefusal),
    /// The store failed. Nothing was sent, nothing was delivered. Try again; then restart.
    Storage(StorageError<F>),
    /// There is no state, or one of another context, or one that this version cannot read. Agree on new keys.
    NoState,
    /// All numbers of the context are used up. Agree on new keys.
    UsedUp,
    /// The caller: the message to protect is no CoAP message, holds an option that has to be taken out first (Proxy-Uri,
    /// Observe, OSCORE), or the buffer is too small. Nothing was used up.
    Misuse,
}

impl<F> From<OscoreRefusal> for OscoreError<F> {
    fn from(reason: OscoreRefusal) -> Self {
        Self::Refused(reason)
    }
}

impl fmt::Display for OscoreRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the message is malformed",
            Self::Unprotected => "the message is not protected",
            Self::UnknownContext => "the message is for another context",
            Self::Replayed => "the message was seen before",
            Self::Crypto => "refused by cryptography",
        })
    }
}

impl<F: fmt::Debug> fmt::Display for OscoreError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => reason.fmt(f),
            Self::Storage(error) => write!(f, "the store failed: {error:?}"),
            Self::NoState => f.write_str("there is no state of this context"),
            Self::UsedUp => f.write_str("the context's numbers are used up"),
            Self::Misuse => f.write_str("the message or the buffer does not do"),
        }
    }
}

impl core::error::Error for OscoreRefusal {}
impl<F: fmt::Debug> core::error::Error for OscoreError<F> {}
