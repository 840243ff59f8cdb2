//! Maps of known fields, described by a constant table.

use super::item::{Entries, Item};
use super::{Budget, Document};
use crate::{CodecError, CodecErrorKind};

/// The key of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKey {
    /// A number.
    Number(i64),
    /// Text.
    Text(&'static str),
}

/// What the value of a field may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldType {
    /// A number from the first to the second, both included.
    Number(i64, i64),
    /// A number from 0 to 2^64 - 1.
    Unsigned,
    /// False or true.
    Bool,
    /// From so many to so many bytes, both included.
    Bytes(usize, usize),
    /// Text of from so many to so many bytes, both included.
    Text(usize, usize),
    /// An array of at most so many items, of any type: the caller walks it.
    Array(usize),
    /// A map of at most so many entries: the caller decodes it with a schema of its own.
    Map(usize),
    /// Anything: the caller looks.
    Any,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
}

/// What is done with fields that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownFields {
    /// The whole map is refused: for what both sides are updated together for, and for all that is signed.
    Refuse,
    /// They are passed over: for what an older device must still read.
    Ignore,
}

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its key.
    pub key: FieldKey,
    /// What it may be.
    pub kind: FieldType,
    /// Whether it must be there.
    pub presence: Presence,
}

impl Field {
    /// A field that must be there.
    #[must_use]
    pub const fn required(key: FieldKey, kind: FieldType) -> Self {
        Self { key, kind, presence: Presence::Required }
    }

    /// A field that may be there.
    #[must_use]
    pub const fn optional(key: FieldKey, kind: FieldType) -> Self {
        Self { key, kind, presence: Presence::Optional }
    }
}

/// A table of fields, in the order of their keys in deterministic encoding. Make it a `const`: then an order or a key that is
/// wrong does not compile.
///
/// ```
/// use gabion_codec::cbor::{Budget, Field, FieldKey, FieldType, Schema, UnknownFields};
///
/// const ID: usize = 0;
/// const NAME: usize = 1;
/// const ORDER: Schema<2> = Schema::new(UnknownFields::Refuse, [
///     Field::required(FieldKey::Number(1), FieldType::Number(1, 1000)),
///     Field::optional(FieldKey::Text("name"), FieldType::Text(0, 32)),
/// ]);
///
/// let record = ORDER.parse(b"\xa2\x01\x18\x2a\x64name\x64lamp", Budget::SMALL)?;
/// assert_eq!((record.number(ID), record.text(NAME)), (Some(42), Some("lamp")));
/// # Ok::<(), gabion_codec::CodecError>(())
/// ```
///
/// ```compile_fail,E0080
/// # use gabion_codec::cbor::{Field, FieldKey, FieldType, Schema, UnknownFields};
/// const TWICE: Schema<2> = Schema::new(UnknownFields::Refuse, [
///     Field::required(FieldKey::Number(1), FieldType::Any),
///     Field::required(FieldKey::Number(1), FieldType::Any),
/// ]);
/// # let _ = TWICE;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Schema<const N: usize> {
    fields: [Field; N],
    unknown: UnknownFields,
}

impl<const N: usize> Schema<N> {
    /// Makes a table.
    ///
    /// # Panics
    ///
    /// When the keys are not in order or one comes twice: at compile time, in a `const`.
    #[must_use]
    #[allow(
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "in a const, where a panic is a refusal to compile"
    )]
    pub const fn new(unknown: UnknownFields, fields: [Field; N]) -> Self {
        let mut index = 1;
        while index < N {
            assert!(
                precedes(fields[index - 1].key, fields[index].key),
                "keys of a schema: in the order of their encodings, none twice"
            );
            index += 1;
        }
        Self { fields, unknown }
    }

    /// Checks a whole document and decodes it.
    ///
    /// # Errors
    ///
    /// As [`Document::parse`] and [`decode`](Self::decode).
    pub fn parse<'a>(&self, input: &'a [u8], budget: Budget) -> Result<Record<'a, N>, CodecError> {
        match Document::parse(input, budget)?.root() {
            Item::Map(entries) => self.decode(entries),
            _ => Err(CodecError::new(CodecErrorKind::Unexpected, 0)),
        }
    }

    /// Decodes a map of a checked document. Both lists are sorted: one walk over them.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Missing`] and [`CodecErrorKind::Unknown`] at the entry where it is seen,
    /// [`CodecErrorKind::Unexpected`] for a value of another type, [`CodecErrorKind::OutOfRange`],
    /// [`CodecErrorKind::TooShort`] and [`CodecErrorKind::TooLong`] at the value.
    pub fn decode<'a>(&self, mut entries: Entries<'a>) -> Result<Record<'a, N>, CodecError> {
        let mut record = Record { values: [const { None }; N] };
        let mut lines = self.fields.iter().zip(record.values.iter_mut()).peekable();
        let error = |kind, at| Err(CodecError::new(kind, at));
        loop {
            let at = entries.position();
            let Some(key) = entries.next_item() else { break };
            let value_at = entries.position();
            let Some(value) = entries.next_item() else { break };
            // Lines before this key have no entry: they stand behind.
            while let Some((line, _)) = lines.next_if(|(line, _)| is_before(line.key, &key)) {
                if line.presence == Presence::Required {
                    return error(CodecErrorKind::Missing, at);
                }
            }
            match lines.next_if(|(line, _)| is_key(line.key, &key)) {
                Some((line, place)) => {
                    line.kind.check(&value).map_err(|kind| CodecError::new(kind, value_at))?;
                    *place = Some(value);
                }
                None if self.unknown == UnknownFields::Refuse => {
                    return error(CodecErrorKind::Unknown, at);
                }
                None => {}
            }
        }
        if lines.any(|(line, _)| line.presence == Presence::Required) {
            return error(CodecErrorKind::Missing, entries.position());
        }
        Ok(record)
    }
}

