//! Which part of the flash belongs to whom.

/// A part of a flash: from `start` to before `end`, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// Describes the span of `len` bytes from `start`. One that would pass 4 GiB ends there and is refused by every check.
    #[must_use]
    pub const fn new(start: u32, len: u32) -> Self {
        Self { start, end: start.saturating_add(len) }
    }

    /// Returns the first address in bytes.
    #[must_use]
    pub const fn start(self) -> u32 {
        self.start
    }

    /// Returns the address after the last byte.
    #[must_use]
    pub const fn end(self) -> u32 {
        self.end
    }

    /// Returns the length in bytes.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Returns true for a span without bytes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns true when the two spans share a byte.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Spans that are whole pages, do not overlap and fit into their flash: a flash map.
///
/// # Examples
///
/// A map that is wrong does not compile:
///
/// ```
/// use gabion_flash::{Layout, Span};
///
/// const JOURNAL: Span = Span::new(0x0000, 0x2000);
/// const STORE: Span = Span::new(0x2000, 0x10000);
/// const LOG: Span = Span::new(0x12000, 0x8000);
/// const MAP: Layout<3> = Layout::new(0x20000, 0x1000, [JOURNAL, STORE, LOG]);
/// # let _ = MAP;
/// ```
///
/// ```compile_fail
/// # use gabion_flash::{Layout, Span};
/// const MAP: Layout<2> =
///     Layout::new(0x20000, 0x1000, [Span::new(0, 0x3000), Span::new(0x2000, 0x1000)]);
/// # let _ = MAP;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout<const N: usize>([Span; N]);

/// Why spans make no layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// A span is empty or not made of whole pages.
    NotAligned,
    /// A span does not fit into the flash.
    OutOfBounds,
    /// Two spans share a page.
    Overlap,
}

impl core::fmt::Display for LayoutError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotAligned => "span is empty or not made of whole pages",
            Self::OutOfBounds => "span does not fit into the flash",
            Self::Overlap => "two spans share a page",
        })
    }
}

impl core::error::Error for LayoutError {}

impl<const N: usize> Layout<N> {
    /// Checks a flash map in a `const` item.
    ///
    /// # Panics
    ///
    /// At compile time, when the map is wrong.
    #[must_use]
    #[expect(clippy::panic, reason = "a wrong flash map must not compile")]
    pub const fn new(capacity: u32, page: u32, spans: [Span; N]) -> Self {
        match Self::check(capacity, page, spans) {
            Ok(layout) => layout,
            Err(LayoutError::NotAligned) => panic!("a span is empty or not made of whole pages"),
            Err(LayoutError::OutOfBounds) => panic!("a span does not fit into the flash"),
            Err(LayoutError::Overlap) => panic!("two spans share a page"),
        }
    }

    /// Checks a flash map at run time.
    ///
    /// # Errors
    ///
    /// See [`LayoutError`].
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "const loops cannot use iterators; every index is below N and page is not 0"
    )]
    pub const fn check(capacity: u32, page: u32, spans: [Span; N]) -> Result<Self, LayoutError> {
        let mut i = 0;
        while i < N {
            let span = spans[i];
            if page == 0
                || span.is_empty()
                || !span.start.is_multiple_of(page)
                || !span.end.is_multiple_of(page)
            {
                return Err(LayoutError::NotAligned);
            }
            if span.end > capacity {
                return Err(LayoutError::OutOfBounds);
            }
            let mut j = 0;
            while j < i {
                if span.overlaps(spans[j]) {
                    return Err(LayoutError::Overlap);
                }
                j += 1;
            }
            i += 1;
        }
        Ok(Self(spans))
    }

    /// Returns the spans.
    #[must_use]
    pub const fn spans(&self) -> &[Span; N] {
        &self.0
    }
}
