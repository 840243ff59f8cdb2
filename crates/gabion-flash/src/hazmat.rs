//! What can lose data. For tests that must show the loss, and for flash whose erase is atomic in hardware.

use core::marker::PhantomData;

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use crate::rewrite::zero_words;
use crate::safe::sealed::Sealed;
use crate::{FlashError, Rewrite, SafeFlash, WriteOnce};

/// Claims to be a [`SafeFlash`] without a journal.
///
/// # Security
///
/// On ordinary NOR flash the claim is false: a power cut inside an erase can lose or resurrect what stores keep. Right only
/// for flash whose page erase is atomic in hardware (an FRAM or MRAM that plays NOR).
pub struct Unjournaled<F, R = WriteOnce> {
    flash: F,
    rewrite: PhantomData<R>,
}

impl<F: NorFlash, R: Rewrite<F>> Unjournaled<F, R> {
    /// Takes the flash as it is.
    pub const fn new(flash: F) -> Self {
        Self { flash, rewrite: PhantomData }
    }

    /// Gives the flash back.
    pub fn into_inner(self) -> F {
        self.flash
    }
}

impl<F: ErrorType, R> ErrorType for Unjournaled<F, R> {
    type Error = FlashError<F::Error>;
}

impl<F: ReadNorFlash, R> ReadNorFlash for Unjournaled<F, R> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes).await.map_err(FlashError::Hardware)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash, R: Rewrite<F>> NorFlash for Unjournaled<F, R> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.flash.erase(from, to).await.map_err(FlashError::Hardware)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.flash.write(offset, bytes).await.map_err(FlashError::Hardware)
    }
}

impl<F: NorFlash, R: Rewrite<F>> SafeFlash for Unjournaled<F, R> {
    const CAN_ZERO: bool = R::CAN_ZERO;

    async fn zero(&mut self, offset: u32, len: u32) -> Result<(), Self::Error> {
        zero_words::<F, R>(&mut self.flash, offset, len).await
    }
}

impl<F, R> Sealed for Unjournaled<F, R> {}
