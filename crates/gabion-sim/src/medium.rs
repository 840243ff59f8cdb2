//! What stays when the power is off: the cells of a NOR flash and their wear.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// How often a word may be programmed between two erases of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// Once: ECC flash, flash encryption, and what the plain `NorFlash` trait promises.
    Once,
    /// At most this often: 2 on an nRF52840.
    Times(u8),
    /// Once, and then again only with all bits programmed (zeros on an ordinary part): STM32.
    ZeroOnly,
    /// As often as wanted, as long as bits only go the way that programming goes.
    Unlimited,
}

/// What kind of part is simulated, beside its word and page size.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(crate) capacity: usize,
    pub(crate) erased: u8,
    pub(crate) rewrite: Option<Rewrite>,
    pub(crate) and_writes: bool,
    pub(crate) endurance: Option<u32>,
    pub(crate) count_blank_torn: bool,
    pub(crate) timing: Timing,
}

impl Setup {
    /// Describes a part of `capacity` bytes that erases to 0xFF and never wears out.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            erased: 0xFF,
            rewrite: None,
            and_writes: false,
            endurance: None,
            count_blank_torn: false,
            timing: Timing::default(),
        }
    }

    /// Sets the value of an erased byte: 0xFF, or 0x00, where programming then raises bits.
    ///
    /// # Panics
    ///
    /// On any other value.
    #[must_use]
    pub fn erased(mut self, value: u8) -> Self {
        assert!(value == 0xFF || value == 0x00, "flash erases to 0xFF or to 0x00");
        self.erased = value;
        self
    }

    /// Sets how often a word may be programmed, instead of what the kind of part says.
    #[must_use]
    pub fn rewrite(mut self, rule: Rewrite) -> Self {
        self.rewrite = Some(rule);
        self
    }

    /// Lets a rewrite ask for a bit to go back: the result is then the AND of old and new, as the
    /// `MultiwriteNorFlash` trait says. Without this such a write is refused as a sign of a bug.
    #[must_use]
    pub fn and_writes(mut self) -> Self {
        self.and_writes = true;
        self
    }

    /// Sets after how many erases a page refuses with [`FlashError::WornOut`](crate::FlashError).
    #[must_use]
    pub fn endurance(mut self, erases: u32) -> Self {
        self.endurance = Some(erases);
        self
    }

    /// Lets the simulated clock pass while the flash works.
    #[must_use]
    pub fn timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// Counts an interrupted write as one write even if it left the word reading as blank.
    ///
    /// No software can see such a write, so it is not counted by default.
    #[must_use]
    pub fn count_blank_torn(mut self) -> Self {
        self.count_blank_torn = true;
        self
    }
}

/// How long a part takes; all zero unless set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Nanoseconds to read a byte.
    pub read_byte_ns: u64,
    /// Nanoseconds to program a word.
    pub word_ns: u64,
    /// Nanoseconds to erase a page.
    pub erase_ns: u64,
}

/// A write or erase that a real part would punish, found and refused by the simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IllegalWrite {
    /// Address of the word in bytes.
    pub address: u32,
    /// How often the word had been programmed since the last erase.
    pub writes: u8,
    /// What is wrong.
    pub reason: &'static str,
}

/// The cells: content, writes per word, erases per page, and bits that read at random.
///
/// Two media are equal if software reads the same bytes from them; wear does not count.
#[derive(Clone, Debug)]
pub struct Medium {
    pub(crate) setup: Setup,
    pub(crate) word: usize,
    pub(crate) page: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) writes: Vec<u8>,
    pub(crate) wear: Vec<u32>,
    /// Byte address to the mask of bits that no longer read the same each time.
    pub(crate) unstable: BTreeMap<usize, u8>,
}

impl PartialEq for Medium {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.unstable == other.unstable
    }
}

impl Eq for Medium {}

