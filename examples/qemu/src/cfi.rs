//! The flash of QEMU's RISC-V `virt` board: two interleaved 16-bit chips with the Intel command set (CFI 0001), at
//! 0x2200_0000, in blocks of 256 KiB. With `-drive if=pflash,unit=1` it lives in a file.

use gabion_testkit::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

const BASE: usize = 0x2200_0000;
const BLOCK: u32 = 0x4_0000;
/// Bytes of a page: as much of a block as a store can address. The rest of the block is not used.
pub const PAGE: u32 = 0x1_0000;
const PAGES: u32 = 7;

const READ_ARRAY: u32 = 0xff;
const PROGRAM: u32 = 0x40;
const ERASE: u32 = 0x20;
const CONFIRM: u32 = 0xd0;
/// Ready, in the status of both chips.
const READY: u32 = 0x0080_0080;

/// The flash as pages of 64 KiB and words of 4 bytes.
#[derive(Debug)]
pub struct CfiFlash(());

impl CfiFlash {
    /// Takes the flash. There is one, and the firmware that takes it twice uses one at a time.
    #[must_use]
    pub fn new() -> Self {
        let mut flash = Self(());
        flash.command(0, READ_ARRAY);
        flash
    }

    /// Where a byte of a page lies in its block.
    const fn place(offset: u32) -> u32 {
        offset / PAGE * BLOCK + offset % PAGE
    }

    fn write_word(&mut self, place: u32, word: u32) {
        // SAFETY: a word inside the flash's window, which nothing else in the firmware uses.
        unsafe { ((BASE + place as usize) as *mut u32).write_volatile(word) };
    }

    fn read_word(&mut self, place: u32) -> u32 {
        // SAFETY: as above.
        unsafe { ((BASE + place as usize) as *const u32).read_volatile() }
    }

    /// Gives both chips a command.
    fn command(&mut self, place: u32, command: u32) {
        self.write_word(place, command | command << 16);
    }

    fn wait(&mut self, place: u32) {
        while self.read_word(place) & READY != READY {}
        self.command(place, READ_ARRAY);
    }

    fn check(offset: u32, length: usize, unit: u32) -> Result<(), Refused> {
        let length = u32::try_from(length).map_err(|_| Refused)?;
        let fits = offset.checked_add(length).is_some_and(|end| end <= PAGES * PAGE);
        let aligned = offset.is_multiple_of(unit) && length.is_multiple_of(unit);
        if fits && aligned { Ok(()) } else { Err(Refused) }
    }
}

impl Default for CfiFlash {
    fn default() -> Self {
        Self::new()
    }
}

/// Out of bounds or not aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl NorFlashError for Refused {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for CfiFlash {
    type Error = Refused;
}

impl ReadNorFlash for CfiFlash {
    const READ_SIZE: usize = 4;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Refused> {
        Self::check(offset, bytes.len(), 4)?;
        for (at, word) in (offset..).step_by(4).zip(bytes.chunks_exact_mut(4)) {
            let read = self.read_word(Self::place(at)).to_le_bytes();
            word.copy_from_slice(&read);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        (PAGES * PAGE) as usize
    }
}

impl NorFlash for CfiFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE as usize;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Refused> {
        Self::check(from, to.checked_sub(from).ok_or(Refused)? as usize, PAGE)?;
        for offset in (from..to).step_by(Self::ERASE_SIZE) {
            let place = Self::place(offset);
            self.command(place, ERASE);
            self.command(place, CONFIRM);
            self.wait(place);
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Refused> {
        Self::check(offset, bytes.len(), 4)?;
        for (at, word) in (offset..).step_by(4).zip(bytes.chunks_exact(4)) {
            let place = Self::place(at);
            self.command(place, PROGRAM);
            self.write_word(place, u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            self.wait(place);
        }
        Ok(())
    }
}
