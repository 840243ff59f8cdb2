use super::{Input, scan, unicode};
use crate::{CodecError, CodecErrorKind, Writer};

/// The name that an owner gives a device: 1 to 64 bytes, at most 32 characters, of any script, safe to show.
///
/// What a reader of a list could not see or tell apart is refused: controls, changes of the writing direction, characters
/// without width, odd spaces, private characters, and spellings that Unicode's composed form (NFC) would change, as far as a
/// table of single characters can tell (`docs/spec/codec.md` §5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceName<'a>(&'a str);

impl<'a> DeviceName<'a> {
    /// Most characters.
    pub const MAX_CHARS: usize = 32;

    /// Returns the text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl<'a> Input<'a> for DeviceName<'a> {
    const MAX_LEN: usize = 64;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let text = scan::text(input)?;
        match input {
            [] => return scan::at(CodecErrorKind::TooShort, 0),
            [b' ', ..] => return scan::at(CodecErrorKind::Forbidden, 0),
            [.., b' '] => {
                return scan::at(CodecErrorKind::Forbidden, input.len().saturating_sub(1));
            }
            _ => {}
        }
        // Marks need something to stand on, and stacks of them climb over the lines above.
        let mut marks_left = 0_u8;
        for ((place, c), count) in text.char_indices().zip(0_usize..) {
            if count >= Self::MAX_CHARS {
                return scan::at(CodecErrorKind::TooLong, place);
            }
            if let Some(kind) = unicode::refused_in_names(c) {
                return scan::at(kind, place);
            }
            if !unicode::is_mark(c) {
                marks_left = if c == ' ' { 0 } else { 2 };
            } else if let Some(left) = marks_left.checked_sub(1) {
                marks_left = left;
            } else {
                return scan::at(CodecErrorKind::Forbidden, place);
            }
        }
        Ok(Self(text))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0.as_bytes())
    }
}
