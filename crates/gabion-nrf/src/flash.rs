//! The flash, shared between the journal and the counters.

use core::cell::RefCell;

use embassy_nrf::nvmc::{self, Nvmc};
use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// The flash controller, which several owners take turns with.
///
/// Words of 4 bytes, pages of 4 KiB. A word may be written twice between two erases of its page (`nWRITE`, product
/// specification, NVMC electrical characteristics): gabion's journal, stores and counters keep to that.
pub struct Flash<'d>(RefCell<Nvmc<'d>>);

impl core::fmt::Debug for Flash<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Flash")
    }
}

impl<'d> Flash<'d> {
    /// Takes the driver.
    #[must_use]
    pub const fn new(nvmc: Nvmc<'d>) -> Self {
        Self(RefCell::new(nvmc))
    }

    /// Returns a handle. Wrap it in `gabion_flash::Blocking` for the async traits.
    #[must_use]
    pub const fn share(&self) -> SharedFlash<'_, 'd> {
        SharedFlash(self)
    }
}

/// A handle on the flash. Operations block: the core stalls while the controller writes or erases, up to 85 ms for a page.
#[derive(Debug, Clone, Copy)]
pub struct SharedFlash<'a, 'd>(&'a Flash<'d>);

/// Why the flash refused: the caller is wrong, the controller itself reports nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashError {
    /// Not in the flash.
    OutOfBounds,
    /// Not whole words or pages.
    NotAligned,
    /// Used from within one of its own operations.
    Busy,
}

impl core::fmt::Display for FlashError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::OutOfBounds => "not in the flash",
            Self::NotAligned => "not whole words or pages of the flash",
            Self::Busy => "flash is in use",
        })
    }
}

impl core::error::Error for FlashError {}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::Busy => NorFlashErrorKind::Other,
        }
    }
}

impl From<nvmc::Error> for FlashError {
    fn from(error: nvmc::Error) -> Self {
        match error {
            nvmc::Error::OutOfBounds => Self::OutOfBounds,
            nvmc::Error::Unaligned => Self::NotAligned,
        }
    }
}

impl<'d> SharedFlash<'_, 'd> {
    fn with<T>(
        self,
        work: impl FnOnce(&mut Nvmc<'d>) -> Result<T, nvmc::Error>,
    ) -> Result<T, FlashError> {
        let mut nvmc = self.0.0.try_borrow_mut().map_err(|_| FlashError::Busy)?;
        Ok(work(&mut nvmc)?)
    }
}

impl ErrorType for SharedFlash<'_, '_> {
    type Error = FlashError;
}

impl ReadNorFlash for SharedFlash<'_, '_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let length = u32::try_from(bytes.len()).map_err(|_| FlashError::OutOfBounds)?;
        let end = offset.checked_add(length).ok_or(FlashError::OutOfBounds)?;
        if usize::try_from(end).is_ok_and(|end| end > nvmc::FLASH_SIZE) {
            return Err(FlashError::OutOfBounds);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.with(|nvmc| nvmc.read(offset, bytes))
    }

    fn capacity(&self) -> usize {
        nvmc::FLASH_SIZE
    }
}

impl NorFlash for SharedFlash<'_, '_> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = nvmc::PAGE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.with(|nvmc| nvmc.erase(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.with(|nvmc| nvmc.write(offset, bytes))
    }
}

/// Twice per word between erases, not more: see [`Flash`].
impl MultiwriteNorFlash for SharedFlash<'_, '_> {}
