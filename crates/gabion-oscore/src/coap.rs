//! CoAP messages (RFC 7252 §3), read strictly: what could be said in two ways is accepted in one.

use gabion_codec::{CodecError, CodecErrorKind, Reader};

/// Options after which a request is no longer what was meant; see [`crate::Session`].
pub mod number {
    /// `Uri-Host`.
    pub const URI_HOST: u16 = 3;
    /// `Observe`.
    pub const OBSERVE: u16 = 6;
    /// `Uri-Port`.
    pub const URI_PORT: u16 = 7;
    /// `OSCORE` (RFC 8613).
    pub const OSCORE: u16 = 9;
    /// `Uri-Path`.
    pub const URI_PATH: u16 = 11;
    /// `Hop-Limit` (RFC 8768).
    pub const HOP_LIMIT: u16 = 16;
    /// `Proxy-Uri`.
    pub const PROXY_URI: u16 = 35;
    /// `Proxy-Scheme`.
    pub const PROXY_SCHEME: u16 = 39;
}

/// The longest option that is read: `Proxy-Uri` (RFC 7252 §5.10).
const MAX_OPTION: usize = 1034;
const PAYLOAD_MARKER: u8 = 0xff;

/// A message whose every byte was read.
#[derive(Debug, Clone, Copy)]
pub struct MessageView<'a> {
    header: [u8; 4],
    token: &'a [u8],
    options: &'a [u8],
    payload: &'a [u8],
}

/// An option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionView<'a> {
    /// Its number.
    pub number: u16,
    /// Its value.
    pub value: &'a [u8],
}

/// Options in their order.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    rest: Reader<'a>,
    last: u16,
}

impl<'a> MessageView<'a> {
    /// Reads a message that fills `bytes`.
    ///
    /// # Errors
    ///
    /// [`CodecError`]: another version, a token of more than 8 bytes, a reserved class or length, an option number above
    /// 65,535, a payload marker without payload, or anything in an empty message.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let header: [u8; 4] = reader.array()?;
        let [first, code, ..] = header;
        let token_length = usize::from(first & 0x0f);
        // Classes 1, 6 and 7 are reserved (§5.2, §12.1): a message with one of them is a format error.
        if first >> 6 != 1 || token_length > 8 || matches!(code >> 5, 1 | 6 | 7) {
            return Err(reader.error(CodecErrorKind::Unexpected));
        }
        let token = reader.bytes(token_length)?;
        let (options, payload) = split(reader)?;
        if code == 0 && bytes.len() != 4 {
            return Err(Reader::new(bytes).error(CodecErrorKind::Unexpected));
        }
        Ok(Self { header, token, options, payload })
    }

    /// Returns the first four bytes: version, type, token length, code, id.
    #[must_use]
    pub const fn header(&self) -> [u8; 4] {
        self.header
    }

    /// Returns the code: class in the upper 3 bits, detail in the lower 5.
    #[must_use]
    pub const fn code(&self) -> u8 {
        let [_, code, ..] = self.header;
        code
    }

    /// Returns the token.
    #[must_use]
    pub const fn token(&self) -> &'a [u8] {
        self.token
    }

    /// Returns the options.
    #[must_use]
    pub const fn options(&self) -> Options<'a> {
        Options { rest: Reader::new(self.options), last: 0 }
    }

    /// Returns the payload; empty when there is none.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Finds an option that may occur once; `None` when it is missing or there twice.
    #[must_use]
    pub fn only(&self, number: u16) -> Option<&'a [u8]> {
        let mut found = self.options().filter(|option| option.number == number);
        let first = found.next()?;
        found.next().is_none().then_some(first.value)
    }
}

/// Splits options from payload, and reads every option.
pub(crate) fn split(mut reader: Reader<'_>) -> Result<(&[u8], &[u8]), CodecError> {
    let mut whole = reader.clone();
    let start = reader.remaining();
    let mut last = 0;
    while let Some(first) = reader.peek() {
        if first == PAYLOAD_MARKER {
            let options = whole.bytes(start.saturating_sub(reader.remaining()))?;
            reader.skip(1)?;
            if reader.is_empty() {
                return Err(reader.error(CodecErrorKind::Truncated));
            }
            return Ok((options, reader.rest()));
        }
        last = one(&mut reader, last)?.number;
    }
    Ok((whole.rest(), &[]))
}

