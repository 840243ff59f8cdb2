//! The first byte of an item and the argument that follows it (RFC 8949 §3).

use crate::{CodecError, CodecErrorKind, Reader, Writer};

/// The eight major types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    Other,
}

/// Additional information that says in how many bytes the argument follows.
pub(super) const IN_ONE: u8 = 24;
pub(super) const IN_TWO: u8 = 25;
pub(super) const IN_FOUR: u8 = 26;
pub(super) const IN_EIGHT: u8 = 27;
const INDEFINITE: u8 = 31;

/// What stands before the content of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) major: Major,
    /// The low five bits of the first byte.
    pub(super) info: u8,
    pub(super) argument: u64,
}

impl Head {
    /// Reads a head in its shortest form. Floating-point numbers are not looked into.
    pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut ahead = reader.clone();
        let first = ahead.u8()?;
        let major = match first >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => Major::Tag,
            _ => Major::Other,
        };
        let info = first & 31;
        let (argument, smallest) = match info {
            0..IN_ONE => (info.into(), 0),
            // simple values below 32 are in the first byte or reserved
            IN_ONE if major == Major::Other => (ahead.u8()?.into(), 32),
            IN_ONE => (ahead.u8()?.into(), 24),
            IN_TWO => (ahead.u16_be()?.into(), 1 << 8),
            IN_FOUR => (ahead.u32_be()?.into(), 1 << 16),
            IN_EIGHT => (ahead.u64_be()?, 1 << 32),
            INDEFINITE => {
                let kind = match major {
                    Major::Bytes | Major::Text | Major::Array | Major::Map => {
                        CodecErrorKind::Indefinite
                    }
                    _ => CodecErrorKind::Unexpected,
                };
                return Err(reader.error(kind));
            }
            _ => return Err(reader.error(CodecErrorKind::Unexpected)),
        };
        let is_float = major == Major::Other && info > IN_ONE;
        if argument < smallest && !is_float {
            return Err(reader.error(CodecErrorKind::NotShortest));
        }
        *reader = ahead;
        Ok(Self { major, info, argument })
    }

    /// Writes a head in its shortest form.
    pub(super) fn emit(
        major: Major,
        argument: u64,
        writer: &mut Writer<'_>,
    ) -> Result<(), CodecError> {
        let first = match major {
            Major::Unsigned => 0x00,
            Major::Negative => 0x20,
            Major::Bytes => 0x40,
            Major::Text => 0x60,
            Major::Array => 0x80,
            Major::Map => 0xa0,
            Major::Tag => 0xc0,
            Major::Other => 0xe0,
        };
        let [a, b, c, d, e, f, g, h] = argument.to_be_bytes();
        match argument {
            0..0x18 => writer.u8(first | h),
            0x18..0x100 => writer.bytes(&[first | IN_ONE, h]),
            0x100..0x1_0000 => writer.bytes(&[first | IN_TWO, g, h]),
            0x1_0000..0x1_0000_0000 => writer.bytes(&[first | IN_FOUR, e, f, g, h]),
            _ => writer.bytes(&[first | IN_EIGHT, a, b, c, d, e, f, g, h]),
        }
    }
}
