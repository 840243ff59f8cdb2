//! The strict NOR flash: refuses and records what a real part would punish.

use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use embedded_storage::nor_flash as blocking;
use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};
use embedded_storage_async::nor_flash as nonblocking;

use crate::fault::{Step, interrupt_erase, interrupt_word};
use crate::file::Mirror;
use crate::medium::{IllegalWrite, Medium, Rewrite, Setup};
use crate::power::{Supply, Verdict};
use crate::rng::Rng;
use crate::trace::{Counters, TraceEntry, TraceKind};

/// A kind of part: what its traits promise.
pub trait Kind: 'static {
    /// Smallest read in bytes.
    const READ_SIZE: usize = 1;
    /// How often a word may be programmed, unless the [`Setup`] says otherwise.
    const REWRITE: Rewrite;
}

/// A part that implements `MultiwriteNorFlash`; a word may be programmed twice, as on an nRF52840.
#[derive(Clone, Copy, Debug)]
pub struct Multi;

/// A part that does not implement `MultiwriteNorFlash`: flash encryption, ECC flash.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// A plain part that is also read in units of `READ` bytes: 4 on an ESP32.
#[derive(Clone, Copy, Debug)]
pub struct Wide<const READ: usize>;

impl Kind for Multi {
    const REWRITE: Rewrite = Rewrite::Times(2);
}

impl Kind for Plain {
    const REWRITE: Rewrite = Rewrite::Once;
}

impl<const READ: usize> Kind for Wide<READ> {
    const READ_SIZE: usize = READ;
    const REWRITE: Rewrite = Rewrite::Once;
}

/// A flash that must not be written twice and says so in its type.
pub type PlainNor<const WORD: usize, const PAGE: usize> = SimFlash<WORD, PAGE, Plain>;

/// Why the simulated flash refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashError {
    /// Address or length is not a multiple of what the part needs. A bug in the caller.
    NotAligned,
    /// The range does not fit. A bug in the caller.
    OutOfBounds,
    /// A write that the part forbids. A bug in the caller, also recorded as [`IllegalWrite`].
    IllegalWrite {
        /// Address of the word in bytes.
        address: u32,
    },
    /// The page has no erases left. The caller must stop using it.
    WornOut {
        /// Page number.
        page: u32,
    },
    /// The power is gone. Nothing works until the next power on.
    PowerLost,
    /// The file behind the flash could not be written.
    Io,
}

impl fmt::Display for FlashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAligned => f.write_str("address or length not aligned"),
            Self::OutOfBounds => f.write_str("range out of bounds"),
            Self::IllegalWrite { address } => write!(f, "illegal write at {address:#x}"),
            Self::WornOut { page } => write!(f, "page {page} is worn out"),
            Self::PowerLost => f.write_str("power lost"),
            Self::Io => f.write_str("the file behind the flash failed"),
        }
    }
}

impl std::error::Error for FlashError {}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            _ => NorFlashErrorKind::Other,
        }
    }
}

/// A powered NOR flash with words of `WORD` bytes and pages of `PAGE` bytes.
///
/// Implements the async and the blocking traits. Made by [`Off::power_on`](crate::Off::power_on),
/// or by [`new`](Self::new) for tests that never cut the power.
pub struct SimFlash<const WORD: usize, const PAGE: usize, K: Kind = Multi> {
    medium: Medium,
    supply: Supply,
    mirror: Option<Arc<Mirror>>,
    rule: Rewrite,
    counters: Counters,
    trace: Option<Vec<TraceEntry>>,
    illegal: Vec<IllegalWrite>,
    noise: Rng,
    kind: PhantomData<K>,
}

impl<const WORD: usize, const PAGE: usize, K: Kind> fmt::Debug for SimFlash<WORD, PAGE, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimFlash")
            .field("word", &WORD)
            .field("page", &PAGE)
            .field("capacity", &self.medium.capacity())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

impl<const WORD: usize, const PAGE: usize, K: Kind> SimFlash<WORD, PAGE, K> {
    /// Makes a blank flash on a supply of its own that never fails.
    pub fn new(setup: Setup) -> Self {
        Self::over(Medium::new(setup, WORD, PAGE), Supply::new(), None)
    }

    /// Powers a medium from a supply.
    ///
    /// # Panics
    ///
    /// If the medium has another word or page size.
    pub fn with_medium(medium: Medium, supply: Supply) -> Self {
        Self::over(medium, supply, None)
    }

