//! The flash under the chip's transparent encryption.

use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use esp_storage::{FlashStorage, FlashStorageError, ll};
use gabion_lockdown::esp::Fuse;

use crate::flash::{Flash, FlashError};
use crate::fuses::{CHIP, fuses};

/// Bytes that the chip encrypts in one go.
const UNIT: usize = 32;

/// The same flash through the encryption of the chip: units of 32 bytes, each written once between two erases.
///
/// There is no `MultiwriteNorFlash`: zeros over a unit would decrypt to noise. A unit that was never written since its page was
/// erased reads as `0xff`, as code expects of an erased flash, although the chip would decrypt it to noise.
///
/// Compile-checked only: it needs a chip whose fuses were burnt.
#[derive(Debug, Clone, Copy)]
pub struct EncryptedFlash<'a, 'd>(&'a Flash<'d>);

impl<'a, 'd> EncryptedFlash<'a, 'd> {
    /// Takes the flash of a chip whose fuses switch encryption on.
    ///
    /// # Errors
    ///
    /// [`FlashError::NotEncrypted`]: what is written would lie readable in flash.
    pub fn new(flash: &'a Flash<'d>) -> Result<Self, FlashError> {
        if fuses().is_set(CHIP, Fuse::SpiBootCryptCnt) {
            Ok(Self(flash))
        } else {
            Err(FlashError::NotEncrypted)
        }
    }
}

impl ErrorType for EncryptedFlash<'_, '_> {
    type Error = FlashError;
}

impl ReadNorFlash for EncryptedFlash<'_, '_> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.0.with(|storage| {
            storage.read_encrypted(offset, bytes)?;
            let mut at = offset;
            let mut rest = bytes;
            while !rest.is_empty() {
                let within = at as usize % UNIT;
                let len = UNIT.saturating_sub(within).min(rest.len());
                let Some((part, after)) = rest.split_at_mut_checked(len) else { break };
                let mut raw = [0; UNIT];
                storage.read_nor(at.saturating_sub(within as u32), &mut raw)?;
                if raw == [0xff; UNIT] {
                    part.fill(0xff);
                }
                at = at.saturating_add(len as u32);
                rest = after;
            }
            Ok(())
        })
    }

    fn capacity(&self) -> usize {
        self.0.with(|storage| Ok(storage.capacity())).unwrap_or(0)
    }
}

impl NorFlash for EncryptedFlash<'_, '_> {
    const WRITE_SIZE: usize = UNIT;
    const ERASE_SIZE: usize = FlashStorage::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.0.with(|storage| storage.erase(from, to))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let (units, rest) = bytes.as_chunks::<UNIT>();
        if !rest.is_empty() || !(offset as usize).is_multiple_of(UNIT) {
            return Err(FlashError::NotAligned);
        }
        self.0.with(|storage| {
            let end = (offset as usize).checked_add(bytes.len());
            if end.is_none_or(|end| end > storage.capacity()) {
                return Err(FlashStorageError::OutOfBounds);
            }
            let mut at = offset;
            for unit in units {
                write_unit(at, unit).map_err(FlashStorageError::Other)?;
                at = at.saturating_add(UNIT as u32);
            }
            Ok(())
        })
    }
}

/// Writes one unit; `at` is a multiple of 32 within the flash.
#[allow(unsafe_code, reason = "the driver has no safe call that writes encrypted without an erase")]
fn write_unit(at: u32, unit: &[u8; UNIT]) -> Result<(), i32> {
    let mut words = [0; UNIT / 4];
    for (word, bytes) in words.iter_mut().zip(unit.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    // SAFETY: the caller checked alignment and bounds; `words` is aligned to words and 32 bytes long.
    unsafe {
        ll::spiflash_unlock()?;
        ll::spiflash_write_encrypted(at, words.as_mut_ptr(), UNIT as u32)
    }
}
