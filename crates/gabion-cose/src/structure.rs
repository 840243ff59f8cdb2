//! What is signed, authenticated or bound to a ciphertext: Sig_structure, MAC_structure, Enc_structure (RFC 9052 §4.4, §6.3,
//! §5.3), as parts to be hashed in a row.

use gabion_codec::Writer;
use gabion_codec::cbor::Encoder;

use crate::format::{BUDGET, IV, KID};
use crate::message::{Kind, Payload};
use crate::{CoseError, Headers, NewHeaders};

/// The head of a byte string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    bytes: [u8; 9],
    len: usize,
}

impl Head {
    /// Makes the shortest head of a byte string of `len` bytes.
    pub(crate) fn of_bytes(len: usize) -> Self {
        let [a, b, c, d, e, f, g, h] = (len as u64).to_be_bytes();
        let (bytes, len) = match len as u64 {
            0..=0x17 => ([0x40 | h, 0, 0, 0, 0, 0, 0, 0, 0], 1),
            0x18..=0xff => ([0x58, h, 0, 0, 0, 0, 0, 0, 0], 2),
            0x100..=0xffff => ([0x59, g, h, 0, 0, 0, 0, 0, 0], 3),
            0x1_0000..=0xffff_ffff => ([0x5a, e, f, g, h, 0, 0, 0, 0], 5),
            _ => ([0x5b, a, b, c, d, e, f, g, h], 9),
        };
        Self { bytes, len }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }
}

const SIGN1: &[u8] = b"\x84\x6aSignature1";
const MAC0: &[u8] = b"\x84\x64MAC0";
const ENCRYPT0: &[u8] = b"\x83\x68Encrypt0";

/// Hands the structure of a kind, in parts, to whoever hashes it.
pub(crate) fn with_parts<T>(
    kind: Kind,
    protected: &[u8],
    external: &[u8],
    payload: &[u8],
    take: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let heads = [protected, external, payload].map(|part| Head::of_bytes(part.len()));
    let [h1, h2, h3] = &heads;
    let (h1, h2, h3) = (h1.as_bytes(), h2.as_bytes(), h3.as_bytes());
    match kind {
        Kind::Sign1 => take(&[SIGN1, h1, protected, h2, external, h3, payload]),
        Kind::Mac0 => take(&[MAC0, h1, protected, h2, external, h3, payload]),
        Kind::Encrypt0 => take(&[ENCRYPT0, h1, protected, h2, external]),
    }
}

/// Longest Enc_structure in bytes: a cipher takes it in one piece.
pub(crate) const MAX_AUTHENTICATED: usize = 512;

/// The Enc_structure in one piece.
pub(crate) fn authenticated<'b>(
    protected: &[u8],
    external: &[u8],
    buffer: &'b mut [u8; MAX_AUTHENTICATED],
) -> Result<&'b [u8], CoseError> {
    let mut writer = Writer::new(buffer);
    with_parts(Kind::Encrypt0, protected, external, &[], |parts| {
        parts.iter().try_for_each(|part| writer.bytes(part))
    })
    .map_err(|_| CoseError::TooMuchAuthenticated)?;
    Ok(writer.finish())
}

/// The same for a message that was parsed.
pub(crate) fn authenticated_of<'b>(
    headers: &Headers<'_>,
    external: &[u8],
    buffer: &'b mut [u8; MAX_AUTHENTICATED],
) -> Result<&'b [u8], CoseError> {
    authenticated(headers.to_be_protected(), external, buffer)
}

/// Writes a message up to its proof: tag, array, headers, and the content if it is there already.
pub(crate) fn emit_front(
    writer: &mut Writer<'_>,
    kind: Kind,
    protected: &[u8],
    headers: &NewHeaders<'_>,
    iv: Option<&[u8]>,
    content: Option<&Payload<'_>>,
) -> Result<(), CoseError> {
    let array = if kind == Kind::Encrypt0 { 0x83 } else { 0x84 };
    writer.bytes(&[kind.tag_byte(), array])?;
    emit_bytes(writer, protected)?;
    let mut map = [0; 128];
    let mut encoder = Encoder::new(&mut map);
    encoder.map(u64::from(headers.key_id.is_some()).saturating_add(u64::from(iv.is_some())))?;
    for (label, value) in [(KID, headers.key_id), (IV, iv)] {
        if let Some(value) = value {
            encoder.integer(label)?;
            encoder.bytes(value)?;
        }
    }
    writer.bytes(encoder.finish(BUDGET)?)?;
    match content {
        Some(Payload::Attached(bytes)) => emit_bytes(writer, bytes),
        Some(Payload::Detached(_)) => Ok(writer.u8(0xf6)?),
        None => Ok(()),
    }
}

/// Writes a byte string.
pub(crate) fn emit_bytes(writer: &mut Writer<'_>, bytes: &[u8]) -> Result<(), CoseError> {
    writer.bytes(Head::of_bytes(bytes.len()).as_bytes())?;
    Ok(writer.bytes(bytes)?)
}
