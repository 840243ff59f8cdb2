//! Failures.

use embedded_storage_async::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why the queue did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueueError<E> {
    /// The flash failed. The queue refuses everything until it is opened again.
    Flash(E),
    /// An earlier operation failed half-way. Open the queue again: that recovers.
    Poisoned,
    /// The region is blank: a new device, or one after a factory reset. Make a new key and call
    /// [`Queue::format`](crate::Queue::format).
    Blank,
    /// The region is not blank and nothing in it opens with this key: a format that was cut, another key, or tampering. Raise
    /// an alarm in the field; then format with a new key.
    Unreadable,
    /// The lanes do not fit this flash, or a lane has fewer than two pages. Fix the configuration.
    Geometry,
    /// The message is empty or longer than [`MAX_MESSAGE`](crate::MAX_MESSAGE). Fix the caller.
    Length,
    /// The buffer is shorter than the message. Pass one of [`MAX_MESSAGE`](crate::MAX_MESSAGE) bytes.
    Buffer,
    /// The lane keeps its oldest messages and has no room. Counted as refused. Deliver some first.
    Full,
    /// The lane has used up its erases for now. Counted as refused. Try again later, with less.
    WearBudget,
    /// Only the oldest message of a lane can be acknowledged. Acknowledge in order.
    OutOfOrder,
    /// The id belongs to another queue, or to no message. Do not acknowledge what this queue did not hand out.
    Unknown,
    /// The numbers of messages or pages are used up (2^32). Deliver what there is, then format with a new key.
    Exhausted,
}

impl<E: core::fmt::Debug> core::fmt::Display for QueueError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Flash(e) => return write!(f, "flash failed: {e:?}"),
            Self::Poisoned => "an earlier operation failed half-way: open again",
            Self::Blank => "the queue was never formatted",
            Self::Unreadable => "nothing in the queue's flash opens with this key",
            Self::Geometry => "the lanes do not fit this flash",
            Self::Length => "a message has 1 to 512 bytes",
            Self::Buffer => "the buffer is shorter than the message",
            Self::Full => "the lane is full",
            Self::WearBudget => "the lane has used up its erases for now",
            Self::OutOfOrder => "only the oldest message of a lane can be acknowledged",
            Self::Unknown => "no message of this queue has this id",
            Self::Exhausted => "message numbers are used up",
        })
    }
}

impl<E: core::fmt::Debug> core::error::Error for QueueError<E> {}

/// Why the record of starts could not be read or written. Whatever it is: start in safe mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootGuardError<E> {
    /// The flash failed. Start in safe mode.
    Flash(E),
    /// The region is blank. In the factory: [`BootGuard::format`](crate::BootGuard::format). In the field: start in safe mode,
    /// then format.
    Blank,
    /// The region is not blank and holds no valid record. Start in safe mode, then format.
    Unreadable,
    /// The region is not two or more pages that take a record each. Fix the flash map.
    Geometry,
}

impl<E> BootGuardError<E> {
    /// Returns how to start all the same: in safe mode, because nothing is known.
    #[must_use]
    pub const fn mode(&self) -> crate::Mode {
        crate::Mode::Safe(crate::SafeReason::NoRecord)
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for BootGuardError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Flash(e) => return write!(f, "flash failed: {e:?}"),
            Self::Blank => "no record of starts: the region is blank",
            Self::Unreadable => "no record of starts: nothing valid in the region",
            Self::Geometry => "the record of starts needs two pages",
        })
    }
}

impl<E: core::fmt::Debug> core::error::Error for BootGuardError<E> {}

/// Why a guarded flash did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardedError<E> {
    /// The driver failed.
    Hardware(E),
    /// The supply fails: nothing was begun. Stop, and open the store again when the power is back.
    PowerFailing,
}

impl<E: NorFlashError> NorFlashError for GuardedError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Hardware(e) => e.kind(),
            Self::PowerFailing => NorFlashErrorKind::Other,
        }
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for GuardedError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Hardware(e) => write!(f, "flash driver failed: {e:?}"),
            Self::PowerFailing => f.write_str("the supply is failing: nothing was written"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for GuardedError<E> {}
