//! Where the slots and their state lie.

use gabion_boot::Slot;
use gabion_flash::{Layout, LayoutError, Span};

/// One of the two slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SlotId {
    /// The first slot.
    A = 0,
    /// The second slot.
    B = 1,
}

impl SlotId {
    /// Returns the other slot.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::A),
            1 => Some(Self::B),
            _ => None,
        }
    }
}

impl core::fmt::Display for SlotId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// Two slots and the pages that hold their state; a map that overlaps does not compile.
///
/// # Examples
///
/// ```
/// use gabion_flash::Span;
/// use gabion_update::SlotMap;
///
/// const MAP: SlotMap = SlotMap::new(
///     0x10_0000, 0x1000,
///     Span::new(0x1_0000, 0x7_0000), Span::new(0x8_0000, 0x7_0000), Span::new(0xf_0000, 0x2000),
/// );
/// # let _ = MAP;
/// ```
///
/// ```compile_fail
/// # use gabion_flash::Span;
/// # use gabion_update::SlotMap;
/// // the state lies in a page of slot B
/// const MAP: SlotMap = SlotMap::new(
///     0x10_0000, 0x1000,
///     Span::new(0x1_0000, 0x7_0000), Span::new(0x8_0000, 0x7_0000), Span::new(0xe_f000, 0x2000),
/// );
/// # let _ = MAP;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SlotMap {
    a: Span,
    b: Span,
    state: Span,
    page: u32,
    mapped_at: Option<u32>,
}

impl SlotMap {
    /// Checks a map in a `const` item. All lengths and addresses are in bytes; `state` needs at least two pages.
    ///
    /// # Panics
    ///
    /// At compile time, when spans overlap, do not fit, are not whole pages, or the state has fewer than two pages.
    #[must_use]
    pub const fn new(capacity: u32, page: u32, a: Span, b: Span, state: Span) -> Self {
        let _ = Layout::new(capacity, page, [a, b, state]);
        assert!(state.len() > page, "the state needs at least two pages");
        Self { a, b, state, page, mapped_at: None }
    }

    /// Checks a map at run time.
    ///
    /// # Errors
    ///
    /// See [`LayoutError`]; a state of one page is [`LayoutError::NotAligned`].
    pub const fn check(
        capacity: u32,
        page: u32,
        a: Span,
        b: Span,
        state: Span,
    ) -> Result<Self, LayoutError> {
        match Layout::check(capacity, page, [a, b, state]) {
            Ok(_) if state.len() > page => Ok(Self { a, b, state, page, mapped_at: None }),
            Ok(_) => Err(LayoutError::NotAligned),
            Err(error) => Err(error),
        }
    }

    /// Tells at which address the flash appears, so that images linked for the other slot are refused.
    #[must_use]
    pub const fn mapped_at(mut self, address: u32) -> Self {
        self.mapped_at = Some(address);
        self
    }

    /// Returns where a slot lies.
    #[must_use]
    pub const fn span(&self, slot: SlotId) -> Span {
        match slot {
            SlotId::A => self.a,
            SlotId::B => self.b,
        }
    }

    /// Returns where the state lies.
    #[must_use]
    pub const fn state(&self) -> Span {
        self.state
    }

    pub(crate) const fn page(&self) -> u32 {
        self.page
    }

    pub(crate) const fn slot(&self, id: SlotId) -> Slot {
        let span = self.span(id);
        Slot { number: id as u8, offset: span.start(), size: span.len() }
    }

    /// Returns the address at which a slot's image runs.
    pub(crate) fn address(&self, id: SlotId) -> Option<u32> {
        self.mapped_at?.checked_add(self.span(id).start())
    }
}
