use core::cmp::Ordering;

use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// The version of a firmware image as MCUboot's header has it: `major.minor.revision+build`. It is written like this everywhere;
/// without a build it reads as build 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageVersion {
    /// Incompatible changes.
    pub major: u8,
    /// Additions.
    pub minor: u8,
    /// Repairs.
    pub revision: u16,
    /// Build number.
    pub build: u32,
}

impl<'a> Input<'a> for ImageVersion {
    /// As long as `255.255.65535+4294967295`.
    const MAX_LEN: usize = 24;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let (numbers, build) = match scan::split_once(input, b'+') {
            Some((numbers, build, at)) => (numbers, scan::decimal(build, at, u32::MAX.into())?),
            None => (input, 0),
        };
        let [major, minor, revision] = three(numbers, [255, 255, 65_535])?;
        Ok(Self {
            major: major as u8,
            minor: minor as u8,
            revision: revision as u16,
            build: build as u32,
        })
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let numbers = [self.major.into(), self.minor.into(), self.revision.into()];
        emit_three(numbers, writer)?;
        writer.u8(b'+')?;
        scan::emit_decimal(self.build.into(), writer)
    }
}

fn three(input: &[u8], most: [u64; 3]) -> Result<[u64; 3], CodecError> {
    let mut numbers = most;
    let mut parts = scan::parts(input, b'.');
    for number in &mut numbers {
        let end = CodecError::new(CodecErrorKind::TooShort, input.len());
        let (part, at) = parts.next().ok_or(end)?;
        *number = scan::decimal(part, at, *number)?;
    }
    match parts.next() {
        None => Ok(numbers),
        Some((_, at)) => scan::at(CodecErrorKind::Trailing, at.saturating_sub(1)),
    }
}

fn emit_three([a, b, c]: [u64; 3], writer: &mut Writer<'_>) -> Result<(), CodecError> {
    scan::emit_decimal(a, writer)?;
    writer.u8(b'.')?;
    scan::emit_decimal(b, writer)?;
    writer.u8(b'.')?;
    scan::emit_decimal(c, writer)
}

/// A semantic version 2.0.0: `1.2.3-rc.1+linux`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SemVer<'a> {
    numbers: [u64; 3],
    pre_release: &'a str,
    build: &'a str,
}

impl<'a> SemVer<'a> {
    /// Returns major, minor and patch.
    #[must_use]
    pub const fn numbers(&self) -> [u64; 3] {
        self.numbers
    }

    /// Returns what stands between `-` and `+`; empty for a release.
    #[must_use]
    pub const fn pre_release(&self) -> &'a str {
        self.pre_release
    }

    /// Returns what stands after `+`.
    #[must_use]
    pub const fn build(&self) -> &'a str {
        self.build
    }

    /// Compares by precedence (semver §11): the build does not count.
    #[must_use]
    pub fn precedence(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.pre_release.is_empty(), other.pre_release.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => {
                    let split = |text: &'a str| text.as_bytes().split(|byte| *byte == b'.');
                    let theirs = other.pre_release.as_bytes().split(|byte| *byte == b'.');
                    let mut theirs = theirs;
                    for ours in split(self.pre_release) {
                        let Some(theirs) = theirs.next() else { return Ordering::Greater };
                        let order = identifiers(ours, theirs);
                        if order.is_ne() {
                            return order;
                        }
                    }
                    if theirs.next().is_some() { Ordering::Less } else { Ordering::Equal }
                }
            }
        })
    }
}

/// Numbers by value, which without leading zeros is by length and then digit by digit; numbers below text; text by bytes.
fn identifiers(a: &[u8], b: &[u8]) -> Ordering {
    let is_number = |identifier: &[u8]| identifier.iter().all(u8::is_ascii_digit);
    match (is_number(a), is_number(b)) {
        (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

fn check_identifiers(
    input: &[u8],
    start: usize,
    numbers_are_strict: bool,
) -> Result<(), CodecError> {
    for (identifier, offset) in scan::parts(input, b'.') {
        let offset = start.saturating_add(offset);
        if identifier.is_empty() {
            return scan::at(CodecErrorKind::TooShort, offset);
        }
        scan::only(identifier, offset, |byte| byte.is_ascii_alphanumeric() || byte == b'-')?;
        let number = identifier.iter().all(u8::is_ascii_digit);
        if numbers_are_strict && number && matches!(identifier, [b'0', _, ..]) {
            return scan::at(CodecErrorKind::NotCanonical, offset);
        }
    }
    Ok(())
}

impl<'a> Input<'a> for SemVer<'a> {
    const MAX_LEN: usize = 128;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let (front, build) = match scan::split_once(input, b'+') {
            Some((front, build, at)) => {
                check_identifiers(build, at, false)?;
                (front, build)
            }
            None => (input, &[][..]),
        };
        let (numbers, pre_release) = match scan::split_once(front, b'-') {
            Some((numbers, pre_release, at)) => {
                check_identifiers(pre_release, at, true)?;
                (numbers, pre_release)
            }
            None => (front, &[][..]),
        };
        let numbers = three(numbers, [u64::MAX; 3])?;
        Ok(Self { numbers, pre_release: scan::ascii(pre_release), build: scan::ascii(build) })
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        emit_three(self.numbers, writer)?;
        for (mark, part) in [(b'-', self.pre_release), (b'+', self.build)] {
            if !part.is_empty() {
                writer.u8(mark)?;
                writer.bytes(part.as_bytes())?;
            }
        }
        Ok(())
    }
}
