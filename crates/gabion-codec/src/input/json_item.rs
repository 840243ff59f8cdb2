//! What a checked JSON document means.

use super::json::{number, space};
use super::scan;
use crate::Reader;

/// One value of a checked document.
#[derive(Debug, Clone)]
pub enum JsonItem<'a> {
    /// Nothing, on purpose.
    Null,
    /// False or true.
    Bool(bool),
    /// A number.
    Number(JsonNumber<'a>),
    /// Text.
    Text(JsonText<'a>),
    /// Values in a row.
    Array(JsonArray<'a>),
    /// Names and values.
    Object(JsonObject<'a>),
}

impl<'a> JsonItem<'a> {
    /// Returns the whole number if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// Returns the boolean if it is one.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the text if it is one that was written without escapes.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => text.as_str(),
            _ => None,
        }
    }

    /// Tells whether it is this text, with or without escapes.
    #[must_use]
    pub fn is_text(&self, text: &str) -> bool {
        matches!(self, Self::Text(own) if own.chars().eq(text.chars()))
    }
}

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonNumber<'a>(&'a str);

impl<'a> JsonNumber<'a> {
    /// Returns the digits, for whoever wants more than whole numbers.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Returns the number if it is written as a whole one (`10`, not `1e1` or `10.0`) and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        let (negative, digits) = match self.0.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let mut number = 0_i64;
        for digit in digits {
            let value = i64::from(digit.is_ascii_digit().then_some(digit & 0x0f)?);
            number = number.checked_mul(10)?;
            number =
                if negative { number.checked_sub(value)? } else { number.checked_add(value)? };
        }
        Some(number)
    }
}

/// A text as it was written between its quotes.
#[derive(Debug, Clone, Copy)]
pub struct JsonText<'a>(&'a [u8]);

impl<'a> JsonText<'a> {
    /// Returns the text if it holds no escapes.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        if self.0.contains(&b'\\') { None } else { Some(scan::ascii(self.0)) }
    }

    /// Returns the characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        Chars(Reader::new(self.0))
    }
}

impl PartialEq for JsonText<'_> {
    fn eq(&self, other: &Self) -> bool {
        same_text(self.0, other.0)
    }
}

/// Whether two texts mean the same, however they are escaped.
pub(super) fn same_text(a: &[u8], b: &[u8]) -> bool {
    if !a.contains(&b'\\') && !b.contains(&b'\\') {
        return a == b;
    }
    Chars(Reader::new(a)).eq(Chars(Reader::new(b)))
}

struct Chars<'a>(Reader<'a>);

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.0.u8().ok()? {
            b'\\' => unescaped(&mut self.0),
            ascii @ 0..=0x7f => Some(ascii.into()),
            // The document was checked to be UTF-8: the lead says how many bytes follow and how many bits it gives itself.
            lead => {
                let (more, bits) = match lead {
                    0xf0.. => (3, lead & 0x07),
                    0xe0.. => (2, lead & 0x0f),
                    _ => (1, lead & 0x1f),
                };
                let follow = self.0.bytes(more).ok()?;
                char::from_u32(
                    follow
                        .iter()
                        .fold(bits.into(), |code: u32, byte| (code << 6) | u32::from(byte & 0x3f)),
                )
            }
        }
    }
}

fn unescaped(reader: &mut Reader<'_>) -> Option<char> {
    Some(match reader.u8().ok()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => match four_hex(reader)? {
            high @ 0xd800..=0xdbff => {
                reader.skip(2).ok()?;
                let low = four_hex(reader)?;
                let above = ((high & 0x3ff) << 10) | (low & 0x3ff);
                char::from_u32(above.wrapping_add(0x1_0000))?
            }
            code => char::from_u32(code)?,
        },
        other => other.into(),
    })
}

pub(super) fn four_hex(reader: &mut Reader<'_>) -> Option<u32> {
    let digits: [u8; 4] = reader.array().ok()?;
    digits.iter().try_fold(0, |code, digit| Some((code << 4) | char::from(*digit).to_digit(16)?))
}

