//! Failures of the middleware.

use embedded_storage_async::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why an operation on journaled flash failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashError<E> {
    /// The driver failed. Retry once; a page that keeps failing is worn out.
    Hardware(E),
    /// No journal was found. In the factory: [`Journaled::format`](crate::Journaled::format). In the field: the journal was
    /// destroyed, so whether a page was being erased is not known; refuse to start from this flash.
    Unformatted,
    /// What was written to the journal does not read back. The journal pages are worn out: replace the part.
    JournalWornOut,
    /// The caller broke a rule. Fix the caller.
    Misuse(Misuse),
}

/// How a caller can misuse flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misuse {
    /// The range does not fit into the flash or region.
    OutOfBounds,
    /// Address or length is not a multiple of what the flash needs.
    NotAligned,
    /// The range touches the pages of the journal.
    Reserved,
    /// The flash cannot overwrite a programmed word: look at `SafeFlash::CAN_ZERO` first.
    CannotZero,
}

impl<E> From<Misuse> for FlashError<E> {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl<E: NorFlashError> NorFlashError for FlashError<E> {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Hardware(e) => e.kind(),
            Self::Misuse(Misuse::OutOfBounds | Misuse::Reserved) => NorFlashErrorKind::OutOfBounds,
            Self::Misuse(Misuse::NotAligned) => NorFlashErrorKind::NotAligned,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for FlashError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Hardware(e) => write!(f, "flash driver failed: {e:?}"),
            Self::Unformatted => f.write_str("no erase journal on this flash"),
            Self::JournalWornOut => f.write_str("journal pages do not keep what is written"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl core::fmt::Display for Misuse {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::OutOfBounds => "range out of bounds",
            Self::NotAligned => "address or length not aligned",
            Self::Reserved => "range touches the journal",
            Self::CannotZero => "flash cannot overwrite a programmed word",
        })
    }
}

impl<E: core::fmt::Debug> core::error::Error for FlashError<E> {}

impl core::error::Error for Misuse {}
