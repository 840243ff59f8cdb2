//! Whether a programmed word may be overwritten with zeros.

use embedded_storage_async::nor_flash::{MultiwriteNorFlash, NorFlash};

use crate::format::MAX_WORD;
use crate::{FlashError, Misuse};

/// Says as a type whether words of a flash `F` may be programmed a second time.
///
/// It lets one store serve both kinds of flash without specialisation. Implemented by [`WriteOnce`] and [`Multiwrite`] only.
#[allow(async_fn_in_trait, reason = "one executor, no Send bounds on bare metal")]
pub trait Rewrite<F: NorFlash>: sealed::Sealed {
    /// Whether [`zero_word`](Rewrite::zero_word) works.
    const CAN_ZERO: bool;

    /// Programs one word to zero, whatever it held, and says whether it did.
    ///
    /// # Errors
    ///
    /// What the driver says.
    async fn zero_word(flash: &mut F, offset: u32, zeros: &[u8]) -> Result<bool, F::Error>;
}

/// Words are programmed once between two erases: every [`NorFlash`].
#[derive(Debug, Clone, Copy)]
pub struct WriteOnce;

/// Programmed words may be overwritten with zeros: [`MultiwriteNorFlash`].
#[derive(Debug, Clone, Copy)]
pub struct Multiwrite;

impl<F: NorFlash> Rewrite<F> for WriteOnce {
    const CAN_ZERO: bool = false;

    async fn zero_word(_flash: &mut F, _offset: u32, _zeros: &[u8]) -> Result<bool, F::Error> {
        Ok(false)
    }
}

impl<F: MultiwriteNorFlash> Rewrite<F> for Multiwrite {
    const CAN_ZERO: bool = true;

    async fn zero_word(flash: &mut F, offset: u32, zeros: &[u8]) -> Result<bool, F::Error> {
        flash.write(offset, zeros).await.map(|()| true)
    }
}

/// Programs the words of a range to zero, except those that are zero already.
pub(crate) async fn zero_words<F: NorFlash, R: Rewrite<F>>(
    flash: &mut F,
    offset: u32,
    len: u32,
) -> Result<(), FlashError<F::Error>> {
    if !R::CAN_ZERO {
        return Err(Misuse::CannotZero.into());
    }
    let zeros = [0; MAX_WORD];
    let mut word = [0; MAX_WORD];
    let (Some(zeros), Some(word)) = (zeros.get(..F::WRITE_SIZE), word.get_mut(..F::WRITE_SIZE))
    else {
        return Err(Misuse::NotAligned.into());
    };
    let end = offset.checked_add(len).ok_or(Misuse::OutOfBounds)?;
    for at in (offset..end).step_by(F::WRITE_SIZE.max(1)) {
        flash.read(at, word).await.map_err(FlashError::Hardware)?;
        if word != zeros {
            let _zeroed = R::zero_word(flash, at, zeros).await.map_err(FlashError::Hardware)?;
        }
    }
    Ok(())
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::WriteOnce {}
    impl Sealed for super::Multiwrite {}
}