/// The values that a schema found, by the number of their line. Each has the type that its line demands.
#[derive(Debug, Clone)]
pub struct Record<'a, const N: usize> {
    values: [Option<Item<'a>>; N],
}

impl<'a, const N: usize> Record<'a, N> {
    /// Returns a value.
    #[must_use]
    pub fn get(&self, line: usize) -> Option<&Item<'a>> {
        self.values.get(line)?.as_ref()
    }

    /// Returns a number.
    #[must_use]
    pub fn number(&self, line: usize) -> Option<i64> {
        self.get(line)?.as_i64()
    }

    /// Returns a number from 0.
    #[must_use]
    pub fn unsigned(&self, line: usize) -> Option<u64> {
        self.get(line)?.as_u64()
    }

    /// Returns a boolean.
    #[must_use]
    pub fn bool(&self, line: usize) -> Option<bool> {
        match self.get(line)? {
            Item::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns bytes.
    #[must_use]
    pub fn bytes(&self, line: usize) -> Option<&'a [u8]> {
        self.get(line)?.as_bytes()
    }

    /// Returns text.
    #[must_use]
    pub fn text(&self, line: usize) -> Option<&'a str> {
        self.get(line)?.as_text()
    }
}

impl FieldType {
    fn check(&self, value: &Item<'_>) -> Result<(), CodecErrorKind> {
        let within = |length: usize, least: usize, most: usize| {
            if length < least {
                Err(CodecErrorKind::TooShort)
            } else if length > most {
                Err(CodecErrorKind::TooLong)
            } else {
                Ok(())
            }
        };
        match (self, value) {
            (Self::Any, _) | (Self::Unsigned, Item::Unsigned(_)) | (Self::Bool, Item::Bool(_)) => {
                Ok(())
            }
            (Self::Number(least, most), Item::Unsigned(_) | Item::Negative(_)) => {
                match value.as_i64() {
                    Some(number) if number >= *least && number <= *most => Ok(()),
                    _ => Err(CodecErrorKind::OutOfRange),
                }
            }
            (Self::Bytes(least, most), Item::Bytes(bytes)) => within(bytes.len(), *least, *most),
            (Self::Text(least, most), Item::Text(text)) => within(text.len(), *least, *most),
            (Self::Array(most), Item::Array(items)) => {
                within(usize::try_from(items.len()).unwrap_or(usize::MAX), 0, *most)
            }
            (Self::Map(most), Item::Map(entries)) => {
                within(usize::try_from(entries.len()).unwrap_or(usize::MAX), 0, *most)
            }
            _ => Err(CodecErrorKind::Unexpected),
        }
    }
}

/// The order of encodings: numbers from 0 up, numbers from -1 down, text by length and then by bytes.
const fn precedes(a: FieldKey, b: FieldKey) -> bool {
    match (a, b) {
        (FieldKey::Number(a), FieldKey::Number(b)) => {
            if (a < 0) != (b < 0) {
                a >= 0
            } else if a < 0 {
                a > b
            } else {
                a < b
            }
        }
        (FieldKey::Number(_), FieldKey::Text(_)) => true,
        (FieldKey::Text(_), FieldKey::Number(_)) => false,
        (FieldKey::Text(a), FieldKey::Text(b)) => text_precedes(a.as_bytes(), b.as_bytes()),
    }
}

const fn text_precedes(mut a: &[u8], mut b: &[u8]) -> bool {
    if a.len() != b.len() {
        return a.len() < b.len();
    }
    while let (Some((a0, a1)), Some((b0, b1))) = (a.split_first(), b.split_first()) {
        if *a0 != *b0 {
            return *a0 < *b0;
        }
        (a, b) = (a1, b1);
    }
    false
}

fn is_key(own: FieldKey, found: &Item<'_>) -> bool {
    match own {
        FieldKey::Number(number) => found.as_i64() == Some(number),
        FieldKey::Text(text) => found.as_text() == Some(text),
    }
}

/// Whether a line stands before a key in the order of encodings.
fn is_before(own: FieldKey, found: &Item<'_>) -> bool {
    match (own, found) {
        (FieldKey::Number(own), Item::Unsigned(found)) => {
            own >= 0 && u64::try_from(own).is_ok_and(|own| own < *found)
        }
        (FieldKey::Number(own), Item::Negative(found)) => {
            // -1 - n is !n: the line's own n, where it is below 0.
            own >= 0 || u64::try_from(!own).is_ok_and(|own| own < *found)
        }
        (FieldKey::Number(_), _) => true,
        // Bytes stand between numbers and text, all else after text.
        (FieldKey::Text(_), Item::Unsigned(_) | Item::Negative(_) | Item::Bytes(_)) => false,
        (FieldKey::Text(own), Item::Text(found)) => text_precedes(own.as_bytes(), found.as_bytes()),
        (FieldKey::Text(_), _) => true,
    }
}
