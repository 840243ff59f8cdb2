//! What the kinds share: places, text, decimal numbers.

use crate::{CodecError, CodecErrorKind, Writer};

pub(super) const fn at<T>(kind: CodecErrorKind, offset: usize) -> Result<T, CodecError> {
    Err(CodecError::new(kind, offset))
}

/// All of the input as text.
pub(super) fn text(input: &[u8]) -> Result<&str, CodecError> {
    core::str::from_utf8(input)
        .map_err(|error| CodecError::new(CodecErrorKind::NotUtf8, error.valid_up_to()))
}

/// Bytes that were checked to be ASCII, as text.
pub(super) fn ascii(input: &[u8]) -> &str {
    core::str::from_utf8(input).unwrap_or_default()
}

/// A decimal number without sign and without leading zeros, up to `max`.
pub(super) fn decimal(digits: &[u8], offset: usize, max: u64) -> Result<u64, CodecError> {
    if let [b'0', _, ..] = digits {
        return at(CodecErrorKind::NotCanonical, offset);
    }
    padded(digits, offset, max)
}

/// A decimal number without sign, up to `max`.
pub(super) fn padded(digits: &[u8], offset: usize, max: u64) -> Result<u64, CodecError> {
    if digits.is_empty() {
        return at(CodecErrorKind::TooShort, offset);
    }
    let mut number = 0_u64;
    for (digit, index) in digits.iter().zip(0..) {
        if !digit.is_ascii_digit() {
            return at(CodecErrorKind::Forbidden, offset.saturating_add(index));
        }
        let value = u64::from(digit & 0x0f);
        number = match number.checked_mul(10).and_then(|number| number.checked_add(value)) {
            Some(number) if number <= max => number,
            _ => return at(CodecErrorKind::OutOfRange, offset),
        };
    }
    Ok(number)
}

/// Writes a decimal number.
pub(super) fn emit_decimal(number: u64, writer: &mut Writer<'_>) -> Result<(), CodecError> {
    emit_padded(number, 1, writer)
}

/// Writes a decimal number in at least so many digits, at most 20.
pub(super) fn emit_padded(
    number: u64,
    width: usize,
    writer: &mut Writer<'_>,
) -> Result<(), CodecError> {
    let mut digits = [b'0'; 20];
    let mut rest = number;
    let mut used = 0_usize;
    for digit in digits.iter_mut().rev() {
        if rest == 0 && used >= width {
            break;
        }
        *digit = b'0' | (rest % 10) as u8;
        rest /= 10;
        used = used.saturating_add(1);
    }
    let start = digits.len().saturating_sub(used);
    writer.bytes(digits.get(start..).unwrap_or_default())
}

/// Splits at the first `separator`; what follows it starts at the offset that is returned with it.
pub(super) fn split_once(input: &[u8], separator: u8) -> Option<(&[u8], &[u8], usize)> {
    let place = input.iter().position(|byte| *byte == separator)?;
    let after = place.saturating_add(1);
    Some((input.get(..place)?, input.get(after..)?, after))
}

/// The parts between separators, each with the offset at which it starts.
pub(super) fn parts(input: &[u8], separator: u8) -> impl Iterator<Item = (&[u8], usize)> {
    let mut offset = 0_usize;
    input.split(move |byte| *byte == separator).map(move |part| {
        let start = offset;
        offset = start.saturating_add(part.len()).saturating_add(1);
        (part, start)
    })
}

/// Moves the place of an error: the input was a part of something larger.
pub(super) fn moved(error: CodecError, by: usize) -> CodecError {
    CodecError::new(error.kind, error.offset.saturating_add(by))
}

/// The first byte that is not allowed is an error.
pub(super) fn only(
    input: &[u8],
    offset: usize,
    allowed: impl Fn(u8) -> bool,
) -> Result<(), CodecError> {
    match input.iter().position(|byte| !allowed(*byte)) {
        None => Ok(()),
        Some(place) => at(CodecErrorKind::Forbidden, offset.saturating_add(place)),
    }
}
