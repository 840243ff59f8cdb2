//! Path and query (RFC 3986 §3.3, §3.4), in a form that no reader needs to normalise.

use super::scan;
use crate::{CodecError, CodecErrorKind};

/// Checks a path and perhaps a query. Nothing at all is good where `may_be_empty`.
pub(super) fn check(target: &[u8], start: usize, may_be_empty: bool) -> Result<(), CodecError> {
    let (path, query, query_at) = match scan::split_once(target, b'?') {
        Some((path, query, after)) => (path, query, start.saturating_add(after)),
        None => (target, &[][..], start),
    };
    match path {
        [] if may_be_empty => {}
        [b'/', segments @ ..] => check_path(segments, start.saturating_add(1))?,
        _ => return scan::at(CodecErrorKind::Forbidden, start),
    }
    characters(path, start, |byte| is_pchar(byte) || byte == b'/')?;
    characters(query, query_at, |byte| is_pchar(byte) || matches!(byte, b'/' | b'?'))
}

/// Splits a checked target.
pub(super) fn split(target: &str) -> (&str, Option<&str>) {
    match scan::split_once(target.as_bytes(), b'?') {
        Some((path, query, _)) => (scan::ascii(path), Some(scan::ascii(query))),
        None => (target, None),
    }
}

/// Segments that some readers take away, and others do not: empty ones inside, `.` and `..`.
fn check_path(segments: &[u8], start: usize) -> Result<(), CodecError> {
    let end = start.saturating_add(segments.len());
    for (segment, offset) in scan::parts(segments, b'/') {
        let offset = start.saturating_add(offset);
        let last = offset.saturating_add(segment.len()) == end;
        if matches!(segment, b"." | b"..") || segment.is_empty() && !last {
            return scan::at(CodecErrorKind::Ambiguous, offset);
        }
    }
    Ok(())
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_pchar(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        )
}

/// Percent-encoding in upper case, only of what needs it, and never of what a reader behind this one could stumble over.
fn characters(part: &[u8], start: usize, allowed: impl Fn(u8) -> bool) -> Result<(), CodecError> {
    let mut rest = part;
    loop {
        let offset = start.saturating_add(part.len().saturating_sub(rest.len()));
        match rest {
            [] => return Ok(()),
            [b'%', high, low, tail @ ..] => {
                let digit = |byte: u8| match byte {
                    b'0'..=b'9' => Some(byte & 0x0f),
                    b'A'..=b'F' => Some((byte & 0x0f).wrapping_add(9)),
                    _ => None,
                };
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                    return scan::at(CodecErrorKind::NotCanonical, offset);
                };
                match high << 4 | low {
                    byte if is_unreserved(byte) => {
                        return scan::at(CodecErrorKind::NotCanonical, offset);
                    }
                    0..=0x1f | 0x7f | b'/' | b'\\' => {
                        return scan::at(CodecErrorKind::Forbidden, offset);
                    }
                    _ => rest = tail,
                }
            }
            [b'%', ..] => return scan::at(CodecErrorKind::Truncated, offset),
            [byte, tail @ ..] if allowed(*byte) => rest = tail,
            _ => return scan::at(CodecErrorKind::Forbidden, offset),
        }
    }
}
