//! One flash, several owners.

use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::mutex::Mutex;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use crate::safe::sealed::Sealed;
use crate::{Layout, LayoutError, Misuse, SafeFlash, Span};

/// A flash that is about to be split into regions.
///
/// `M` is `NoopRawMutex` where all owners run on one executor, `CriticalSectionRawMutex` across executors and interrupts.
///
/// # Examples
///
/// ```
/// use embassy_sync::blocking_mutex::raw::NoopRawMutex;
/// use gabion_flash::{Layout, LayoutError, Region, Shared, Span};
/// use embedded_storage_async::nor_flash::NorFlash;
///
/// const MAP: Layout<2> = Layout::new(0x8000, 0x1000, [Span::new(0x2000, 0x4000), Span::new(0x6000, 0x2000)]);
///
/// fn start<F: NorFlash>(flash: F) -> Result<(), LayoutError> {
///     let mut shared = Shared::<NoopRawMutex, _>::new(flash);
///     let [store, log] = shared.split(&MAP)?;
///     # let _ = (store, log);
///     Ok(())
/// }
/// # let _ = start::<&mut gabion_sim::SimFlash<4, 4096>>;
/// ```
pub struct Shared<M: RawMutex, F>(Mutex<M, F>);

impl<M: RawMutex, F: NorFlash> Shared<M, F> {
    /// Takes the flash.
    pub const fn new(flash: F) -> Self {
        Self(Mutex::new(flash))
    }

    /// Gives the flash back.
    pub fn into_inner(self) -> F {
        self.0.into_inner()
    }

    /// Splits the flash. While the regions live nobody can split it again, so no two regions overlap.
    ///
    /// # Errors
    ///
    /// [`LayoutError`] when the layout was checked for another flash than this one.
    pub fn split<const N: usize>(
        &mut self,
        layout: &Layout<N>,
    ) -> Result<[Region<'_, M, F>; N], LayoutError> {
        let capacity = self.0.get_mut().capacity();
        // Addresses have 32 bits, whatever the driver says.
        let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
        let page = u32::try_from(F::ERASE_SIZE).unwrap_or(0);
        let layout = Layout::check(capacity, page, *layout.spans())?;
        Ok(layout.spans().map(|span| Region { flash: &self.0, span }))
    }
}

/// A part of a shared flash that is a flash of its own; its addresses start at 0.
pub struct Region<'a, M: RawMutex, F> {
    flash: &'a Mutex<M, F>,
    span: Span,
}

impl<M: RawMutex, F> core::fmt::Debug for Region<'_, M, F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Region").field(&self.span).finish()
    }
}

impl<M: RawMutex, F> Region<'_, M, F> {
    /// Returns where the region lies.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// Lends the region: who holds the loan is its only user meanwhile.
    pub const fn reborrow(&mut self) -> Region<'_, M, F> {
        Region { flash: self.flash, span: self.span }
    }

    /// Translates a range of the region into an address of the flash.
    fn place(&self, offset: u32, len: usize) -> Result<u32, Misuse> {
        let len = u32::try_from(len).map_err(|_| Misuse::OutOfBounds)?;
        let end = offset.checked_add(len).ok_or(Misuse::OutOfBounds)?;
        if end > self.span.len() {
            return Err(Misuse::OutOfBounds);
        }
        self.span.start().checked_add(offset).ok_or(Misuse::OutOfBounds)
    }
}

impl<M: RawMutex, F: ErrorType> ErrorType for Region<'_, M, F> {
    type Error = F::Error;
}

impl<M: RawMutex, F: ReadNorFlash<Error: From<Misuse>>> ReadNorFlash for Region<'_, M, F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        let at = self.place(offset, bytes.len())?;
        self.flash.lock().await.read(at, bytes).await
    }

    fn capacity(&self) -> usize {
        self.span.len() as usize
    }
}

impl<M: RawMutex, F: NorFlash<Error: From<Misuse>>> NorFlash for Region<'_, M, F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let len = to.checked_sub(from).ok_or(Misuse::OutOfBounds)?;
        let at = self.place(from, len as usize)?;
        let end = at.checked_add(len).ok_or(Misuse::OutOfBounds)?;
        self.flash.lock().await.erase(at, end).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let at = self.place(offset, bytes.len())?;
        self.flash.lock().await.write(at, bytes).await
    }
}

impl<M: RawMutex, F: SafeFlash> SafeFlash for Region<'_, M, F> {
    const CAN_ZERO: bool = F::CAN_ZERO;

    async fn zero(&mut self, offset: u32, len: u32) -> Result<(), Self::Error> {
        let at = self.place(offset, len as usize)?;
        self.flash.lock().await.zero(at, len).await
    }
}

impl<M: RawMutex, F: Sealed> Sealed for Region<'_, M, F> {}
