use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// A line typed at a console: a command and its arguments, of printable ASCII, without the line's end.
///
/// Words stand between spaces; a word in double quotes may hold spaces. There are no escapes: a quote cannot be in a word.
#[derive(Debug, Clone, Copy)]
pub struct CommandLine<'a>(&'a [u8]);

impl<'a> CommandLine<'a> {
    /// Most words, the command included.
    pub const MAX_WORDS: usize = 16;

    /// Returns the command: lower-case letters, digits and dashes, a letter first.
    #[must_use]
    pub fn command(&self) -> &'a str {
        self.words().next().unwrap_or_default()
    }

    /// Returns the arguments.
    #[must_use]
    pub fn arguments(&self) -> Words<'a> {
        let mut words = self.words();
        let _command = words.next();
        words
    }

    const fn words(&self) -> Words<'a> {
        Words { rest: self.0, offset: 0 }
    }
}

/// Equal when the words are.
impl PartialEq for CommandLine<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.words().eq(other.words())
    }
}

impl Eq for CommandLine<'_> {}

/// Words of a line.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Words<'a> {
    /// The next word and where it starts; `None` at the end.
    fn try_next(&mut self) -> Result<Option<(&'a [u8], usize)>, CodecError> {
        while let [b' ', rest @ ..] = self.rest {
            (self.rest, self.offset) = (rest, self.offset.saturating_add(1));
        }
        let start = self.offset;
        let (word, rest, used) = match self.rest {
            [] => return Ok(None),
            [b'"', inside @ ..] => {
                let end = start.saturating_add(self.rest.len());
                let Some((word, rest, after)) = scan::split_once(inside, b'"') else {
                    return scan::at(CodecErrorKind::Truncated, end);
                };
                (word, rest, after.saturating_add(1))
            }
            bare => {
                let end = bare.iter().position(|byte| *byte == b' ').unwrap_or(bare.len());
                let (word, rest) = bare.split_at_checked(end).unwrap_or((bare, &[]));
                (word, rest, end)
            }
        };
        self.offset = start.saturating_add(used);
        self.rest = rest;
        match rest {
            // "a"b: one word or two?
            [next, ..] if *next != b' ' => scan::at(CodecErrorKind::Ambiguous, self.offset),
            _ => Ok(Some((word, start))),
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (word, _) = self.try_next().ok()??;
        Some(scan::ascii(word))
    }
}

impl<'a> Input<'a> for CommandLine<'a> {
    const MAX_LEN: usize = 128;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        scan::only(input, 0, |byte| matches!(byte, 0x20..=0x7e))?;
        let mut words = Self(input).words();
        let Some((command, start)) = words.try_next()? else {
            return scan::at(CodecErrorKind::TooShort, input.len());
        };
        let inside = if input.get(start) == Some(&b'"') { start.saturating_add(1) } else { start };
        match command {
            [] => return scan::at(CodecErrorKind::TooShort, inside),
            [b'a'..=b'z', rest @ ..] => {
                let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
                scan::only(rest, inside.saturating_add(1), allowed)?;
            }
            _ => return scan::at(CodecErrorKind::Forbidden, inside),
        }
        let mut count = 1_usize;
        while let Some((word, start)) = words.try_next()? {
            if count >= Self::MAX_WORDS {
                return scan::at(CodecErrorKind::OverBudget, start);
            }
            count = count.saturating_add(1);
            // Inside a bare word a quote would be a quote to some shells and a character to others.
            if input.get(start) != Some(&b'"') {
                scan::only(word, start, |byte| byte != b'"')?;
            }
        }
        Ok(Self(input))
    }

    /// Writes one space between words, and quotes only where they are needed.
    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let mut first = true;
        for word in self.words() {
            if !first {
                writer.u8(b' ')?;
            }
            first = false;
            let word = word.as_bytes();
            let quote: &[u8] = if word.is_empty() || word.contains(&b' ') { b"\"" } else { b"" };
            writer.bytes(quote)?;
            writer.bytes(word)?;
            writer.bytes(quote)?;
        }
        Ok(())
    }
}
