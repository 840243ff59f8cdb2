//! What can go wrong, and what the caller should do about it.

use gabion_crypto::CryptoError;
use gabion_storage::StorageError;

use crate::WeakSecret;

/// Why nobody was let in, or nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthError<E> {
    /// Name or secret is wrong; which of them is not told. Ask again, after `wait_ms`.
    Refused {
        /// Milliseconds of powered time until the next attempt is looked at.
        wait_ms: u32,
    },
    /// Too many attempts. Nothing was checked, so that even the right secret gives this. Come back after `wait_ms`.
    Throttled {
        /// Milliseconds of powered time until the next attempt is looked at.
        wait_ms: u32,
    },
    /// The new secret is too easy to guess. Tell the person why and ask for another. No attempt was spent.
    Weak(WeakSecret),
    /// The device has an owner already. Log in, or do a factory reset.
    AlreadyOwned,
    /// The device has no label secret, or no owner yet. Provision or set it up first.
    NotReady,
    /// The name is taken, or there is no account left.
    NoRoom,
    /// There is no such account.
    NoAccount,
    /// The interface is not in the registry that [`Auth`](crate::Auth) was opened with, or asks for no user's secret. Fix
    /// the caller.
    Interface,
    /// The store failed. Nobody is let in. Open it again.
    Storage(StorageError<E>),
    /// The random source failed. Nobody is let in. Retry once; then fail closed.
    Entropy,
    /// The root key or a cryptographic unit failed. Nobody is let in.
    Crypto(CryptoError),
}

impl<E> From<StorageError<E>> for AuthError<E> {
    fn from(error: StorageError<E>) -> Self {
        Self::Storage(error)
    }
}

impl<E> From<CryptoError> for AuthError<E> {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for AuthError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused { .. } => f.write_str("name or secret is wrong"),
            Self::Throttled { wait_ms } => write!(f, "too many attempts: wait {wait_ms} ms"),
            Self::Weak(why) => write!(f, "{why}"),
            Self::AlreadyOwned => f.write_str("the device has an owner"),
            Self::NotReady => f.write_str("the device is not provisioned or has no owner"),
            Self::NoRoom => f.write_str("the name is taken or there is no account left"),
            Self::NoAccount => f.write_str("there is no such account"),
            Self::Interface => f.write_str("the interface is not registered for log-ins"),
            Self::Storage(e) => write!(f, "{e}"),
            Self::Entropy => f.write_str("the random source failed"),
            Self::Crypto(e) => write!(f, "{e}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for AuthError<E> {}

/// Why a session token opens nothing. Which of the reasons it is, is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// Unknown, expired or revoked. Log in again.
    NoSession,
    /// The session is good, but its role may not do this.
    NotAllowed,
}

impl core::fmt::Display for SessionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NoSession => "no such session",
            Self::NotAllowed => "the role may not do this",
        })
    }
}

impl core::error::Error for SessionError {}
