//! A strict NOR flash in RAM, small enough for a chip, whose power can be cut.

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// `SIZE` bytes in pages of `PAGE`, programmed in words of 4.
///
/// Strict: a word is programmed once between two erases, everything is aligned and in bounds, or the operation fails. One
/// that was made [`rewritable`](RamFlash::rewritable) lets a word be programmed again, as long as no bit would have to rise.
///
/// # Power loss
///
/// [`cut_power`](RamFlash::cut_power) chooses one operation to die in; from then on every operation fails until
/// [`restore_power`](RamFlash::restore_power), and what was half done stays half done.
#[derive(Debug, Clone)]
pub struct RamFlash<const SIZE: usize, const PAGE: usize> {
    bytes: [u8; SIZE],
    rewritable: bool,
    operations: u32,
    cut: Option<(u32, Cut)>,
    powered: bool,
}

/// What the operation in which power fails leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of it.
    Before,
    /// Its first half: of the bytes to be programmed, or of the pages' bytes to be erased.
    Half,
    /// All of it, but nobody was told.
    After,
}

impl Cut {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Before, Self::Half, Self::After];
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The address or the length is no multiple of the unit.
    NotAligned,
    /// It reaches past the end.
    OutOfBounds,
    /// A word to be programmed was not erased; in a rewritable flash, a bit would have had to rise.
    NotErased,
    /// There is no power.
    NoPower,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotErased | Self::NoPower => NorFlashErrorKind::Other,
        }
    }
}

impl<const SIZE: usize, const PAGE: usize> RamFlash<SIZE, PAGE> {
    /// Makes an erased flash whose words are programmed once.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0xff; SIZE], rewritable: false, operations: 0, cut: None, powered: true }
    }

    /// Makes an erased flash whose words may be programmed again.
    #[must_use]
    pub const fn rewritable() -> Self {
        Self { rewritable: true, ..Self::new() }
    }

    /// Lets power fail in the program or erase operation that follows `operations` more of them.
    pub const fn cut_power(&mut self, operations: u32, cut: Cut) {
        self.cut = Some((self.operations + operations, cut));
    }

    /// Gives power back and forgets a cut that has not happened.
    pub const fn restore_power(&mut self) {
        self.powered = true;
        self.cut = None;
    }

    /// Whether there is power: no cut has happened since it was given.
    #[must_use]
    pub const fn has_power(&self) -> bool {
        self.powered
    }

    /// Returns how many program and erase operations were begun so far.
    #[must_use]
    pub const fn operations(&self) -> u32 {
        self.operations
    }

    /// Shows the bytes, as an attacker with a probe would see them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; SIZE] {
        &self.bytes
    }

    /// Flips bits of one byte behind the store's back.
    pub const fn flip(&mut self, offset: usize, mask: u8) {
        self.bytes[offset] ^= mask;
    }

    /// Begins a program or erase operation over `length` bytes; returns how many of them get done and whether power holds.
    fn begin(&mut self, length: usize) -> Result<(usize, Result<(), Fault>), Fault> {
        if !self.powered {
            return Err(Fault::NoPower);
        }
        let cut = self.cut.filter(|(at, _)| *at == self.operations);
        self.operations += 1;
        let Some((_, cut)) = cut else { return Ok((length, Ok(()))) };
        self.powered = false;
        let done = match cut {
            Cut::Before => 0,
            Cut::Half => length / 2,
            Cut::After => length,
        };
        Ok((done, Err(Fault::NoPower)))
    }

    fn check(offset: u32, length: usize, unit: usize) -> Result<usize, Fault> {
        let offset = offset as usize;
        if !offset.is_multiple_of(unit) || !length.is_multiple_of(unit) {
            return Err(Fault::NotAligned);
        }
        if offset.checked_add(length).is_none_or(|end| end > SIZE) {
            return Err(Fault::OutOfBounds);
        }
        Ok(offset)
    }
}

impl<const SIZE: usize, const PAGE: usize> Default for RamFlash<SIZE, PAGE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize, const PAGE: usize> ErrorType for RamFlash<SIZE, PAGE> {
    type Error = Fault;
}

impl<const SIZE: usize, const PAGE: usize> ReadNorFlash for RamFlash<SIZE, PAGE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        if !self.powered {
            return Err(Fault::NoPower);
        }
        let offset = Self::check(offset, bytes.len(), 1)?;
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl<const SIZE: usize, const PAGE: usize> NorFlash for RamFlash<SIZE, PAGE> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let length = to.checked_sub(from).ok_or(Fault::OutOfBounds)? as usize;
        let offset = Self::check(from, length, PAGE)?;
        let (done, power) = self.begin(length)?;
        self.bytes[offset..offset + done].fill(0xff);
        power
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let offset = Self::check(offset, bytes.len(), Self::WRITE_SIZE)?;
        let present = self.bytes[offset..offset + bytes.len()].iter();
        let allowed = |(old, new): (&u8, &u8)| *old == 0xff || (self.rewritable && new & !old == 0);
        if !present.zip(bytes).all(allowed) {
            return Err(Fault::NotErased);
        }
        let (done, power) = self.begin(bytes.len())?;
        self.bytes[offset..offset + done].copy_from_slice(&bytes[..done]);
        power
    }
}

/// True of a [`RamFlash`] that was made [`rewritable`](RamFlash::rewritable); the other kind refuses what the trait allows.
impl<const SIZE: usize, const PAGE: usize> MultiwriteNorFlash for RamFlash<SIZE, PAGE> {}