impl Medium {
    /// Makes a blank medium.
    ///
    /// # Panics
    ///
    /// If the page is not a whole number of words, or the capacity not a whole number of pages.
    pub fn new(setup: Setup, word: usize, page: usize) -> Self {
        assert!(word > 0 && page > 0, "word and page size must not be 0");
        assert!(page.is_multiple_of(word), "a page must be a whole number of words");
        assert!(setup.capacity.is_multiple_of(page), "capacity must be a whole number of pages");
        assert!(u32::try_from(setup.capacity).is_ok(), "addresses are 32 bits");
        Self {
            word,
            page,
            bytes: vec![setup.erased; setup.capacity],
            writes: vec![0; setup.capacity / word],
            wear: vec![0; setup.capacity / page],
            unstable: BTreeMap::new(),
            setup,
        }
    }

    /// Returns the content as software reads it (unstable bits at their last stored value).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the capacity in bytes.
    pub fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the word size in bytes.
    pub fn word_size(&self) -> usize {
        self.word
    }

    /// Returns the page size in bytes.
    pub fn page_size(&self) -> usize {
        self.page
    }

    /// Returns the value of an erased byte.
    pub fn erased(&self) -> u8 {
        self.setup.erased
    }

    /// Returns how often each page was erased.
    pub fn wear(&self) -> &[u32] {
        &self.wear
    }

    /// Returns how often the word at `address` was programmed since its page was erased.
    pub fn writes_at(&self, address: usize) -> u8 {
        self.writes[address / self.word]
    }

    /// Returns true if every byte of the range reads as erased.
    pub fn is_blank(&self, range: core::ops::Range<usize>) -> bool {
        self.bytes[range].iter().all(|byte| *byte == self.setup.erased)
    }

    /// Puts bytes into the cells as an attacker with a programmer would: no rule applies.
    ///
    /// # Panics
    ///
    /// If the range does not fit.
    pub fn tamper(&mut self, address: usize, bytes: &[u8]) {
        self.bytes[address..address + bytes.len()].copy_from_slice(bytes);
        self.settle(address..address + bytes.len());
    }

    /// Flips one bit, as an attacker or a tired cell would.
    ///
    /// # Panics
    ///
    /// If the address does not fit.
    pub fn flip_bit(&mut self, address: usize, bit: u8) {
        let flipped = self.bytes[address] ^ (1 << (bit & 7));
        self.tamper(address, &[flipped]);
    }

    /// Reconciles the write counts with the content: what reads blank may be written again, and
    /// what does not was written.
    pub(crate) fn settle(&mut self, range: core::ops::Range<usize>) {
        if range.is_empty() {
            return;
        }
        for index in range.start / self.word..range.end.div_ceil(self.word) {
            let start = index * self.word;
            if self.is_blank(start..start + self.word) {
                self.writes[index] = 0;
            } else if self.writes[index] == 0 {
                self.writes[index] = 1;
            }
        }
    }

    /// Says why programming `data` into the word at `address` is illegal, if it is.
    pub(crate) fn judge_word(
        &self,
        address: usize,
        data: &[u8],
        rule: Rewrite,
    ) -> Option<&'static str> {
        let old = &self.bytes[address..address + data.len()];
        let writes = self.writes[address / self.word];
        let inverted = !self.setup.erased;
        let allowed = match rule {
            Rewrite::Once => writes < 1,
            Rewrite::Times(times) => writes < times,
            Rewrite::ZeroOnly => writes < 1 || data.iter().all(|byte| *byte == inverted),
            Rewrite::Unlimited => true,
        };
        if !allowed {
            return Some("word programmed more often than the part allows");
        }
        // In terms of an ordinary part: a bit that is 0 and should become 1.
        let rises = old.iter().zip(data).any(|(o, d)| !(o ^ inverted) & (d ^ inverted) != 0);
        (rises && !self.setup.and_writes)
            .then_some("a programmed bit cannot go back without an erase")
    }

    /// Writes the medium into a file: the raw image first, then counts and geometry.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, crate::file::emit(self, &[0; crate::file::CHIP_BLOCK]))
    }

    /// Reads a medium that [`save`](Self::save) or a file-backed flash wrote.
    ///
    /// # Errors
    ///
    /// What the file system says, or `InvalidData` if the file is not one of these.
    pub fn load(path: impl AsRef<Path>) -> io::Result<Self> {
        crate::file::parse(&fs::read(path)?).map(|(medium, _)| medium)
    }
}
