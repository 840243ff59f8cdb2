//! Bytes on the wire and in the store (docs/spec/oscore.md).

use gabion_codec::Reader;

use crate::{Id, OscoreRefusal};

/// Numbers have 40 bits (RFC 8613 §7.2.1).
pub(crate) const NUMBERS: u64 = 1 << 40;
/// The tag of AES-CCM-16-64-128.
pub(crate) const TAG: usize = 8;
/// `AES-CCM-16-64-128` in the COSE registry.
pub(crate) const ALGORITHM: u8 = 10;
/// The longest value of an OSCORE option: flags, number, context with its length, id.
pub(crate) const MAX_OPTION: usize = 1 + 5 + 1 + Id::MAX_CONTEXT + Id::MAX;

/// The value of an OSCORE option (§6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OscoreOption<'a> {
    pub(crate) number: Option<u64>,
    pub(crate) context: Option<&'a [u8]>,
    pub(crate) id: Option<&'a [u8]>,
}

/// A partial IV: a number in as few bytes as it takes, at least one (§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartialIv {
    bytes: [u8; 5],
    from: usize,
}

impl PartialIv {
    pub(crate) fn new(number: u64) -> Self {
        let [_, _, _, bytes @ ..] = number.to_be_bytes();
        let from = bytes.iter().position(|byte| *byte != 0).unwrap_or(4);
        Self { bytes, from }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.from..).unwrap_or_default()
    }

    /// Padded on the left.
    pub(crate) const fn padded(&self) -> &[u8; 5] {
        &self.bytes
    }
}

impl<'a> OscoreOption<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Result<Self, OscoreRefusal> {
        let none = Self { number: None, context: None, id: None };
        if value.is_empty() {
            return Ok(none);
        }
        let malformed = |_| OscoreRefusal::Malformed;
        let mut reader = Reader::new(value);
        let flags = reader.u8().map_err(malformed)?;
        let (has_id, has_context, length) = (flags & 8 != 0, flags & 16 != 0, flags & 7);
        // Reserved bits and lengths; and nothing at all is said by no bytes at all.
        if flags & 0xe0 != 0 || length > 5 || flags == 0 {
            return Err(OscoreRefusal::Malformed);
        }
        let number = match reader.bytes(usize::from(length)).map_err(malformed)? {
            [] => None,
            // In as few bytes as it takes.
            [0, _, ..] => return Err(OscoreRefusal::Malformed),
            bytes => Some(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))),
        };
        let context = if has_context {
            let length = reader.u8().map_err(malformed)?;
            Some(reader.bytes(usize::from(length)).map_err(malformed)?)
        } else {
            None
        };
        let id = has_id.then(|| reader.rest());
        reader.finish().map_err(malformed)?;
        Ok(Self { number, context, id })
    }

    /// Writes it and returns how long it is; `None` without room.
    pub(crate) fn emit(&self, out: &mut [u8; MAX_OPTION]) -> Option<usize> {
        let iv = self.number.map(PartialIv::new);
        let number = iv.as_ref().map_or(&[][..], PartialIv::as_bytes);
        let mut flags = u8::try_from(number.len()).ok()?;
        let context_length = [u8::try_from(self.context.map_or(0, <[u8]>::len)).ok()?];
        let mut parts: [&[u8]; 4] = [number, &[], &[], &[]];
        if let Some(context) = self.context {
            flags |= 16;
            parts[1] = &context_length;
            parts[2] = context;
        }
        if let Some(id) = self.id {
            flags |= 8;
            parts[3] = id;
        }
        if flags == 0 {
            return Some(0);
        }
        let mut places = out.iter_mut();
        *places.next()? = flags;
        for byte in parts.into_iter().flatten() {
            *places.next()? = *byte;
        }
        MAX_OPTION.checked_sub(places.len())
    }
}