pub(crate) const fn options_of(bytes: &[u8]) -> Options<'_> {
    Options { rest: Reader::new(bytes), last: 0 }
}

fn one<'a>(reader: &mut Reader<'a>, last: u16) -> Result<OptionView<'a>, CodecError> {
    let start = reader.clone();
    let first = reader.u8()?;
    let delta = extended(reader, first >> 4)?;
    let length = usize::from(extended(reader, first & 0x0f)?);
    let number = last.checked_add(delta).filter(|_| length <= MAX_OPTION);
    let number = number.ok_or_else(|| start.error(CodecErrorKind::OutOfRange))?;
    Ok(OptionView { number, value: reader.bytes(length)? })
}

/// A nibble and what it may announce (§3.1).
fn extended(reader: &mut Reader<'_>, nibble: u8) -> Result<u16, CodecError> {
    match nibble {
        0..=12 => Ok(u16::from(nibble)),
        13 => Ok(u16::from(reader.u8()?).saturating_add(13)),
        14 => {
            let more = reader.u16_be()?;
            more.checked_add(269).ok_or_else(|| reader.error(CodecErrorKind::OutOfRange))
        }
        _ => Err(reader.error(CodecErrorKind::Unexpected)),
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = OptionView<'a>;

    fn next(&mut self) -> Option<OptionView<'a>> {
        // All of them were read before.
        let option = one(&mut self.rest, self.last).ok()?;
        self.last = option.number;
        Some(option)
    }
}

/// Writes a message: header, token, options in ascending order, payload.
#[derive(Debug)]
pub struct MessageWriter<'a> {
    out: &'a mut [u8],
    at: usize,
    last: u16,
}

impl<'a> MessageWriter<'a> {
    /// Starts a message with these four bytes and a token of the length that they say.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when there is no room.
    pub fn new(out: &'a mut [u8], header: [u8; 4], token: &[u8]) -> Result<Self, CodecError> {
        let mut writer = Self::bare(out);
        writer.bytes(&header)?;
        writer.bytes(token)?;
        Ok(writer)
    }

    pub(crate) const fn bare(out: &'a mut [u8]) -> Self {
        Self { out, at: 0, last: 0 }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        let end = self.at.saturating_add(bytes.len());
        let place = self.out.get_mut(self.at..end).ok_or_else(no_room)?;
        for (to, from) in place.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.at = end;
        Ok(())
    }

    /// Adds an option.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when there is no room, the number is below the last one, or the value is too long.
    pub fn option(&mut self, number: u16, value: &[u8]) -> Result<(), CodecError> {
        let delta = number.checked_sub(self.last).ok_or_else(no_room)?;
        let length = u16::try_from(value.len()).ok().filter(|_| value.len() <= MAX_OPTION);
        let (delta, delta_more) = nibble(delta);
        let (length, length_more) = nibble(length.ok_or_else(no_room)?);
        self.bytes(&[(delta << 4) | length])?;
        for more in [delta_more, length_more] {
            match more {
                More::None => {}
                More::One(byte) => self.bytes(&[byte])?,
                More::Two(bytes) => self.bytes(&bytes)?,
            }
        }
        self.bytes(value)?;
        self.last = number;
        Ok(())
    }

    /// Adds the payload, if it is not empty, and returns the length of the message.
    ///
    /// # Errors
    ///
    /// [`CodecError`] when there is no room.
    pub fn payload(mut self, payload: &[u8]) -> Result<usize, CodecError> {
        if !payload.is_empty() {
            self.bytes(&[PAYLOAD_MARKER])?;
            self.bytes(payload)?;
        }
        Ok(self.at)
    }

    pub(crate) const fn position(&self) -> usize {
        self.at
    }
}

fn no_room() -> CodecError {
    Reader::new(&[]).error(CodecErrorKind::NoRoom)
}

enum More {
    None,
    One(u8),
    Two([u8; 2]),
}

fn nibble(value: u16) -> (u8, More) {
    match u8::try_from(value) {
        Ok(small @ 0..=12) => (small, More::None),
        Ok(byte) => (13, More::One(byte.saturating_sub(13))),
        Err(_) => match u8::try_from(value.saturating_sub(13)) {
            Ok(byte) => (13, More::One(byte)),
            Err(_) => (14, More::Two(value.saturating_sub(269).to_be_bytes())),
        },
    }
}