/// Values in a row.
#[derive(Debug, Clone)]
pub struct JsonArray<'a>(Reader<'a>);

impl<'a> Iterator for JsonArray<'a> {
    type Item = JsonItem<'a>;

    fn next(&mut self) -> Option<JsonItem<'a>> {
        start_of_next(&mut self.0, b']')?;
        Some(take(&mut self.0))
    }
}

/// Names and values.
#[derive(Debug, Clone)]
pub struct JsonObject<'a>(Reader<'a>);

impl<'a> JsonObject<'a> {
    /// Finds the value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<JsonItem<'a>> {
        let is_it = |own: &JsonText<'_>| own.chars().eq(name.chars());
        self.clone().find(|(own, _)| is_it(own)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for JsonObject<'a> {
    type Item = (JsonText<'a>, JsonItem<'a>);

    fn next(&mut self) -> Option<(JsonText<'a>, JsonItem<'a>)> {
        start_of_next(&mut self.0, b'}')?;
        let name = text(&mut self.0)?;
        space(&mut self.0);
        self.0.skip(1).ok()?;
        Some((JsonText(name), take(&mut self.0)))
    }
}

/// Passes over space and a comma; `None` at the end.
fn start_of_next(reader: &mut Reader<'_>, close: u8) -> Option<()> {
    space(reader);
    if reader.peek()? == b',' {
        reader.skip(1).ok()?;
        space(reader);
    }
    if reader.peek()? == close { None } else { Some(()) }
}

/// Reads a value and passes over all of it.
fn take<'a>(reader: &mut Reader<'a>) -> JsonItem<'a> {
    space(reader);
    let item = view(&mut reader.clone());
    skip(reader);
    item
}

/// Reads a value. The document was checked: where this disagrees with the check, which would be a mistake in one of them, the
/// value is null.
pub(super) fn view<'a>(reader: &mut Reader<'a>) -> JsonItem<'a> {
    try_view(reader).unwrap_or(JsonItem::Null)
}

fn try_view<'a>(reader: &mut Reader<'a>) -> Option<JsonItem<'a>> {
    space(reader);
    Some(match reader.peek()? {
        b'{' => {
            reader.skip(1).ok()?;
            JsonItem::Object(JsonObject(reader.clone()))
        }
        b'[' => {
            reader.skip(1).ok()?;
            JsonItem::Array(JsonArray(reader.clone()))
        }
        b'"' => JsonItem::Text(JsonText(text(reader)?)),
        b't' => JsonItem::Bool(true),
        b'f' => JsonItem::Bool(false),
        b'-' | b'0'..=b'9' => JsonItem::Number(JsonNumber(scan::ascii(number(reader).ok()?))),
        _ => JsonItem::Null,
    })
}

/// Passes over a text; returns what stands between its quotes.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.skip(1).ok()?;
    let content = reader.clone();
    loop {
        let length = reader.position().saturating_sub(content.position());
        match reader.u8().ok()? {
            b'"' => return content.clone().bytes(length).ok(),
            b'\\' => reader.skip(1).ok()?,
            _ => {}
        }
    }
}

/// Passes over a value: brackets are counted, texts are no brackets.
fn skip(reader: &mut Reader<'_>) {
    let mut depth = 0_usize;
    loop {
        match reader.peek() {
            Some(b'"') => {
                if text(reader).is_none() {
                    return;
                }
            }
            Some(b'{' | b'[') => {
                depth = depth.saturating_add(1);
                let _open = reader.u8();
            }
            Some(b'}' | b']') => {
                let Some(outer) = depth.checked_sub(1) else { return };
                depth = outer;
                let _close = reader.u8();
            }
            Some(b',') if depth == 0 => return,
            Some(_) => {
                let _any = reader.u8();
            }
            None => return,
        }
        if depth == 0 && matches!(reader.peek(), None | Some(b',' | b'}' | b']')) {
            return;
        }
    }
}
