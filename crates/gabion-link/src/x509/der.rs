//! The few readings of DER that certificates need, on top of [`gabion_codec::der`]. All refuse with [`Refusal::Encoding`].

use gabion_codec::{Reader, der};

use crate::x509::Refusal;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SET: u8 = 0x31;
pub(crate) use der::{INTEGER, SEQUENCE};

/// Reads one element and returns all its bytes, tag and length too, beside its content.
pub(crate) fn whole<'a>(
    reader: &mut Reader<'a>,
    tag: u8,
) -> Result<(&'a [u8], Reader<'a>), Refusal> {
    let mut before = reader.clone();
    let content = der::element(reader, tag)?;
    let length = reader.position().saturating_sub(before.position());
    Ok((before.bytes(length)?, content))
}

/// Reads one element of any tag. Tags of more than one byte do not occur in certificates.
pub(crate) fn any<'a>(reader: &mut Reader<'a>) -> Result<(u8, Reader<'a>), Refusal> {
    match reader.peek() {
        Some(tag) if tag & 0x1f != 0x1f && tag != 0 => Ok((tag, der::element(reader, tag)?)),
        _ => Err(Refusal::Encoding),
    }
}

/// Reads an element that may be absent.
pub(crate) fn optional<'a>(
    reader: &mut Reader<'a>,
    tag: u8,
) -> Result<Option<Reader<'a>>, Refusal> {
    if reader.peek() == Some(tag) { Ok(Some(der::element(reader, tag)?)) } else { Ok(None) }
}

/// Reads one element that fills `bytes`.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Result<Reader<'_>, Refusal> {
    let mut reader = Reader::new(bytes);
    let content = der::element(&mut reader, tag)?;
    reader.finish()?;
    Ok(content)
}

/// Reads a BOOLEAN whose default is FALSE, so that DER (X.690 §11.5) knows it only as TRUE, `ff`.
pub(crate) fn flag(reader: &mut Reader<'_>) -> Result<bool, Refusal> {
    match optional(reader, BOOLEAN)? {
        None => Ok(false),
        Some(mut value) => match value.rest() {
            [0xff] => Ok(true),
            _ => Err(Refusal::Encoding),
        },
    }
}

/// Reads an object identifier and returns its content: no leading `80` in a component (X.690 §8.19.2), none cut short.
pub(crate) fn oid<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let content = der::element(reader, OID)?.rest();
    let mut first = true;
    for byte in content {
        if first && *byte == 0x80 {
            return Err(Refusal::Encoding);
        }
        first = *byte < 0x80;
    }
    if first && !content.is_empty() { Ok(content) } else { Err(Refusal::Encoding) }
}

/// Reads an INTEGER of zero or more in shortest form and returns its content.
pub(crate) fn unsigned<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    match der::element(reader, INTEGER)?.rest() {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => Err(Refusal::Encoding),
        content => Ok(content),
    }
}