    pub(crate) fn over(medium: Medium, supply: Supply, mirror: Option<Arc<Mirror>>) -> Self {
        assert_eq!((medium.word, medium.page), (WORD, PAGE), "the medium has another geometry");
        Self {
            rule: medium.setup.rewrite.unwrap_or(K::REWRITE),
            noise: Rng::new(supply.noise_seed()),
            medium,
            supply,
            mirror,
            counters: Counters::default(),
            trace: None,
            illegal: Vec::new(),
            kind: PhantomData,
        }
    }

    /// Takes the cells out; nothing is lost by it.
    pub fn into_medium(self) -> Medium {
        self.medium
    }

    /// Looks at the cells.
    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    /// Opens the cells to tampering while the power is on. Not written through to a file.
    pub fn medium_mut(&mut self) -> &mut Medium {
        &mut self.medium
    }

    /// Returns the supply that this flash hangs on.
    pub fn supply(&self) -> &Supply {
        &self.supply
    }

    /// Returns the totals since power on.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Starts (or restarts) the trace of every call.
    pub fn record(&mut self) {
        self.trace = Some(Vec::new());
    }

    /// Returns the calls since [`record`](Self::record), none if it was not called.
    pub fn trace(&self) -> &[TraceEntry] {
        self.trace.as_deref().unwrap_or(&[])
    }

    /// Returns the writes that were refused because the part forbids them.
    pub fn illegal_writes(&self) -> &[IllegalWrite] {
        &self.illegal
    }

    fn note(&mut self, kind: TraceKind, address: u32, len: usize) {
        let step = self.supply.steps();
        if let Some(trace) = &mut self.trace {
            let index = trace.len() as u64;
            trace.push(TraceEntry { index, step, kind, address, len: len as u32 });
        }
    }

