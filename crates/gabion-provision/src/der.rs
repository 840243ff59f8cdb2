//! DER (X.690), written from the end to the front, so that lengths are known when they are needed.

/// Writes DER into a buffer from its end. Once something did not fit, the whole is [`None`].
pub(crate) struct Der<'a> {
    buffer: &'a mut [u8],
    start: usize,
    full: bool,
}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

impl<'a> Der<'a> {
    pub(crate) const fn new(buffer: &'a mut [u8]) -> Self {
        let start = buffer.len();
        Self { buffer, start, full: false }
    }

    /// Writes bytes in front of what is there.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let place = self
            .start
            .checked_sub(bytes.len())
            .and_then(|to| self.buffer.get_mut(to..self.start).map(|place| (to, place)));
        match place {
            Some((to, place)) => {
                place.copy_from_slice(bytes);
                self.start = to;
            }
            None => self.full = true,
        }
    }

    /// Writes a tag and a length in front of what `content` writes.
    pub(crate) fn element(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        let end = self.start;
        content(self);
        let length = end.saturating_sub(self.start);
        match u16::try_from(length).map(u16::to_be_bytes) {
            Ok([0, short @ 0..=0x7f]) => self.raw(&[short]),
            Ok([0, long]) => self.raw(&[0x81, long]),
            Ok([high, low]) => self.raw(&[0x82, high, low]),
            Err(_) => self.full = true,
        }
        self.raw(&[tag]);
    }

    /// Writes one element with the given content.
    pub(crate) fn primitive(&mut self, tag: u8, content: &[u8]) {
        self.element(tag, |der| der.raw(content));
    }

    /// Writes a non-negative integer: shortest form, with a zero in front if its top bit is set.
    pub(crate) fn unsigned(&mut self, big_endian: &[u8]) {
        let zeros = big_endian.iter().take_while(|b| **b == 0).count();
        let short = big_endian.get(zeros..).unwrap_or_default();
        self.element(INTEGER, |der| {
            der.raw(short);
            if short.first().is_none_or(|b| *b >= 0x80) {
                der.raw(&[0]);
            }
        });
    }

    /// Returns what was written, or `None` when the buffer was too small.
    pub(crate) fn finish(self) -> Option<&'a [u8]> {
        if self.full { None } else { self.buffer.get(self.start..) }
    }
}
