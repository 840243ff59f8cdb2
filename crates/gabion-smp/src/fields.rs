//! The fields of a request: one CBOR map with names as keys.
//!
//! Not the deterministic CBOR of `gabion-codec`: clients of the field write maps of indefinite length and in any order, and newer
//! ones know fields that we do not. So this takes what they send, and nothing else that could mean two things: a name stands there
//! once, strings are in one piece, nothing follows, and the work is bounded.

use gabion_codec::Reader;

use crate::{Failure, ManagementError};

/// Most fields of a request.
const FIELDS: usize = 12;
/// How deep a value may nest that is passed over.
const DEPTH: u8 = 4;
/// Most items of values that are passed over.
const ITEMS: u16 = 64;

/// A value, as far as any command wants one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    Unsigned(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Bool(bool),
    Other,
}

/// The fields of a request.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    entries: [(&'a str, Value<'a>); FIELDS],
    count: usize,
}

const INVALID: Failure = Failure::Management(ManagementError::Invalid);

impl<'a> Fields<'a> {
    /// Reads the payload of a request. No payload is no field.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, Failure> {
        let mut fields = Self { entries: [("", Value::Other); FIELDS], count: 0 };
        if payload.is_empty() {
            return Ok(fields);
        }
        let mut reader = Reader::new(payload);
        fields.map(&mut reader).ok_or(INVALID)?;
        reader.finish().map_err(|_| INVALID)?;
        Ok(fields)
    }

    fn map(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        let (5, length) = head(reader)? else { return None };
        let mut items = ITEMS;
        let mut left = length;
        loop {
            match left {
                Some(0) => return Some(()),
                Some(some) => left = some.checked_sub(1),
                None if at_break(reader)? => return Some(()),
                None => {}
            }
            let (3, Some(length)) = head(reader)? else { return None };
            let name = text(reader, length)?;
            let value = value(reader, DEPTH, &mut items)?;
            if self.find(name).is_some() {
                return None;
            }
            *self.entries.get_mut(self.count)? = (name, value);
            self.count = self.count.saturating_add(1);
        }
    }

    fn find(&self, name: &str) -> Option<Value<'a>> {
        self.entries.iter().take(self.count).find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    /// A number that fits 32 bits, if the field is there.
    pub(crate) fn unsigned(&self, name: &str) -> Result<Option<u32>, Failure> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Unsigned(number)) => u32::try_from(number).map(Some).map_err(|_| INVALID),
            Some(_) => Err(INVALID),
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Option<&'a [u8]>, Failure> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Bytes(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(INVALID),
        }
    }

    /// A hash. Some clients send one of length zero for none.
    pub(crate) fn hash(&self, name: &str) -> Result<Option<[u8; 32]>, Failure> {
        match self.bytes(name)? {
            None | Some([]) => Ok(None),
            Some(bytes) => bytes.try_into().map(Some).map_err(|_| INVALID),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, Failure> {
        match self.find(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(INVALID),
        }
    }

    /// Whether a field is there and true.
    pub(crate) fn is_true(&self, name: &str) -> Result<bool, Failure> {
        match self.find(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(truth),
            Some(_) => Err(INVALID),
        }
    }
}

/// Reads a head: the major type and the argument, `None` for an indefinite length.
fn head(reader: &mut Reader<'_>) -> Option<(u8, Option<u64>)> {
    let first = reader.u8().ok()?;
    let (major, info) = (first >> 5, first & 31);
    let argument = match info {
        0..=23 => u64::from(info),
        24 => u64::from(reader.u8().ok()?),
        25 => u64::from(reader.u16_be().ok()?),
        26 => u64::from(reader.u32_be().ok()?),
        27 => reader.u64_be().ok()?,
        // Arrays and maps only: a string in pieces would have to be put together.
        31 if major == 4 || major == 5 => return Some((major, None)),
        _ => return None,
    };
    Some((major, Some(argument)))
}

/// Takes the end of an indefinite length, if it stands here.
fn at_break(reader: &mut Reader<'_>) -> Option<bool> {
    if reader.peek()? != 0xff {
        return Some(false);
    }
    reader.u8().ok()?;
    Some(true)
}

fn text<'a>(reader: &mut Reader<'a>, length: u64) -> Option<&'a str> {
    core::str::from_utf8(reader.bytes(usize::try_from(length).ok()?).ok()?).ok()
}

