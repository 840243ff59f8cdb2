//! The strict subset of DER (X.690) that signatures and public keys need: one encoding for each value, nothing else accepted.

use crate::{CodecError, CodecErrorKind, Reader, Writer};

/// Tag of an INTEGER.
pub const INTEGER: u8 = 0x02;
/// Tag of a SEQUENCE.
pub const SEQUENCE: u8 = 0x30;

/// What stands before the 64 bytes of an uncompressed P-256 point in a SubjectPublicKeyInfo (RFC 5480): two lengths,
/// id-ecPublicKey, prime256v1, BIT STRING without unused bits, the mark of an uncompressed point.
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// The same for the 32 bytes of an Ed25519 key (RFC 8410).
const ED25519_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Reads one element with the tag `tag` and returns its content as a reader of its own.
///
/// # Errors
///
/// [`CodecErrorKind::Unexpected`] for another tag, [`CodecErrorKind::NotShortest`] for a length in too many bytes,
/// [`CodecErrorKind::OutOfRange`] for an indefinite length or one of 2^32 and more, [`CodecErrorKind::Truncated`] when the
/// content passes the end. The reader then stays where it was.
pub fn element<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<Reader<'a>, CodecError> {
    let mut ahead = reader.clone();
    ahead.expect(&[tag])?;
    let length = length(&mut ahead)?;
    let content = ahead.nested(length)?;
    *reader = ahead;
    Ok(content)
}

fn length(reader: &mut Reader<'_>) -> Result<usize, CodecError> {
    let start = reader.clone();
    let (value, smallest) = match reader.u8()? {
        short @ 0..=0x7f => (u32::from(short), 0),
        long @ 0x81..=0x84 => {
            let bytes = reader.bytes(usize::from(long & 0x7f))?;
            let value = bytes.iter().fold(0, |value, byte| (value << 8) | u32::from(*byte));
            // One byte less would hold less than this; and below 128 there is the short form.
            let smallest =
                if long == 0x81 { 0x80 } else { 1 << ((long & 7).saturating_sub(1) << 3) };
            (value, smallest)
        }
        _ => return Err(start.error(CodecErrorKind::OutOfRange)),
    };
    if value < smallest {
        return Err(start.error(CodecErrorKind::NotShortest));
    }
    usize::try_from(value).map_err(|_| start.error(CodecErrorKind::Truncated))
}

/// Reads an INTEGER greater than zero and returns its bytes, most significant first and not zero.
///
/// # Errors
///
/// As [`element`]; [`CodecErrorKind::NotShortest`] for needless leading zeros, [`CodecErrorKind::OutOfRange`] for zero,
/// negative numbers and no bytes at all.
pub fn positive<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], CodecError> {
    let mut ahead = reader.clone();
    let mut content = element(&mut ahead, INTEGER)?;
    let at = content.clone();
    let bytes = match content.rest() {
        [] | [0] | [0x80..=0xff, ..] => return Err(at.error(CodecErrorKind::OutOfRange)),
        [0, 0..=0x7f, ..] => return Err(at.error(CodecErrorKind::NotShortest)),
        [0, bytes @ ..] | bytes => bytes,
    };
    *reader = ahead;
    Ok(bytes)
}

/// Reads a P-256 signature, `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3), into r then s of 32 bytes each.
///
/// Exactly one encoding of each pair is accepted, so that a signature cannot be changed without being made anew. Whether r
/// and s are below the order of the curve is for the verifier to check.
///
/// # Errors
///
/// As [`positive`]; [`CodecErrorKind::OutOfRange`] also for more than 256 bits, [`CodecErrorKind::Trailing`] for bytes after
/// either end.
///
/// # Examples
///
/// ```
/// use gabion_codec::der;
///
/// let fixed = der::p256_signature(&[0x30, 7, 2, 1, 5, 2, 2, 0, 0x80])?;
/// assert_eq!((fixed[31], fixed[63]), (5, 0x80));
/// assert!(der::p256_signature(&[0x30, 8, 2, 1, 5, 2, 3, 0, 0, 0x80]).is_err(), "s has a zero too many");
/// # Ok::<(), gabion_codec::CodecError>(())
/// ```
pub fn p256_signature(der: &[u8]) -> Result<[u8; 64], CodecError> {
    let mut outer = Reader::new(der);
    let mut pair = element(&mut outer, SEQUENCE)?;
    outer.finish()?;
    let mut fixed = [0; 64];
    let (r, s) = fixed.split_at_mut(32);
    for half in [r, s] {
        let start = pair.clone();
        let bytes = positive(&mut pair)?;
        let out = half
            .len()
            .checked_sub(bytes.len())
            .and_then(|gap| half.get_mut(gap..))
            .ok_or_else(|| start.error(CodecErrorKind::OutOfRange))?;
        out.copy_from_slice(bytes);
    }
    pair.finish()?;
    Ok(fixed)
}

