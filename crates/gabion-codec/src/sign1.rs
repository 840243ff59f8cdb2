//! COSE_Sign1 (RFC 9052 §4.2) for one algorithm, ES256, and nothing unprotected: the envelope of what a device signs.
//!
//! No cryptography here: the caller hashes [`Sign1Prefix::to_be_signed`] and then the payload.

use crate::{CodecError, CodecErrorKind, Reader};

/// Tag 18, array of four, protected header `{1: -7}` as a byte string, no unprotected header.
const OUTER: [u8; 7] = [0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0];

/// Array of four, `"Signature1"`, the same protected header, no external data.
const TO_BE_SIGNED: [u8; 17] = *b"\x84\x6aSignature1\x43\xa1\x01\x26\x40";

/// Length of a signature with its own header in bytes.
const SIGNATURE: usize = 66;

/// What stands before the payload, in the envelope and in what is signed.
#[derive(Debug, Clone, Copy)]
pub struct Sign1Prefix {
    bytes: [u8; OUTER.len() + 5],
    signed: [u8; TO_BE_SIGNED.len() + 5],
    head: usize,
}

impl Sign1Prefix {
    /// Makes the prefix for a payload of `len` bytes.
    #[must_use]
    pub fn new(len: u32) -> Self {
        let (head, used) = byte_string_head(len);
        let mut prefix = Self { bytes: [0; 12], signed: [0; 22], head: used };
        let both = OUTER.iter().chain(head.iter());
        prefix.bytes.iter_mut().zip(both).for_each(|(to, from)| *to = *from);
        let both = TO_BE_SIGNED.iter().chain(head.iter());
        prefix.signed.iter_mut().zip(both).for_each(|(to, from)| *to = *from);
        prefix
    }

    /// Returns what stands before the payload on the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..OUTER.len().saturating_add(self.head)).unwrap_or_default()
    }

    /// Returns what is hashed before the payload (RFC 9052 §4.4).
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.signed.get(..TO_BE_SIGNED.len().saturating_add(self.head)).unwrap_or_default()
    }

    /// Returns what follows the payload on the wire.
    #[must_use]
    pub fn suffix(signature: &[u8; 64]) -> [u8; SIGNATURE] {
        let mut out = [0; SIGNATURE];
        out.iter_mut().zip([0x58, 0x40].iter().chain(signature)).for_each(|(to, from)| *to = *from);
        out
    }
}

/// A message that was taken apart. Nothing in it is checked yet.
#[derive(Debug, Clone, Copy)]
pub struct Sign1View<'a> {
    /// What was signed.
    pub payload: &'a [u8],
    /// The signature, r then s.
    pub signature: [u8; 64],
}

impl<'a> Sign1View<'a> {
    /// Takes a message apart.
    ///
    /// # Errors
    ///
    /// [`CodecError`] for anything but the one deterministic encoding.
    pub fn parse(message: &'a [u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(message);
        let at = reader.position();
        if reader.array::<7>()? != OUTER {
            return Err(CodecError::new(CodecErrorKind::Unexpected, at));
        }
        let at = reader.position();
        let len = match reader.u8()? {
            short @ 0x40..=0x57 => u32::from(short & 0x1f),
            0x58 => u32::from(reader.u8()?),
            0x59 => u32::from(reader.u16_be()?),
            0x5a => reader.u32_be()?,
            _ => return Err(CodecError::new(CodecErrorKind::Unexpected, at)),
        };
        let used = reader.position().saturating_sub(at);
        if byte_string_head(len).1 != used {
            return Err(CodecError::new(CodecErrorKind::NotShortest, at));
        }
        let payload = reader.bytes(len as usize)?;
        let at = reader.position();
        if reader.array::<2>()? != [0x58, 0x40] {
            return Err(CodecError::new(CodecErrorKind::Unexpected, at));
        }
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Self { payload, signature })
    }
}

/// The shortest head of a byte string, and its length.
fn byte_string_head(len: u32) -> ([u8; 5], usize) {
    let [a, b, c, d] = len.to_be_bytes();
    match len {
        0..=0x17 => ([0x40 | d, 0, 0, 0, 0], 1),
        0x18..=0xff => ([0x58, d, 0, 0, 0], 2),
        0x100..=0xffff => ([0x59, c, d, 0, 0], 3),
        _ => ([0x5a, a, b, c, d], 5),
    }
}
