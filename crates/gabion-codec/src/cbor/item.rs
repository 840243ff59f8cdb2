//! What a checked document means.

use super::{
    float,
    head::{Head, IN_EIGHT, IN_FOUR, IN_TWO, Major},
};
use crate::Reader;

/// One item of a checked document.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<'a> {
    /// A number from 0.
    Unsigned(u64),
    /// A number below 0: -1 minus this.
    Negative(u64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// Items in a row.
    Array(Items<'a>),
    /// Keys and values, in the order of the keys' encodings.
    Map(Entries<'a>),
    /// A tag, and the one item that it is about.
    Tag(u64, Items<'a>),
    /// False or true.
    Bool(bool),
    /// Nothing, on purpose.
    Null,
    /// No value.
    Undefined,
    /// A simple value without a meaning of its own.
    Simple(u8),
    /// A floating-point number.
    Float(f64),
}

impl<'a> Item<'a> {
    /// Returns the number if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Unsigned(number) => i64::try_from(*number).ok(),
            // -1 - n is !n in two's complement.
            Self::Negative(number) => i64::try_from(*number).ok().map(|number| !number),
            _ => None,
        }
    }

    /// Returns the number if it is one from 0.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the bytes if it is bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the text if it is text.
    #[must_use]
    pub const fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Items in a row.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    reader: Reader<'a>,
    left: u64,
}

impl Items<'_> {
    /// Returns how many items are left.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.left
    }

    /// Tells whether no item is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        let mut start = self.reader.clone();
        skip(&mut self.reader);
        Some(view(&mut start))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        usize::try_from(self.left).map_or((usize::MAX, None), |left| (left, Some(left)))
    }
}

/// Equal when they mean the same: as deep as the document is.
impl PartialEq for Items<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.clone().eq(other.clone())
    }
}

/// The entries of a map: keys and values.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries<'a>(Items<'a>);

impl<'a> Entries<'a> {
    /// Returns how many entries are left.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.0.left / 2
    }

    /// Tells whether no entry is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the next key or value starts.
    pub(super) const fn position(&self) -> usize {
        self.0.reader.position()
    }

    /// The next key or value.
    pub(super) fn next_item(&mut self) -> Option<Item<'a>> {
        self.0.next()
    }

    /// Finds the value of a key that is a number from 0.
    #[must_use]
    pub fn get_unsigned(&self, key: u64) -> Option<Item<'a>> {
        self.value_where(|found| found.as_u64() == Some(key))
    }

    /// Finds the value of a key that is a number.
    #[must_use]
    pub fn get_integer(&self, key: i64) -> Option<Item<'a>> {
        self.value_where(|found| found.as_i64() == Some(key))
    }

    /// Finds the value of a key that is text.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<Item<'a>> {
        self.value_where(|found| found.as_text() == Some(key))
    }

    fn value_where(&self, is_key: impl Fn(&Item<'a>) -> bool) -> Option<Item<'a>> {
        self.clone().find(|(key, _)| is_key(key)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Item<'a>, Item<'a>);

    fn next(&mut self) -> Option<(Item<'a>, Item<'a>)> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// Reads one item. The document was checked: where this disagrees with the check, which would be a mistake in one of them,
/// the item is undefined.
pub(super) fn view<'a>(reader: &mut Reader<'a>) -> Item<'a> {
    try_view(reader).unwrap_or(Item::Undefined)
}

fn try_view<'a>(reader: &mut Reader<'a>) -> Option<Item<'a>> {
    let head = Head::parse(reader).ok()?;
    let items = |left| Items { reader: reader.clone(), left };
    Some(match head.major {
        Major::Unsigned => Item::Unsigned(head.argument),
        Major::Negative => Item::Negative(head.argument),
        Major::Bytes => Item::Bytes(content(reader, &head)?),
        Major::Text => Item::Text(core::str::from_utf8(content(reader, &head)?).ok()?),
        Major::Array => Item::Array(items(head.argument)),
        Major::Map => Item::Map(Entries(items(head.argument.checked_mul(2)?))),
        Major::Tag => Item::Tag(head.argument, items(1)),
        Major::Other => match (head.info, head.argument) {
            (IN_TWO, half) => Item::Float(float::from_half(half as u16)),
            (IN_FOUR, single) => Item::Float(float::from_single(single as u32)),
            (IN_EIGHT, double) => Item::Float(f64::from_bits(double)),
            (_, 20) => Item::Bool(false),
            (_, 21) => Item::Bool(true),
            (_, 22) => Item::Null,
            (_, 23) => Item::Undefined,
            (_, simple) => Item::Simple(simple as u8),
        },
    })
}

fn content<'a>(reader: &mut Reader<'a>, head: &Head) -> Option<&'a [u8]> {
    reader.bytes(usize::try_from(head.argument).ok()?).ok()
}

/// Passes over one item and all that is in it.
fn skip(reader: &mut Reader<'_>) {
    let mut left = 1_u64;
    while left > 0 {
        let Ok(head) = Head::parse(reader) else { return };
        let inside = match head.major {
            Major::Bytes | Major::Text => {
                if content(reader, &head).is_none() {
                    return;
                }
                0
            }
            Major::Array => head.argument,
            Major::Map => head.argument.saturating_mul(2),
            Major::Tag => 1,
            _ => 0,
        };
        left = left.saturating_sub(1).saturating_add(inside);
    }
}
