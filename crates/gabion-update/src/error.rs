//! Failures of boot and update.

use gabion_boot::{Refusal, VerifyError};
use gabion_hal::CounterError;

use crate::log::LogError;

/// Why nothing is booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootError<E, C> {
    /// The flash failed. Reset and try again; then offer recovery.
    Flash(E),
    /// The counter failed, or there is none and the caller wants one. Reset and try again; do not boot without it.
    Counter(CounterError<C>),
    /// No slot holds an image that may run. Offer recovery. Holds the reason for the slot that should have run.
    NothingBootable(Refusal),
    /// The map does not suit the flash. Fix the map.
    Misuse(Misuse),
}

/// Why an update does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError<E, C> {
    /// The flash failed. Open the updater again and resume.
    Flash(E),
    /// The counter failed. Try again; the update stays where it is.
    Counter(CounterError<C>),
    /// The image is refused. Nothing of it will run.
    Refused(Refusal),
    /// The image's security counter is more than the device's counter can ever reach. Nothing was erased.
    CounterCapacity,
    /// The image is what runs already. Nothing was erased.
    AlreadyRunning,
    /// What is in the slot is not what was offered.
    NotAsOffered,
    /// The caller broke a rule.
    Misuse(Misuse),
}

/// How a caller can misuse boot and update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The flash's words or pages do not suit the map.
    Geometry,
    /// The running image is on trial: confirm it, or reset, before the next update.
    OnTrial,
    /// The running image is not on trial, so there is nothing to confirm.
    NotOnTrial,
    /// An installed image waits for its first boot: reset, or withdraw it.
    Pending,
    /// The flash failed under this download: begin it again, it goes on where it stopped.
    Interrupted,
    /// No download to go on with.
    NothingStaged,
    /// More bytes than the image has.
    TooMany,
    /// Bytes are missing.
    Incomplete,
    /// The witness is for another slot or another image.
    WrongImage,
    /// A trial needs 1 to 16 boots.
    Attempts,
}

macro_rules! from_log {
    ($error:ident) => {
        impl<E, C> From<LogError<E>> for $error<E, C> {
            fn from(error: LogError<E>) -> Self {
                match error {
                    LogError::Flash(e) => Self::Flash(e),
                    LogError::Geometry => Self::Misuse(Misuse::Geometry),
                }
            }
        }
    };
}
from_log!(BootError);
from_log!(UpdateError);

impl<E, C> From<Refusal> for UpdateError<E, C> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E, C> From<VerifyError<E>> for UpdateError<E, C> {
    fn from(error: VerifyError<E>) -> Self {
        match error {
            VerifyError::Flash(e) => Self::Flash(e),
            VerifyError::Refused(refusal) => Self::Refused(refusal),
            _ => Self::Misuse(Misuse::Geometry),
        }
    }
}

impl<E: core::fmt::Debug, C: core::fmt::Debug> core::fmt::Display for BootError<E, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Counter(e) => e.fmt(f),
            Self::NothingBootable(refusal) => write!(f, "nothing bootable: {refusal}"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl<E: core::fmt::Debug, C: core::fmt::Debug> core::fmt::Display for UpdateError<E, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Counter(e) => e.fmt(f),
            Self::Refused(refusal) => write!(f, "update refused: {refusal}"),
            Self::CounterCapacity => f.write_str("the device's counter cannot reach the image's"),
            Self::AlreadyRunning => f.write_str("this image is running already"),
            Self::NotAsOffered => f.write_str("what arrived is not what was offered"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl core::fmt::Display for Misuse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Geometry => "the slot map does not suit the flash",
            Self::OnTrial => "the running image is on trial",
            Self::NotOnTrial => "the running image is not on trial",
            Self::Pending => "an installed image waits for its first boot",
            Self::Interrupted => "the flash failed under this download; begin it again",
            Self::NothingStaged => "nothing is being downloaded",
            Self::TooMany => "more bytes than the image has",
            Self::Incomplete => "bytes are missing",
            Self::WrongImage => "the witness is for another image",
            Self::Attempts => "a trial needs 1 to 16 boots",
        })
    }
}

impl<E: core::fmt::Debug, C: core::fmt::Debug> core::error::Error for BootError<E, C> {}
impl<E: core::fmt::Debug, C: core::fmt::Debug> core::error::Error for UpdateError<E, C> {}
impl core::error::Error for Misuse {}
