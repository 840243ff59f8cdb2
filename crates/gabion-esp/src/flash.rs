//! The flash, shared between the journal and the counters.

use core::cell::RefCell;

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use esp_storage::{FlashStorage, FlashStorageError};

/// The SPI flash behind the chip, which several owners take turns with.
///
/// Words of 4 bytes, pages of 4 KiB. Programmed words may be overwritten with zeros, as SPI NOR flash allows; a flash chip with
/// error correction does not, and neither does flash encryption: [`EncryptedFlash`](crate::EncryptedFlash) is for that.
pub struct Flash<'d>(RefCell<FlashStorage<'d>>);

impl core::fmt::Debug for Flash<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Flash")
    }
}

impl<'d> Flash<'d> {
    /// Takes the driver.
    #[must_use]
    pub const fn new(storage: FlashStorage<'d>) -> Self {
        Self(RefCell::new(storage))
    }

    /// Returns a handle. Wrap it in `gabion_flash::Blocking` for the async traits.
    #[must_use]
    pub const fn share(&self) -> SharedFlash<'_, 'd> {
        SharedFlash(self)
    }

    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&mut FlashStorage<'d>) -> Result<T, FlashStorageError>,
    ) -> Result<T, FlashError> {
        let mut storage = self.0.try_borrow_mut().map_err(|_| FlashError::Busy)?;
        Ok(work(&mut storage)?)
    }
}

/// A handle on the flash. Operations block: code runs from the same flash, and the core waits while it writes or erases.
#[derive(Debug, Clone, Copy)]
pub struct SharedFlash<'a, 'd>(&'a Flash<'d>);

/// Why the flash refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashError {
    /// The flash chip or the mask ROM's driver failed.
    Hardware(FlashStorageError),
    /// Not in the flash.
    OutOfBounds,
    /// Not whole words or pages.
    NotAligned,
    /// Used from within one of its own operations.
    Busy,
    /// Flash encryption is not switched on by the fuses.
    NotEncrypted,
}

impl core::fmt::Display for FlashError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Hardware(e) => write!(f, "flash failed: {e:?}"),
            Self::OutOfBounds => f.write_str("not in the flash"),
            Self::NotAligned => f.write_str("not whole words or pages of the flash"),
            Self::Busy => f.write_str("flash is in use"),
            Self::NotEncrypted => f.write_str("flash encryption is off"),
        }
    }
}

impl core::error::Error for FlashError {}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            _ => NorFlashErrorKind::Other,
        }
    }
}

impl From<FlashStorageError> for FlashError {
    fn from(error: FlashStorageError) -> Self {
        match error {
            FlashStorageError::OutOfBounds => Self::OutOfBounds,
            FlashStorageError::NotAligned => Self::NotAligned,
            other => Self::Hardware(other),
        }
    }
}

impl ErrorType for SharedFlash<'_, '_> {
    type Error = FlashError;
}

impl ReadNorFlash for SharedFlash<'_, '_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.0.with(|storage| storage.read_nor(offset, bytes))
    }

    fn capacity(&self) -> usize {
        self.0.0.try_borrow().map_or(0, |storage| storage.capacity())
    }
}

impl NorFlash for SharedFlash<'_, '_> {
    const WRITE_SIZE: usize = FlashStorage::WRITE_SIZE;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.0.with(|storage| storage.erase(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.0.with(|storage| storage.write_nor(offset, bytes))
    }
}

/// With zeros, over what was programmed: see [`Flash`].
impl MultiwriteNorFlash for SharedFlash<'_, '_> {}
