//! What can go wrong, and what the caller should do about it.

use gabion_crypto::CryptoError;
use gabion_storage::StorageError;

use crate::Pattern;

/// Why no secret or key was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerateError {
    /// The random source failed. Retry once; then take the device off the line.
    Entropy,
    /// The random source answers, but not with anything random. Take the device off the line.
    Stuck,
}

impl core::fmt::Display for GenerateError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Entropy => "the random source failed",
            Self::Stuck => "the random source is stuck",
        })
    }
}

impl core::error::Error for GenerateError {}

/// Why typed or scanned label text was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelError {
    /// A character that no label carries. Look again: labels have no 0, 1, vowels, B, G, L, S, Y or Z in the code.
    Symbol,
    /// Too few or too many symbols.
    Length,
    /// The check symbol does not fit: a symbol was misread or two were swapped.
    Check,
    /// Not a gabion label, or one of a version that this software does not know.
    Format,
}

impl core::fmt::Display for LabelError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Symbol => "a character that no label carries",
            Self::Length => "too few or too many characters",
            Self::Check => "a character was misread",
            Self::Format => "not the code of a label",
        })
    }
}

impl core::error::Error for LabelError {}

/// Why provisioning or the life cycle went no further. Nothing that reaches a network may start after any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProvisionError<E> {
    /// The store failed. Open it and the life cycle again: the step was taken whole or not at all.
    Storage(StorageError<E>),
    /// No secret or key could be drawn.
    Generate(GenerateError),
    /// Cryptography failed. Retry once; then take the device off the line.
    Crypto(CryptoError),
    /// The secret shows a pattern or shares a piece with a public fact. Draw another.
    Weak(Pattern),
    /// No credential, or one that is too short to be a verifier, was given. Fix the caller.
    NoCredential,
    /// What is stored fits no state of the life cycle. Refuse service; a technician decides. Never provision again.
    Inconsistent,
    /// The fuse says that the factory is done, and the store is blank: the flash was wiped or replaced. Refuse service.
    FactoryClosed,
    /// The fuse could not be read or blown. Do not ship the device.
    Fuse,
    /// The step does not fit the present state (claiming a device without an owner's secret). Fix the caller.
    WrongState,
}

impl<E> From<StorageError<E>> for ProvisionError<E> {
    fn from(error: StorageError<E>) -> Self {
        Self::Storage(error)
    }
}

impl<E> From<GenerateError> for ProvisionError<E> {
    fn from(error: GenerateError) -> Self {
        Self::Generate(error)
    }
}

impl<E> From<CryptoError> for ProvisionError<E> {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for ProvisionError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Storage(e) => write!(f, "{e}"),
            Self::Generate(e) => write!(f, "{e}"),
            Self::Crypto(e) => write!(f, "{e}"),
            Self::Weak(e) => write!(f, "the secret is {e}"),
            Self::NoCredential => f.write_str("no unique credential was given"),
            Self::Inconsistent => f.write_str("what is stored fits no state of the life cycle"),
            Self::FactoryClosed => f.write_str("the factory is closed and the store is blank"),
            Self::Fuse => f.write_str("the factory fuse failed"),
            Self::WrongState => f.write_str("the step does not fit the present state"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for ProvisionError<E> {}
