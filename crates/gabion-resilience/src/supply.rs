//! No write is begun while the supply fails.

use embedded_storage_async::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use gabion_hal::PowerMonitor;

use crate::GuardedError;

/// A flash that refuses to begin a write or an erase while the power monitor warns. Reading goes on.
///
/// It belongs directly over the driver, below the journal: then nothing above it, of whatever crate, touches the cells below the
/// safe voltage. Everything above must survive a cut anyway; what this adds is that cells are not programmed weakly.
///
/// After a refusal a store above holds itself poisoned, as after a cut: open it again, or restart, when the supply is back.
#[derive(Debug)]
pub struct Guarded<F, M> {
    flash: F,
    monitor: M,
}

impl<F, M: PowerMonitor> Guarded<F, M> {
    /// Puts the monitor before a flash.
    pub const fn new(flash: F, monitor: M) -> Self {
        Self { flash, monitor }
    }

    /// Gives both back.
    pub fn into_parts(self) -> (F, M) {
        (self.flash, self.monitor)
    }
}

impl<F: ErrorType, M> ErrorType for Guarded<F, M> {
    type Error = GuardedError<F::Error>;
}

impl<F: ReadNorFlash, M> ReadNorFlash for Guarded<F, M> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.flash.read(offset, bytes).await.map_err(GuardedError::Hardware)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash, M: PowerMonitor> NorFlash for Guarded<F, M> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        if self.monitor.is_failing() {
            return Err(GuardedError::PowerFailing);
        }
        self.flash.erase(from, to).await.map_err(GuardedError::Hardware)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        if self.monitor.is_failing() {
            return Err(GuardedError::PowerFailing);
        }
        self.flash.write(offset, bytes).await.map_err(GuardedError::Hardware)
    }
}

impl<F: MultiwriteNorFlash, M: PowerMonitor> MultiwriteNorFlash for Guarded<F, M> {}