/// Writes r then s, 32 bytes each, as [`p256_signature`] reads it: at most 72 bytes.
///
/// # Errors
///
/// [`CodecErrorKind::OutOfRange`] when r or s is zero, [`CodecErrorKind::NoRoom`]. Nothing was written then.
pub fn emit_p256_signature(
    signature: &[u8; 64],
    writer: &mut Writer<'_>,
) -> Result<(), CodecError> {
    let mut buffer = [0; 70];
    let mut pair = Writer::new(&mut buffer);
    let (r, s) = signature.split_at(32);
    for mut bytes in [r, s] {
        while let [0, rest @ ..] = bytes {
            bytes = rest;
        }
        let sign: &[u8] = match bytes {
            [] => return Err(writer.error(CodecErrorKind::OutOfRange)),
            [0x80..=0xff, ..] => &[0],
            _ => &[],
        };
        pair.bytes(&[INTEGER, short(bytes.len().saturating_add(sign.len()))])?;
        pair.bytes(sign)?;
        pair.bytes(bytes)?;
    }
    let pair = pair.written();
    let mut out = Writer::new(writer.reserve(pair.len().saturating_add(2))?);
    out.bytes(&[SEQUENCE, short(pair.len())])?;
    out.bytes(pair)
}

/// The short form of a length that is known to be below 128.
fn short(length: usize) -> u8 {
    length.to_le_bytes().first().copied().unwrap_or_default() & 0x7f
}

/// A public key in a SubjectPublicKeyInfo (RFC 5280 §4.1), in the two forms whose every byte is fixed but the key itself.
///
/// # Examples
///
/// ```
/// use gabion_codec::{Writer, der::PublicKey};
///
/// let mut buffer = [0; PublicKey::MAX_LEN];
/// let mut writer = Writer::new(&mut buffer);
/// PublicKey::Ed25519(&[7; 32]).emit(&mut writer)?;
/// let spki = writer.finish();
/// assert_eq!(spki.len(), 44);
/// assert_eq!(PublicKey::parse(spki)?, PublicKey::Ed25519(&[7; 32]));
/// # Ok::<(), gabion_codec::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicKey<'a> {
    /// A P-256 point, uncompressed: x then y. 91 bytes in all. It may be no point of the curve.
    P256(&'a [u8; 64]),
    /// An Ed25519 key. 44 bytes in all.
    Ed25519(&'a [u8; 32]),
}

impl<'a> PublicKey<'a> {
    /// The length of the longest encoding.
    pub const MAX_LEN: usize = 91;

    /// Reads a key that fills `der`.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Unexpected`] for every other algorithm, curve, parameter form or compressed point,
    /// [`CodecErrorKind::Truncated`], [`CodecErrorKind::Trailing`].
    pub fn parse(der: &'a [u8]) -> Result<Self, CodecError> {
        match der {
            [_, 0x2a, ..] => Ok(Self::Ed25519(after(der, &ED25519_PREFIX)?)),
            _ => Ok(Self::P256(after(der, &P256_PREFIX)?)),
        }
    }

    /// Writes the key as [`parse`](Self::parse) reads it.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`]; nothing was written then.
    pub fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let (prefix, key): (&[u8], &[u8]) = match self {
            Self::P256(key) => (&P256_PREFIX, *key),
            Self::Ed25519(key) => (&ED25519_PREFIX, *key),
        };
        let mut out = Writer::new(writer.reserve(prefix.len().saturating_add(key.len()))?);
        out.bytes(prefix)?;
        out.bytes(key)
    }
}

fn after<'a, const N: usize>(der: &'a [u8], prefix: &[u8]) -> Result<&'a [u8; N], CodecError> {
    let mut reader = Reader::new(der);
    reader.expect(prefix)?;
    let end = reader.position().saturating_add(N);
    let key = reader.rest().try_into().map_err(|_| match der.len() < end {
        true => CodecError::new(CodecErrorKind::Truncated, prefix.len()),
        false => CodecError::new(CodecErrorKind::Trailing, end),
    })?;
    Ok(key)
}
