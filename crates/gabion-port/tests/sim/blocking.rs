//! The simulator's flash as a blocking driver, which is what chips bring.

#![allow(dead_code, reason = "shared by the tests")]

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use embedded_storage_async::nor_flash as later;
use gabion_flash::block_on;

/// Waits for each operation.
pub(crate) struct Sync<F>(pub(crate) F);

impl<F: later::ErrorType> ErrorType for Sync<F> {
    type Error = F::Error;
}

impl<F: later::ReadNorFlash> ReadNorFlash for Sync<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        block_on(self.0.read(offset, bytes))
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: later::NorFlash> NorFlash for Sync<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        block_on(self.0.erase(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        block_on(self.0.write(offset, bytes))
    }
}
