//! What a store is told, and whether it can work.

use gabion_profile::{Class, Parameter};

use crate::append::RESERVE;
use crate::format::{MAX_WORD, OVERHEAD, Shape};
use crate::vault::Vault;

/// What a store is told when it is opened.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// Every parameter that may be stored.
    pub(crate) registry: &'static [&'static [Parameter]],
    /// What happens when the store does not fit the chip's counter.
    pub(crate) replay: Replay,
    /// Whether superseded values are destroyed at every commit, not only removed ones.
    pub(crate) scrub: bool,
}

/// What to do with a store that does not fit the chip's counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replay {
    /// Refuse to open it.
    #[default]
    Refuse,
    /// Open it all the same and bring it up to the counter. Only on the owner's word: what it holds is authentic, but old.
    Accept,
}

/// What the store did to its flash since it was opened, journal not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wear {
    /// Bytes programmed.
    pub programmed: u64,
    /// Pages erased.
    pub erases: u64,
    /// Data pages begun.
    pub pages: u64,
    /// Records that the collector copied.
    pub copies: u64,
}

impl Config {
    /// Takes the registry; replay is refused, superseded values stay until their page is erased.
    #[must_use]
    pub const fn new(registry: &'static [&'static [Parameter]]) -> Self {
        Self { registry, replay: Replay::Refuse, scrub: false }
    }

    /// Sets what happens when the store does not fit the chip's counter.
    #[must_use]
    pub const fn replay(mut self, replay: Replay) -> Self {
        self.replay = replay;
        self
    }

    /// Destroys superseded values at every commit too. Cheap where the flash can zero words; elsewhere a commit then copies
    /// what lives on every page up to that of the old value.
    #[must_use]
    pub const fn scrub(mut self) -> Self {
        self.scrub = true;
        self
    }

    /// Returns the `RECORD` that a store needs for values of up to `max_len` bytes.
    #[must_use]
    pub const fn record_size(max_len: usize) -> usize {
        max_len.saturating_add(OVERHEAD).saturating_add(MAX_WORD)
    }

    /// Returns the longest value in bytes that is registered.
    pub(crate) fn longest(&self) -> u16 {
        self.parameters().map(|p| p.max_len).max().unwrap_or_default()
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.registry.iter().flat_map(|list| list.iter())
    }

    /// Whether a class has parameters.
    pub(crate) fn has_class(&self, class: Class) -> bool {
        self.parameters().any(|p| p.class == class)
    }

    /// Returns the bytes that live records may take, entries included: what the collector can always pack.
    pub(crate) fn capacity(&self, shape: Shape, pages: u32) -> u32 {
        pages.saturating_sub(2).saturating_mul(self.packed(shape))
    }

    /// Returns the bytes of a page that are sure to be filled however records fall.
    fn packed(&self, shape: Shape) -> u32 {
        let longest = shape.record(self.longest()).saturating_sub(shape.word);
        let reserve = shape.stride().saturating_mul(RESERVE);
        shape.usable().saturating_sub(longest).saturating_sub(reserve)
    }

    /// Returns the bytes that can be written before the collector must have been round once.
    pub(crate) fn slack(&self, shape: Shape, pages: u32) -> u32 {
        let late = pages.saturating_sub(pages.checked_div(2).unwrap_or_default());
        late.saturating_sub(1).max(1).saturating_mul(self.packed(shape).max(1))
    }

    /// Returns the bytes that one commit may take, bodies and entries.
    pub(crate) fn batch_limit(&self, shape: Shape) -> u32 {
        shape.usable().saturating_sub(shape.stride().saturating_mul(RESERVE.saturating_add(1)))
    }

    /// Whether a store of this shape can work: every value can be stored, every class can have its key.
    pub(crate) fn is_feasible(&self, shape: Shape, pages: u32, keys: usize, record: usize) -> bool {
        let longest = self.longest();
        let classes = Class::ALL.iter().filter(|class| self.has_class(**class)).count();
        let vault = Vault::size(classes.saturating_add(1), shape.word);
        pages >= 3
            && shape.page <= 1 << 16
            && self.parameters().count() <= keys
            && Self::record_size(usize::from(longest)) <= record
            && vault <= shape.page
            && shape.record(longest) <= self.batch_limit(shape)
            && self.capacity(shape, pages) >= shape.record(longest)
    }
}
