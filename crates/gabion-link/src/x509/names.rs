//! Distinguished names and general names (RFC 5280 §4.1.2.4, §4.2.1.6).

use gabion_codec::Reader;

use crate::x509::der::{self, SEQUENCE, SET, UTF8_STRING};
use crate::x509::{Refusal, host};

/// More names in one certificate are not looked at.
const MAX_NAMES: usize = 128;

/// An empty distinguished name.
pub(crate) const NOBODY: &[u8] = &[0x30, 0];

/// Reads a distinguished name, checks its form and returns all its bytes: names are compared byte by byte.
pub(crate) fn distinguished<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let (whole, mut sets) = der::whole(reader, SEQUENCE)?;
    while !sets.is_empty() {
        let (_, mut set) = der::whole(&mut sets, SET)?;
        let mut before: &[u8] = &[];
        // A relative name has at least one attribute; a SET OF is sorted (X.690 §11.6).
        loop {
            let (bytes, attribute) = der::whole(&mut set, SEQUENCE)?;
            attribute_value(attribute).map_err(|_| Refusal::Name)?;
            if bytes <= before {
                return Err(Refusal::Name);
            }
            before = bytes;
            if set.is_empty() {
                break;
            }
        }
    }
    Ok(whole)
}

fn attribute_value(mut attribute: Reader<'_>) -> Result<(), Refusal> {
    der::oid(&mut attribute)?;
    let (tag, mut value) = der::any(&mut attribute)?;
    attribute.finish()?;
    let value = value.rest();
    match tag {
        UTF8_STRING => core::str::from_utf8(value).map(drop).map_err(|_| Refusal::Name),
        _ => Ok(()),
    }
}

/// One name of a `subjectAltName`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName<'a> {
    /// A DNS name in preferred syntax, its leftmost label perhaps `*`.
    Dns(&'a str),
    /// An address, 4 or 16 bytes.
    Ip(&'a [u8]),
    /// A distinguished name, all its bytes.
    Directory(&'a [u8]),
    /// Another form, not looked into: its tag and content.
    Other(u8, &'a [u8]),
}

/// The context-specific tags of the forms that are looked into.
pub(crate) const DNS: u8 = 0x82;
pub(crate) const DIRECTORY: u8 = 0xa4;
pub(crate) const IP: u8 = 0x87;

impl<'a> GeneralName<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        let (tag, mut content) = der::any(reader)?;
        match tag {
            DNS => core::str::from_utf8(content.rest())
                .ok()
                .filter(|name| host::is_presentable(name))
                .map(Self::Dns)
                .ok_or(Refusal::SubjectAltName),
            IP => match content.rest() {
                address if matches!(address.len(), 4 | 16) => Ok(Self::Ip(address)),
                _ => Err(Refusal::SubjectAltName),
            },
            DIRECTORY => {
                let name = distinguished(&mut content)?;
                content.finish()?;
                Ok(Self::Directory(name))
            }
            // otherName, rfc822Name, x400Address, ediPartyName, URI, registeredID
            0xa0 | 0x81 | 0xa3 | 0xa5 | 0x86 | 0x88 => Ok(Self::Other(tag, content.rest())),
            _ => Err(Refusal::SubjectAltName),
        }
    }
}

/// The names of a `subjectAltName`, in order. They were checked when the certificate was parsed.
#[derive(Debug, Clone)]
pub struct Names<'a>(Reader<'a>);

impl<'a> Names<'a> {
    /// Checks a whole extension value.
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, Refusal> {
        let content = der::only(value, SEQUENCE)?;
        let mut ahead = content.clone();
        for _ in 0..MAX_NAMES {
            GeneralName::parse(&mut ahead)?;
            if ahead.is_empty() {
                return Ok(Self(content));
            }
        }
        Err(Refusal::TooComplex)
    }

    /// Holds nothing.
    pub(crate) const fn none() -> Self {
        Self(Reader::new(&[]))
    }
}

impl<'a> Iterator for Names<'a> {
    type Item = GeneralName<'a>;

    fn next(&mut self) -> Option<GeneralName<'a>> {
        GeneralName::parse(&mut self.0).ok()
    }
}
