//! Why a device did not start.

use gabion_erase::EraseError;
use gabion_log::LogError;
use gabion_provision::ProvisionError;
use gabion_storage::{OpenError, StorageError};

/// Why a device did not start. Start nothing that reaches a network.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError<E> {
    /// The sealed store did not open. See [`OpenError`] for what to do.
    Store(OpenError<E>),
    /// The event log did not open. The device may run without it only if its maker decided so; the store is fine.
    Log(LogError<E>),
    /// The life cycle is not known. See [`ProvisionError`].
    LifeCycle(ProvisionError<E>),
    /// The store opened and then failed.
    Storage(StorageError<E>),
    /// A factory reset is pending and could not be finished. Start nothing; try again at the next boot.
    Reset(EraseError<E, LogError<E>>),
}

impl<E: core::fmt::Debug> core::fmt::Display for StartError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Store(e) => write!(f, "sealed store: {e}"),
            Self::Log(e) => write!(f, "event log: {e}"),
            Self::LifeCycle(e) => write!(f, "life cycle: {e}"),
            Self::Storage(e) => write!(f, "sealed store: {e}"),
            Self::Reset(e) => write!(f, "pending factory reset: {e:?}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for StartError<E> {}

impl<E> From<OpenError<E>> for StartError<E> {
    fn from(e: OpenError<E>) -> Self {
        Self::Store(e)
    }
}

impl<E> From<LogError<E>> for StartError<E> {
    fn from(e: LogError<E>) -> Self {
        Self::Log(e)
    }
}

impl<E> From<ProvisionError<E>> for StartError<E> {
    fn from(e: ProvisionError<E>) -> Self {
        Self::LifeCycle(e)
    }
}

impl<E> From<StorageError<E>> for StartError<E> {
    fn from(e: StorageError<E>) -> Self {
        Self::Storage(e)
    }
}
