//! The check of a whole document.

use super::{
    Item, float,
    head::{Head, IN_FOUR, IN_ONE, IN_TWO, Major},
    item,
};
use crate::{CodecError, CodecErrorKind, Reader};

/// Tags of numbers that do not fit 64 bits (RFC 8949 §3.4.3).
const BIGNUMS: [u64; 2] = [2, 3];

/// How much work a document may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Longest document in bytes.
    pub bytes: usize,
    /// Most items: numbers, strings, arrays, maps, tags and so on, each counted where it stands.
    pub items: usize,
    /// Most arrays, maps and tags inside each other. Each takes about 200 bytes of stack while it is checked.
    pub depth: u8,
}

impl Budget {
    /// For messages of a small device: 1 KiB, 128 items, 4 deep.
    pub const SMALL: Self = Self { bytes: 1024, items: 128, depth: 4 };
}

/// A document that was checked as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a>(&'a [u8]);

impl<'a> Document<'a> {
    /// Checks that `input` is one item in deterministic encoding, within the budget.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and where: [`CodecErrorKind::NotShortest`], [`CodecErrorKind::Indefinite`],
    /// [`CodecErrorKind::NotSorted`], [`CodecErrorKind::Duplicate`], [`CodecErrorKind::NotUtf8`],
    /// [`CodecErrorKind::Unexpected`] for reserved values, [`CodecErrorKind::Truncated`], [`CodecErrorKind::Trailing`],
    /// [`CodecErrorKind::OverBudget`].
    pub fn parse(input: &'a [u8], budget: Budget) -> Result<Self, CodecError> {
        if input.len() > budget.bytes {
            return Err(CodecError::new(CodecErrorKind::OverBudget, budget.bytes));
        }
        let mut check = Check { input, reader: Reader::new(input), items: budget.items };
        check.item(budget.depth)?;
        check.reader.finish()?;
        Ok(Self(input))
    }

    /// Returns the one item that the document is.
    #[must_use]
    pub fn root(&self) -> Item<'a> {
        item::view(&mut Reader::new(self.0))
    }

    /// Returns the encoding.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

struct Check<'a> {
    input: &'a [u8],
    reader: Reader<'a>,
    items: usize,
}

impl<'a> Check<'a> {
    fn item(&mut self, depth: u8) -> Result<(), CodecError> {
        let over_budget = self.reader.error(CodecErrorKind::OverBudget);
        self.items = self.items.checked_sub(1).ok_or(over_budget)?;
        let start = self.reader.clone();
        let head = Head::parse(&mut self.reader)?;
        let inner = || depth.checked_sub(1).ok_or(over_budget);
        match head.major {
            Major::Unsigned | Major::Negative => Ok(()),
            Major::Bytes => self.string(head.argument).map(|_| ()),
            Major::Text => {
                let at = self.reader.position();
                match core::str::from_utf8(self.string(head.argument)?) {
                    Ok(_) => Ok(()),
                    Err(error) => {
                        let offset = at.saturating_add(error.valid_up_to());
                        Err(CodecError::new(CodecErrorKind::NotUtf8, offset))
                    }
                }
            }
            Major::Array => {
                let depth = inner()?;
                (0..head.argument).try_for_each(|_| self.item(depth))
            }
            Major::Map => self.map(head.argument, inner()?),
            Major::Tag => {
                let depth = inner()?;
                if BIGNUMS.contains(&head.argument) {
                    self.bignum(&start)?;
                }
                self.item(depth)
            }
            Major::Other => other(&head, &start),
        }
    }

    fn string(&mut self, length: u64) -> Result<&'a [u8], CodecError> {
        let length =
            usize::try_from(length).map_err(|_| self.reader.error(CodecErrorKind::Truncated))?;
        self.reader.bytes(length)
    }

    /// Each key must be above the one before it, byte by byte: that is both order and uniqueness.
    fn map(&mut self, entries: u64, depth: u8) -> Result<(), CodecError> {
        let mut last: Option<&[u8]> = None;
        for _ in 0..entries {
            let start = self.reader.position();
            self.item(depth)?;
            let key = self.input.get(start..self.reader.position()).unwrap_or_default();
            if let Some(last) = last {
                let kind = match last.cmp(key) {
                    core::cmp::Ordering::Less => None,
                    core::cmp::Ordering::Equal => Some(CodecErrorKind::Duplicate),
                    core::cmp::Ordering::Greater => Some(CodecErrorKind::NotSorted),
                };
                if let Some(kind) = kind {
                    return Err(CodecError::new(kind, start));
                }
            }
            last = Some(key);
            self.item(depth)?;
        }
        Ok(())
    }

    /// The content must be a string of more than 8 bytes, the first not zero. The reader stays before it.
    fn bignum(&self, start: &Reader<'_>) -> Result<(), CodecError> {
        let mut ahead = self.reader.clone();
        let head = Head::parse(&mut ahead)?;
        if head.major != Major::Bytes {
            return Err(self.reader.error(CodecErrorKind::Unexpected));
        }
        if head.argument <= 8 || ahead.peek() == Some(0) {
            return Err(start.error(CodecErrorKind::NotShortest));
        }
        Ok(())
    }
}

/// Simple values and floating-point numbers.
fn other(head: &Head, start: &Reader<'_>) -> Result<(), CodecError> {
    let shortest = match head.info {
        0..=IN_ONE => true,
        IN_TWO => float::is_shortest_half(head.argument as u16),
        IN_FOUR => float::is_shortest_single(head.argument as u32),
        _ => float::is_shortest_double(head.argument),
    };
    if shortest { Ok(()) } else { Err(start.error(CodecErrorKind::NotShortest)) }
}
