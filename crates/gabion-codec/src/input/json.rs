use super::{Input, JsonItem, json_item, scan};
use crate::{CodecError, CodecErrorKind, Reader, Writer};

/// How much work a document may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonBudget {
    /// Longest document in bytes.
    pub bytes: usize,
    /// Most arrays and objects inside each other, at most 16.
    pub depth: u8,
    /// Most values, each counted where it stands.
    pub items: usize,
    /// Longest text between its quotes, in bytes as it is written; names too.
    pub text: usize,
}

impl JsonBudget {
    /// For the configuration of a small device: 4 KiB, 8 deep, 256 values, texts of 256 bytes.
    pub const SMALL: Self = Self { bytes: 4096, depth: 8, items: 256, text: 256 };
}

/// Most names of objects that are open at one time: that many are kept to find one that comes again.
const OPEN_NAMES: usize = 64;
const DEEPEST: u8 = 16;

/// A configuration in JSON (RFC 8259), strictly, that was checked as a whole: no name twice in an object, no text that is not
/// Unicode, numbers and texts as the RFC writes them and nothing else. White space is as free as it is there.
///
/// What was checked can be walked without errors from [`root`](Self::root), or given to a library that fills structures.
///
/// ```
/// use gabion_codec::input::{Json, JsonItem, Validated};
///
/// let json = Validated::<Json<'_>>::parse(br#"{"interval": 30, "name": "hall"}"#)?;
/// let JsonItem::Object(settings) = json.root() else { panic!() };
/// assert_eq!(settings.get("interval").and_then(|item| item.as_i64()), Some(30));
/// assert!(settings.get("name").is_some_and(|item| item.is_text("hall")));
/// assert!(Validated::<Json<'_>>::parse(br#"{"admin": false, "admin": true}"#).is_err());
/// # Ok::<(), gabion_codec::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// Checks a document within the caller's budget.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and where.
    pub fn parse_within(
        input: &'a [u8],
        budget: JsonBudget,
    ) -> Result<super::Validated<Self>, CodecError> {
        Self::check_within(input, budget).map(super::Validated::checked)
    }

    fn check_within(input: &'a [u8], budget: JsonBudget) -> Result<Self, CodecError> {
        if input.len() > budget.bytes {
            return scan::at(CodecErrorKind::TooLong, budget.bytes);
        }
        scan::text(input)?;
        let names = [&[][..]; OPEN_NAMES];
        let mut check = Check { reader: Reader::new(input), budget, names, open: 0 };
        check.value(budget.depth.min(DEEPEST))?;
        space(&mut check.reader);
        check.reader.finish()?;
        Ok(Self(input))
    }

    /// Returns the one value that the document is.
    #[must_use]
    pub fn root(&self) -> JsonItem<'a> {
        json_item::view(&mut Reader::new(self.0))
    }

    /// Returns the text.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Input<'a> for Json<'a> {
    const MAX_LEN: usize = JsonBudget::SMALL.bytes;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        Self::check_within(input, JsonBudget::SMALL)
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0)
    }
}

pub(super) fn space(reader: &mut Reader<'_>) {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = reader.peek() {
        let _one = reader.u8();
    }
}

struct Check<'a> {
    reader: Reader<'a>,
    budget: JsonBudget,
    /// Names of the objects that are open, the innermost last.
    names: [&'a [u8]; OPEN_NAMES],
    open: usize,
}

impl<'a> Check<'a> {
    fn value(&mut self, depth: u8) -> Result<(), CodecError> {
        space(&mut self.reader);
        let over_budget = self.reader.error(CodecErrorKind::OverBudget);
        self.budget.items = self.budget.items.checked_sub(1).ok_or(over_budget)?;
        match self.reader.peek() {
            Some(b'{') => self.object(depth.checked_sub(1).ok_or(over_budget)?),
            Some(b'[') => self.array(depth.checked_sub(1).ok_or(over_budget)?),
            Some(b'"') => self.text().map(drop),
            Some(b't') => self.reader.expect(b"true"),
            Some(b'f') => self.reader.expect(b"false"),
            Some(b'n') => self.reader.expect(b"null"),
            Some(b'-' | b'0'..=b'9') => number(&mut self.reader).map(drop),
            Some(_) => Err(self.reader.error(CodecErrorKind::Unexpected)),
            None => Err(self.reader.error(CodecErrorKind::Truncated)),
        }
    }

