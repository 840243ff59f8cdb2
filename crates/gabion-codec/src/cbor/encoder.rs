use super::{
    Budget, Document,
    float::{self, Shortest},
    head::{Head, IN_EIGHT, IN_FOUR, IN_TWO, Major},
};
use crate::{CodecError, CodecErrorKind, Writer};

/// Writes items in deterministic encoding.
///
/// The caller gives the length of an array or map first and then its items; map keys in order. [`finish`](Self::finish)
/// checks that this was done: nothing comes out that [`Document::parse`] would refuse.
#[derive(Debug)]
pub struct Encoder<'a> {
    writer: Writer<'a>,
}

impl<'a> Encoder<'a> {
    /// Starts at the front of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { writer: Writer::new(buffer) }
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.writer.position()
    }

    /// Writes a number from 0.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn unsigned(&mut self, number: u64) -> Result<(), CodecError> {
        Head::emit(Major::Unsigned, number, &mut self.writer)
    }

    /// Writes -1 minus `number`.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn negative(&mut self, number: u64) -> Result<(), CodecError> {
        Head::emit(Major::Negative, number, &mut self.writer)
    }

    /// Writes a number.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn integer(&mut self, number: i64) -> Result<(), CodecError> {
        match u64::try_from(number) {
            Ok(number) => self.unsigned(number),
            Err(_) => self.negative(!number as u64),
        }
    }

    /// Writes bytes.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        Head::emit(Major::Bytes, bytes.len() as u64, &mut self.writer)?;
        self.writer.bytes(bytes)
    }

    /// Writes text.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn text(&mut self, text: &str) -> Result<(), CodecError> {
        Head::emit(Major::Text, text.len() as u64, &mut self.writer)?;
        self.writer.bytes(text.as_bytes())
    }

    /// Starts an array; `items` items follow.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn array(&mut self, items: u64) -> Result<(), CodecError> {
        Head::emit(Major::Array, items, &mut self.writer)
    }

    /// Starts a map; `entries` keys and values follow, by turns, the keys in bytewise order of their encodings.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn map(&mut self, entries: u64) -> Result<(), CodecError> {
        Head::emit(Major::Map, entries, &mut self.writer)
    }

    /// Starts a tagged item; one item follows.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn tag(&mut self, tag: u64) -> Result<(), CodecError> {
        Head::emit(Major::Tag, tag, &mut self.writer)
    }

    /// Writes false or true.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn bool(&mut self, value: bool) -> Result<(), CodecError> {
        Head::emit(Major::Other, if value { 21 } else { 20 }, &mut self.writer)
    }

    /// Writes null.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn null(&mut self) -> Result<(), CodecError> {
        Head::emit(Major::Other, 22, &mut self.writer)
    }

    /// Writes undefined.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn undefined(&mut self) -> Result<(), CodecError> {
        Head::emit(Major::Other, 23, &mut self.writer)
    }

    /// Writes a simple value without a meaning of its own.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::OutOfRange`] for 20 to 31, which have another meaning or none, [`CodecErrorKind::NoRoom`].
    pub fn simple(&mut self, value: u8) -> Result<(), CodecError> {
        match value {
            20..32 => Err(self.writer.error(CodecErrorKind::OutOfRange)),
            _ => Head::emit(Major::Other, value.into(), &mut self.writer),
        }
    }

    /// Writes a floating-point number in the shortest form that has its value. Every NaN is written as the one.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn float(&mut self, number: f64) -> Result<(), CodecError> {
        const OTHER: u8 = 0xe0;
        match float::shortest(number) {
            Shortest::Half(bits) => {
                let [a, b] = bits.to_be_bytes();
                self.writer.bytes(&[OTHER | IN_TWO, a, b])
            }
            Shortest::Single(bits) => {
                let [a, b, c, d] = bits.to_be_bytes();
                self.writer.bytes(&[OTHER | IN_FOUR, a, b, c, d])
            }
            Shortest::Double(bits) => {
                let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
                self.writer.bytes(&[OTHER | IN_EIGHT, a, b, c, d, e, f, g, h])
            }
        }
    }

    /// Ends, checks all of it, and returns what was written.
    ///
    /// # Errors
    ///
    /// As [`Document::parse`]: the caller gave keys out of order, another number of items than announced, a bignum that an
    /// integer could hold, or more than the budget.
    pub fn finish(self, budget: Budget) -> Result<&'a [u8], CodecError> {
        let written = self.writer.finish();
        Document::parse(written, budget)?;
        Ok(written)
    }
}