fn value<'a>(reader: &mut Reader<'a>, depth: u8, items: &mut u16) -> Option<Value<'a>> {
    *items = items.checked_sub(1)?;
    let (major, argument) = head(reader)?;
    let Some(argument) = argument else {
        let depth = depth.checked_sub(1)?;
        while !at_break(reader)? {
            value(reader, depth, items)?;
            if major == 5 {
                value(reader, depth, items)?;
            }
        }
        return Some(Value::Other);
    };
    Some(match major {
        0 => Value::Unsigned(argument),
        2 => Value::Bytes(reader.bytes(usize::try_from(argument).ok()?).ok()?),
        3 => Value::Text(text(reader, argument)?),
        4 | 5 => {
            let depth = depth.checked_sub(1)?;
            let mut left = argument.checked_mul(if major == 5 { 2 } else { 1 })?;
            while left > 0 {
                value(reader, depth, items)?;
                left = left.checked_sub(1)?;
            }
            Value::Other
        }
        7 if argument == 20 => Value::Bool(false),
        7 if argument == 21 => Value::Bool(true),
        // Negative numbers, tags with what they are about, floats, null: nothing that a command wants.
        6 => {
            value(reader, depth.checked_sub(1)?, items)?;
            Value::Other
        }
        _ => Value::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_both_kinds_mean_the_same() {
        // {"off": 7, "data": h'0102', "upgrade": false}
        let fields = b"\x63off\x07\x64data\x42\x01\x02\x67upgrade\xf4";
        let mut buffer = [0; 64];
        let definite = put(&mut buffer, &[b"\xa3", fields]);
        let definite = Fields::parse(definite).unwrap();
        let mut buffer = [0; 64];
        let indefinite = put(&mut buffer, &[b"\xbf", fields, b"\xff"]);
        let indefinite = Fields::parse(indefinite).unwrap();
        for fields in [definite, indefinite] {
            assert_eq!(fields.unsigned("off"), Ok(Some(7)));
            assert_eq!(fields.bytes("data"), Ok(Some(&[1, 2][..])));
            assert_eq!(fields.is_true("upgrade"), Ok(false));
            assert_eq!(fields.unsigned("len"), Ok(None));
            assert_eq!(fields.unsigned("data"), Err(INVALID));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        let bad: &[&[u8]] = &[
            b"\xa2\x63off\x07\x63off\x08",        // twice
            b"\xa1\x63off\x07\x00",               // something behind
            b"\xa1\x07\x07",                      // a key that is no name
            b"\xbf\x63off\x07",                   // no end
            b"\xa1\x64data\x5f\x41\x01\xff",      // a string in pieces
            b"\xa1\x63off",                       // no value
            b"\xa1\x63\xff\xff\xff\x07",          // no text
            b"\xa1\x61a\x81\x81\x81\x81\x81\x01", // too deep
            b"\x07",
            b"\xa1\x61a\x9b\xff\xff\xff\xff\xff\xff\xff\xff", // more items than there can be
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
        ];
        for bytes in bad {
            assert_eq!(Fields::parse(bytes).err(), Some(INVALID), "{bytes:?}");
        }
    }

    #[test]
    fn fields_that_are_not_known_are_passed_over() {
        let bytes = b"\xa2\x61a\xa1\x61b\x82\x20\xf9\x3c\x00\x61d\x62hi";
        assert_eq!(Fields::parse(bytes).unwrap().text("d"), Ok(Some("hi")));
    }

    fn put<'a>(buffer: &'a mut [u8; 64], parts: &[&[u8]]) -> &'a [u8] {
        let mut at = 0;
        for part in parts {
            buffer[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        &buffer[..at]
    }
}