    /// After an item: whether another must follow. Before the first: whether there is one.
    fn goes_on(&mut self, first: bool, close: u8) -> Result<bool, CodecError> {
        space(&mut self.reader);
        match self.reader.peek() {
            Some(byte) if byte == close => self.reader.skip(1).map(|()| false),
            Some(b',') if !first => self.reader.skip(1).map(|()| true),
            Some(_) if first => Ok(true),
            Some(_) => Err(self.reader.error(CodecErrorKind::Unexpected)),
            None => Err(self.reader.error(CodecErrorKind::Truncated)),
        }
    }

    fn array(&mut self, depth: u8) -> Result<(), CodecError> {
        self.reader.skip(1)?;
        let mut first = true;
        while self.goes_on(first, b']')? {
            first = false;
            self.value(depth)?;
        }
        Ok(())
    }

    fn object(&mut self, depth: u8) -> Result<(), CodecError> {
        self.reader.skip(1)?;
        let outer = self.open;
        let mut first = true;
        while self.goes_on(first, b'}')? {
            first = false;
            space(&mut self.reader);
            let start = self.reader.position();
            let name = self.text()?;
            let siblings = self.names.get(outer..self.open).unwrap_or_default();
            if siblings.iter().any(|other| json_item::same_text(other, name)) {
                return scan::at(CodecErrorKind::Duplicate, start);
            }
            let Some(place) = self.names.get_mut(self.open) else {
                return scan::at(CodecErrorKind::OverBudget, start);
            };
            *place = name;
            self.open = self.open.saturating_add(1);
            space(&mut self.reader);
            self.reader.expect(b":")?;
            self.value(depth)?;
        }
        self.open = outer;
        Ok(())
    }

    /// Returns what stands between the quotes.
    fn text(&mut self) -> Result<&'a [u8], CodecError> {
        let start = self.reader.clone();
        let mut reader = start.clone();
        reader.expect(b"\"")?;
        let content = reader.clone();
        loop {
            let at = reader.clone();
            if at.position().saturating_sub(content.position()) > self.budget.text {
                return Err(at.error(CodecErrorKind::TooLong));
            }
            match reader.u8()? {
                b'"' => {
                    let length = at.position().saturating_sub(content.position());
                    self.reader = reader;
                    return content.clone().bytes(length);
                }
                b'\\' => escape(&mut reader).map_err(|kind| at.error(kind))?,
                0..=0x1f => return Err(at.error(CodecErrorKind::Forbidden)),
                _ => {}
            }
        }
    }
}

/// What follows a backslash. Halves of surrogate pairs are no characters.
fn escape(reader: &mut Reader<'_>) -> Result<(), CodecErrorKind> {
    match reader.u8().map_err(|error| error.kind)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
        b'u' => match json_item::four_hex(reader).ok_or(CodecErrorKind::Unexpected)? {
            0xd800..=0xdbff => {
                let paired = reader.expect(b"\\u").is_ok()
                    && matches!(json_item::four_hex(reader), Some(0xdc00..=0xdfff));
                if paired { Ok(()) } else { Err(CodecErrorKind::NotUtf8) }
            }
            0xdc00..=0xdfff => Err(CodecErrorKind::NotUtf8),
            _ => Ok(()),
        },
        _ => Err(CodecErrorKind::Unexpected),
    }
}

/// Passes over a number and returns it.
pub(super) fn number<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], CodecError> {
    let start = reader.clone();
    if reader.peek() == Some(b'-') {
        reader.skip(1)?;
    }
    let leading_zero = reader.peek() == Some(b'0');
    if digits(reader)? > 1 && leading_zero {
        return Err(start.error(CodecErrorKind::NotCanonical));
    }
    if reader.peek() == Some(b'.') {
        reader.skip(1)?;
        digits(reader)?;
    }
    if let Some(b'e' | b'E') = reader.peek() {
        reader.skip(1)?;
        if let Some(b'+' | b'-') = reader.peek() {
            reader.skip(1)?;
        }
        digits(reader)?;
    }
    start.clone().bytes(reader.position().saturating_sub(start.position()))
}

/// Passes over digits and returns how many: at least one.
fn digits(reader: &mut Reader<'_>) -> Result<usize, CodecError> {
    let mut count = 0_usize;
    while let Some(b'0'..=b'9') = reader.peek() {
        reader.skip(1)?;
        count = count.saturating_add(1);
    }
    match (count, reader.is_empty()) {
        (0, true) => Err(reader.error(CodecErrorKind::Truncated)),
        (0, false) => Err(reader.error(CodecErrorKind::Unexpected)),
        _ => Ok(count),
    }
}