    fn range(&self, offset: u32, len: usize, unit: usize) -> Result<usize, FlashError> {
        let start = offset as usize;
        if len > self.medium.capacity() || start > self.medium.capacity() - len {
            return Err(FlashError::OutOfBounds);
        }
        if !start.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            return Err(FlashError::NotAligned);
        }
        Ok(start)
    }

    fn spend(&self, ns: u64) {
        if ns != 0 {
            self.supply.spend(ns);
        }
    }

    fn read_now(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        if self.supply.is_lost() {
            return Err(FlashError::PowerLost);
        }
        self.note(TraceKind::Read, offset, bytes.len());
        let start = self.range(offset, bytes.len(), K::READ_SIZE)?;
        self.counters.reads += 1;
        self.counters.read_bytes += bytes.len() as u64;
        self.spend(self.medium.setup.timing.read_byte_ns * bytes.len() as u64);
        let end = start + bytes.len();
        bytes.copy_from_slice(&self.medium.bytes[start..end]);
        for (address, mask) in self.medium.unstable.range(start..end) {
            bytes[address - start] ^= mask & self.noise.byte();
        }
        Ok(())
    }

    fn write_now(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        if self.supply.is_lost() {
            return Err(FlashError::PowerLost);
        }
        self.note(TraceKind::Write, offset, bytes.len());
        let start = self.range(offset, bytes.len(), WORD)?;
        self.counters.writes += 1;
        for (index, word) in bytes.chunks_exact(WORD).enumerate() {
            self.program(start + index * WORD, word)?;
        }
        Ok(())
    }

    fn program(&mut self, address: usize, data: &[u8]) -> Result<(), FlashError> {
        if self.supply.is_lost() {
            return Err(FlashError::PowerLost);
        }
        if let Some(reason) = self.medium.judge_word(address, data, self.rule) {
            let writes = self.medium.writes_at(address);
            self.illegal.push(IllegalWrite { address: address as u32, writes, reason });
            return Err(FlashError::IllegalWrite { address: address as u32 });
        }
        let inverted = !self.medium.setup.erased;
        let range = address..address + WORD;
        let old: Vec<u8> = self.medium.bytes[range.clone()].iter().map(|b| b ^ inverted).collect();
        let new: Vec<u8> = old.iter().zip(data).map(|(o, d)| o & (d ^ inverted)).collect();
        let (result, cut) = match self.supply.step(Step::Word) {
            Verdict::Lost => return Err(FlashError::PowerLost),
            Verdict::Go => (new.clone(), None),
            Verdict::Cut(cut) => (interrupt_word(cut.fault, cut.seed, &old, &new), Some(cut)),
        };
        let untouched = cut.is_some() && result == old;
        for (cell, value) in self.medium.bytes[range.clone()].iter_mut().zip(&result) {
            *cell = value ^ inverted;
        }
        if !untouched {
            self.medium.unstable.retain(|at, _| !range.contains(at));
        }
        let count = &mut self.medium.writes[address / WORD];
        let blank = result.iter().all(|byte| *byte == 0xFF);
        if cut.is_none() || self.medium.setup.count_blank_torn || (!untouched && !blank) {
            *count = count.saturating_add(1);
        }
        if let Some(cut) = cut {
            if cut.unstable {
                self.doubt(range.clone(), &old, &new);
            }
        } else {
            self.spend(self.medium.setup.timing.word_ns);
            self.counters.words += 1;
            self.counters.programmed_bytes += WORD as u64;
        }
        self.write_through(range)?;
        if cut.is_some() { Err(FlashError::PowerLost) } else { Ok(()) }
    }

    fn erase_now(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        if self.supply.is_lost() {
            return Err(FlashError::PowerLost);
        }
        let len = to.checked_sub(from).ok_or(FlashError::OutOfBounds)? as usize;
        self.note(TraceKind::Erase, from, len);
        let start = self.range(from, len, PAGE)?;
        for page in start / PAGE..(start + len) / PAGE {
            self.erase_page(page)?;
        }
        Ok(())
    }

    fn erase_page(&mut self, page: usize) -> Result<(), FlashError> {
        if self.supply.is_lost() {
            return Err(FlashError::PowerLost);
        }
        if self.medium.setup.endurance.is_some_and(|limit| self.medium.wear[page] >= limit) {
            return Err(FlashError::WornOut { page: page as u32 });
        }
        let inverted = !self.medium.setup.erased;
        let range = page * PAGE..(page + 1) * PAGE;
        let words = range.start / WORD..range.end / WORD;
        let cut = match self.supply.step(Step::Erase) {
            Verdict::Lost => return Err(FlashError::PowerLost),
            Verdict::Go => None,
            Verdict::Cut(cut) => Some(cut),
        };
        if let Some(cut) = cut {
            let old: Vec<u8> =
                self.medium.bytes[range.clone()].iter().map(|b| b ^ inverted).collect();
            let result = interrupt_erase(cut.fault, cut.seed, &old);
            for (cell, value) in self.medium.bytes[range.clone()].iter_mut().zip(&result) {
                *cell = value ^ inverted;
            }
            if result.iter().all(|byte| *byte == 0xFF) {
                self.medium.unstable.retain(|at, _| !range.contains(at));
            }
            self.medium.settle(range.clone());
            if cut.unstable {
                self.doubt(range.clone(), &old, &vec![0xFF; PAGE]);
            }
        } else {
            self.medium.bytes[range.clone()].fill(self.medium.setup.erased);
            self.medium.unstable.retain(|at, _| !range.contains(at));
            self.medium.writes[words].fill(0);
            self.spend(self.medium.setup.timing.erase_ns);
            self.counters.erases += 1;
        }
        self.medium.wear[page] += 1;
        self.write_through(range)?;
        if cut.is_some() { Err(FlashError::PowerLost) } else { Ok(()) }
    }

    /// Marks the bits that the interrupted step would have changed as reading at random.
    fn doubt(&mut self, range: core::ops::Range<usize>, old: &[u8], new: &[u8]) {
        for (address, (old, new)) in range.zip(old.iter().zip(new)) {
            if old != new {
                *self.medium.unstable.entry(address).or_default() |= old ^ new;
            }
        }
    }

    fn write_through(&self, range: core::ops::Range<usize>) -> Result<(), FlashError> {
        match &self.mirror {
            Some(mirror) => mirror.store(&self.medium, range).map_err(|_| FlashError::Io),
            None => Ok(()),
        }
    }
}

impl<const WORD: usize, const PAGE: usize, K: Kind> blocking::ErrorType
    for SimFlash<WORD, PAGE, K>
{
    type Error = FlashError;
}

impl<const WORD: usize, const PAGE: usize, K: Kind> blocking::ReadNorFlash
    for SimFlash<WORD, PAGE, K>
{
    const READ_SIZE: usize = K::READ_SIZE;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_now(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.medium.capacity()
    }
}

impl<const WORD: usize, const PAGE: usize, K: Kind> blocking::NorFlash for SimFlash<WORD, PAGE, K> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.erase_now(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.write_now(offset, bytes)
    }
}

impl<const WORD: usize, const PAGE: usize> blocking::MultiwriteNorFlash for SimFlash<WORD, PAGE> {}

impl<const WORD: usize, const PAGE: usize, K: Kind> nonblocking::ReadNorFlash
    for SimFlash<WORD, PAGE, K>
{
    const READ_SIZE: usize = K::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_now(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.medium.capacity()
    }
}

impl<const WORD: usize, const PAGE: usize, K: Kind> nonblocking::NorFlash
    for SimFlash<WORD, PAGE, K>
{
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.erase_now(from, to)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.write_now(offset, bytes)
    }
}

impl<const WORD: usize, const PAGE: usize> nonblocking::MultiwriteNorFlash
    for SimFlash<WORD, PAGE>
{
}
