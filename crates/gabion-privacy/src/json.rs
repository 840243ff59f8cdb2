//! JSON (RFC 8259) into a borrowed buffer.

use gabion_codec::{CodecError, Writer};

/// Writes JSON; the caller keeps the order of things.
pub(crate) struct Json<'o> {
    writer: Writer<'o>,
    /// Whether the next value of this level needs a comma before it.
    comma: bool,
}

type Done = Result<(), CodecError>;

impl<'o> Json<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { writer: Writer::new(out), comma: false }
    }

    pub(crate) fn finish(self) -> &'o mut [u8] {
        self.writer.finish()
    }

    fn next(&mut self) -> Done {
        if core::mem::replace(&mut self.comma, true) { self.writer.u8(b',') } else { Ok(()) }
    }

    /// Writes the name of a member; its value follows.
    pub(crate) fn name(&mut self, name: &str) -> Done {
        self.text(name)?;
        self.comma = false;
        self.writer.u8(b':')
    }

    pub(crate) fn open(&mut self, bracket: u8) -> Done {
        self.next()?;
        self.comma = false;
        self.writer.u8(bracket)
    }

    pub(crate) fn close(&mut self, bracket: u8) -> Done {
        self.comma = true;
        self.writer.u8(bracket)
    }

    pub(crate) fn null(&mut self) -> Done {
        self.next()?;
        self.writer.bytes(b"null")
    }

    pub(crate) fn boolean(&mut self, value: bool) -> Done {
        self.next()?;
        self.writer.bytes(if value { b"true" } else { b"false" })
    }

    pub(crate) fn integer(&mut self, value: i128) -> Done {
        self.next()?;
        let mut digits = [0_u8; 40];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at = at.saturating_sub(1);
            let digit = u8::try_from(rest.checked_rem(10).unwrap_or_default()).unwrap_or_default();
            if let Some(place) = digits.get_mut(at) {
                *place = b'0'.saturating_add(digit);
            }
            rest = rest.checked_div(10).unwrap_or_default();
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.writer.u8(b'-')?;
        }
        self.writer.bytes(digits.get(at..).unwrap_or_default())
    }

    /// Bytes as hexadecimal digits.
    pub(crate) fn hex(&mut self, bytes: &[u8]) -> Done {
        self.next()?;
        self.writer.u8(b'"')?;
        bytes.iter().try_for_each(|byte| self.writer.bytes(&[hex(byte >> 4), hex(byte & 0xf)]))?;
        self.writer.u8(b'"')
    }

    pub(crate) fn text(&mut self, text: &str) -> Done {
        self.next()?;
        self.writer.u8(b'"')?;
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.writer.bytes(&[b'\\', byte])?,
                // Line ends and other control characters, and what could end a script in a page.
                0..=0x1f | 0x7f | b'<' | b'>' | b'&' => {
                    self.writer.bytes(b"\\u00")?;
                    self.writer.bytes(&[hex(byte >> 4), hex(byte & 0xf)])?;
                }
                _ => self.writer.u8(byte)?,
            }
        }
        self.writer.u8(b'"')
    }
}

const fn hex(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0'.saturating_add(nibble),
        _ => b'a'.saturating_sub(10).saturating_add(nibble),
    }
}
