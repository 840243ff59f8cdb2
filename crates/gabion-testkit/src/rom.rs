//! A slot that cannot be written.

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// An image at the start of a slot; what follows it reads as erased.
#[derive(Debug, Clone, Copy)]
pub struct RomSlot<'a> {
    image: &'a [u8],
    size: usize,
}

impl<'a> RomSlot<'a> {
    /// Puts `image` into a slot of `size` bytes.
    #[must_use]
    pub const fn new(image: &'a [u8], size: usize) -> Self {
        Self { image, size }
    }
}

/// A read past the end of the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastTheEnd;

impl NorFlashError for PastTheEnd {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for RomSlot<'_> {
    type Error = PastTheEnd;
}

impl ReadNorFlash for RomSlot<'_> {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), PastTheEnd> {
        let offset = offset as usize;
        if offset.checked_add(bytes.len()).is_none_or(|end| end > self.size) {
            return Err(PastTheEnd);
        }
        bytes.fill(0xff);
        let stored = self.image.get(offset..).unwrap_or_default();
        let length = stored.len().min(bytes.len());
        bytes[..length].copy_from_slice(&stored[..length]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.size
    }
}
