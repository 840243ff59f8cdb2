//! What a store is told, and whether it can work.

use gabion_profile::Parameter;

use crate::format::{MAX_WORD, OVERHEAD, Shape};
use crate::plan;
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

    /// Whether a store of this shape can work: every value can be stored, every class can have its key.
    pub(crate) fn is_feasible(&self, shape: Shape, pages: u32, keys: usize, record: usize) -> bool {
        let (longest, _, classes) = plan::measure(self.registry, shape);
        let count: usize = self.registry.iter().map(|list| list.len()).sum();
        pages >= 3
            && count <= keys
            && Self::record_size(usize::from(longest)) <= record
            && Vault::size(classes.saturating_add(1), shape.word) <= shape.page
            && shape.record(longest) <= plan::batch_limit(shape)
            && plan::capacity(shape, pages, longest) >= shape.record(longest)
    }
}
