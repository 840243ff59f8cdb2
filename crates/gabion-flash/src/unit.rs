//! What records are programmed in.

use embedded_storage_async::nor_flash::NorFlash;

/// Largest unit in bytes: the words of all parts that are known have 1 to 32.
pub const MAX_UNIT: usize = 32;

/// Returns the unit of programming for records, in bytes: the smallest of at least 4 that the flash can write and read as a whole.
///
/// `None` where there is none of up to [`MAX_UNIT`] bytes, or where a page is no whole number of them.
#[must_use]
pub fn program_unit<F: NorFlash>() -> Option<u32> {
    let unit = F::WRITE_SIZE.max(F::READ_SIZE).max(4);
    let whole =
        [4, F::WRITE_SIZE, F::READ_SIZE].iter().all(|size| unit.checked_rem(*size) == Some(0));
    let sound = unit <= MAX_UNIT && whole && F::ERASE_SIZE.checked_rem(unit) == Some(0);
    sound.then_some(u32::try_from(unit).ok()).flatten()
}
