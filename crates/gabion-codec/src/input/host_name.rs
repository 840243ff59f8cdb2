use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// The name of a host (RFC 1123 §2.1): labels of letters, digits and inner hyphens. Names of other scripts come as A-labels.
#[derive(Debug, Clone, Copy)]
pub struct HostName<'a>(&'a str);

impl<'a> HostName<'a> {
    /// Returns the name as it was given.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Returns the labels from left to right.
    pub fn labels(&self) -> impl Iterator<Item = &'a str> {
        self.0.as_bytes().split(|byte| *byte == b'.').map(scan::ascii)
    }
}

/// Upper and lower case are the same (RFC 4343).
impl PartialEq for HostName<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for HostName<'_> {}

impl<'a> Input<'a> for HostName<'a> {
    const MAX_LEN: usize = 253;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let mut last = (input, 0);
        for (label, start) in scan::parts(input, b'.') {
            check_label(label, start)?;
            last = (label, start);
        }
        // No top-level domain is a number: what ends in one is an address that went astray, and some readers take it for one.
        let (label, start) = last;
        let number = label.iter().all(u8::is_ascii_digit);
        let hex = matches!(label, [b'0', b'x' | b'X', rest @ ..] if rest.iter().all(u8::is_ascii_hexdigit));
        if number || hex {
            return scan::at(CodecErrorKind::Ambiguous, start);
        }
        Ok(Self(scan::ascii(input)))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0.as_bytes())
    }
}

fn check_label(label: &[u8], start: usize) -> Result<(), CodecError> {
    let end = start.saturating_add(label.len());
    match label {
        [] => return scan::at(CodecErrorKind::TooShort, start),
        [b'-', ..] => return scan::at(CodecErrorKind::Forbidden, start),
        [.., b'-'] => return scan::at(CodecErrorKind::Forbidden, end.saturating_sub(1)),
        _ => {}
    }
    scan::only(label, start, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
    if label.len() > 63 {
        return scan::at(CodecErrorKind::TooLong, start.saturating_add(63));
    }
    // RFC 5891 §4.2.3.1: two hyphens there are for A-labels only, and an A-label says something.
    match label {
        [b'x' | b'X', b'n' | b'N', b'-', b'-', _, ..] => Ok(()),
        [_, _, b'-', b'-', ..] => scan::at(CodecErrorKind::Forbidden, start.saturating_add(2)),
        _ => Ok(()),
    }
}
