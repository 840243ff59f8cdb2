//! What a store asks of the flash under it.

use embedded_storage_async::nor_flash::NorFlash;

use crate::Misuse;

/// Flash on which a page erase is whole, or is repeated before anyone reads.
///
/// Without that promise a store must survive a page that was half erased and *looks* valid; none that was measured does.
/// [`Journaled`](crate::Journaled) keeps the promise and the [`Region`](crate::Region)s of it pass it on. Implemented by
/// nothing else, but for [`hazmat::Unjournaled`](crate::hazmat::Unjournaled).
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait SafeFlash: NorFlash<Error: From<Misuse>> + sealed::Sealed {
    /// Whether [`zero`](SafeFlash::zero) works on this flash.
    const CAN_ZERO: bool;

    /// Programs every word of a range to zero, except those that are zero already.
    ///
    /// No word is programmed twice by it, because some parts allow but two writes of a word between erases. A word that an
    /// earlier `zero` left torn when the power failed counts as written twice: erase its page instead.
    ///
    /// # Errors
    ///
    /// [`Misuse::CannotZero`] where [`CAN_ZERO`](SafeFlash::CAN_ZERO) is false; what the driver says.
    ///
    /// # Power loss
    ///
    /// Words before the cut are zero, the word at the cut is undefined, those after it are as they were.
    async fn zero(&mut self, offset: u32, len: u32) -> Result<(), Self::Error>;
}

impl<F: SafeFlash> SafeFlash for &mut F {
    const CAN_ZERO: bool = F::CAN_ZERO;

    async fn zero(&mut self, offset: u32, len: u32) -> Result<(), Self::Error> {
        F::zero(self, offset, len).await
    }
}

pub(crate) mod sealed {
    pub trait Sealed {}
    impl<F: Sealed> Sealed for &mut F {}
}
