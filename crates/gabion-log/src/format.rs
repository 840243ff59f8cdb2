//! Bytes on flash and in bundles. Section numbers are those of `docs/spec/log.md`.

use gabion_codec::{CodecError, CodecErrorKind, Reader, Writer};
pub(crate) use gabion_flash::MAX_UNIT;
use gabion_hal::{TimeQuality, WallTime};

use crate::{Entry, Lane, Stamp};

/// Number of the suite: everything from HMAC-SHA-256 (§2). Ids are never reused.
pub(crate) const SUITE: u8 = 1;

/// A tag in bytes, and what chains one record to the next.
pub(crate) const TAG: usize = 16;
pub(crate) type Tag = [u8; TAG];

/// §3.1 Page header in bytes.
pub(crate) const HEADER: usize = 48;
/// What the tag of a page header covers, in bytes.
pub(crate) const HEADER_SIGNED: usize = 32;
const HEADER_MAGIC: [u8; 4] = *b"GbL1";

/// §3.3 Key slot in bytes.
pub(crate) const SLOT: usize = 84;
/// The part of a key slot that stands in clear.
pub(crate) const SLOT_CLEAR: usize = 36;
const SLOT_MAGIC: [u8; 4] = *b"GbK1";

/// §3.2 Record: head, body, tag.
pub(crate) const RECORD_HEAD: usize = 4;
/// Most events in one record.
pub const MAX_ENTRIES: usize = 4;
/// Longest body in bytes: 16 that are fixed and 12 for each event.
pub(crate) const MAX_BODY: usize = 16 + 12 * MAX_ENTRIES;
/// Longest record in bytes.
pub(crate) const MAX_RECORD: usize = 84;
/// What the unit after a record is filled with once the record is whole.
pub(crate) const COMMIT: u8 = 0xc3;

/// What a page starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) lane: Lane,
    pub(crate) epoch: u32,
    /// Whether nothing before this page is left: the first page after a format or a wipe.
    pub(crate) fresh: bool,
    /// Number of the first record of the page.
    pub(crate) first: u32,
    /// Tag of the last record of the page before.
    pub(crate) previous: Tag,
    /// Tag over the rest, under the epoch's key.
    pub(crate) tag: Tag,
}

impl PageHeader {
    /// The bytes that the tag covers.
    pub(crate) fn signed(&self) -> [u8; HEADER_SIGNED] {
        let mut out = [0; HEADER_SIGNED];
        let mut writer = Writer::new(&mut out);
        let _fits = (|| {
            writer.bytes(&HEADER_MAGIC)?;
            writer.bytes(&[SUITE, self.lane as u8, u8::from(self.fresh), 0])?;
            writer.u32_le(self.epoch)?;
            writer.u32_le(self.first)?;
            writer.bytes(&self.previous)
        })();
        out
    }

    pub(crate) fn emit(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let (signed, tag) = out.split_at_mut(HEADER_SIGNED);
        signed.copy_from_slice(&self.signed());
        tag.copy_from_slice(&self.tag);
        out
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&HEADER_MAGIC).ok()?;
        reader.expect(&[SUITE]).ok()?;
        let lane = Lane::from_number(reader.u8().ok()?)?;
        let fresh = parse_flag(&mut reader)?;
        Some(Self {
            lane,
            fresh,
            epoch: reader.u32_le().ok()?,
            first: reader.u32_le().ok()?,
            previous: reader.array().ok()?,
            tag: reader.array().ok()?,
        })
    }
}

/// The clear part of a key slot: what a page header is made from, and the boot number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotHead {
    pub(crate) lane: Lane,
    pub(crate) epoch: u32,
    pub(crate) fresh: bool,
    pub(crate) first: u32,
    pub(crate) boot: u32,
    pub(crate) previous: Tag,
}

impl SlotHead {
    pub(crate) fn emit(&self) -> [u8; SLOT_CLEAR] {
        let mut out = [0; SLOT_CLEAR];
        let mut writer = Writer::new(&mut out);
        let _fits = (|| {
            writer.bytes(&SLOT_MAGIC)?;
            writer.bytes(&[SUITE, self.lane as u8, u8::from(self.fresh), 0])?;
            writer.u32_le(self.epoch)?;
            writer.u32_le(self.first)?;
            writer.u32_le(self.boot)?;
            writer.bytes(&self.previous)
        })();
        out
    }

    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        reader.expect(&SLOT_MAGIC).ok()?;
        reader.expect(&[SUITE]).ok()?;
        let lane = Lane::from_number(reader.u8().ok()?)?;
        let fresh = parse_flag(&mut reader)?;
        Some(Self {
            lane,
            fresh,
            epoch: reader.u32_le().ok()?,
            first: reader.u32_le().ok()?,
            boot: reader.u32_le().ok()?,
            previous: reader.array().ok()?,
        })
    }
}

fn parse_flag(reader: &mut Reader<'_>) -> Option<bool> {
    match reader.array().ok()? {
        [0, 0] => Some(false),
        [1, 0] => Some(true),
        _ => None,
    }
}

/// A record as it lies on flash: sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SealedRecord {
    /// Lower 16 bits of its number.
    pub(crate) number: u16,
    /// Length of the body in bytes.
    pub(crate) len: u8,
    pub(crate) body: [u8; MAX_BODY],
    pub(crate) tag: Tag,
}

impl SealedRecord {
    /// Length on flash in bytes, without padding.
    pub(crate) fn size(&self) -> usize {
        RECORD_HEAD.saturating_add(usize::from(self.len)).saturating_add(TAG)
    }

    /// The body without its unused rest.
    pub(crate) fn body(&self) -> &[u8] {
        self.body.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(crate) fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        let mut writer = Writer::new(out);
        writer.bytes(&head(self.len, self.number))?;
        writer.bytes(self.body())?;
        writer.bytes(&self.tag)?;
        Ok(writer.position())
    }

    /// Length of the record that starts with these four bytes, if one does.
    pub(crate) fn peek(bytes: &[u8]) -> Option<usize> {
        let [len, check, a, b] = *bytes.first_chunk::<4>()?;
        let allowed = matches!(len, 28 | 40 | 52 | 64);
        (allowed && head(len, u16::from_le_bytes([a, b])) == [len, check, a, b])
            .then(|| RECORD_HEAD.saturating_add(usize::from(len)).saturating_add(TAG))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        if Self::peek(bytes).is_none() {
            return Err(reader.error(CodecErrorKind::Unexpected));
        }
        let len = reader.u8()?;
        reader.skip(1)?;
        let number = reader.u16_le()?;
        let mut body = [0; MAX_BODY];
        let source = reader.bytes(usize::from(len))?;
        body.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
        Ok(Self { number, len, body, tag: reader.array()? })
    }
}

/// Length, check byte, number. The check byte is a sieve for scans; the tag is what protects.
fn head(len: u8, number: u16) -> [u8; RECORD_HEAD] {
    let [a, b] = number.to_le_bytes();
    [len, !(len ^ a.rotate_left(1) ^ b.rotate_left(3)) ^ 0x5a, a, b]
}

/// §3.2 What the tag of a record covers before its body.
pub(crate) fn record_context(
    lane: Lane,
    epoch: u32,
    number: u32,
    len: u8,
    previous: &Tag,
) -> [u8; 27] {
    let mut out = [0; 27];
    let mut writer = Writer::new(&mut out);
    let _fits = (|| {
        writer.bytes(&[b'R', lane as u8])?;
        writer.u32_le(epoch)?;
        writer.u32_le(number)?;
        writer.u8(len)?;
        writer.bytes(previous)
    })();
    out
}

/// Wall time on flash: seconds and quality, `0` and `0xff` when unknown.
pub(crate) fn emit_wall(wall: Option<WallTime>, writer: &mut Writer<'_>) -> Result<(), CodecError> {
    let (seconds, quality) = wall.map_or((0, 0xff), |wall| {
        (u32::try_from(wall.unix_seconds).unwrap_or(u32::MAX), wall.quality as u8)
    });
    writer.u32_le(seconds)?;
    writer.u8(quality)
}

pub(crate) fn parse_wall(reader: &mut Reader<'_>) -> Result<Option<WallTime>, CodecError> {
    let unix_seconds = u64::from(reader.u32_le()?);
    let error = reader.error(CodecErrorKind::OutOfRange);
    let quality = match reader.u8()? {
        0 => TimeQuality::Floor,
        1 => TimeQuality::Unauthenticated,
        2 => TimeQuality::Authenticated,
        0xff if unix_seconds == 0 => return Ok(None),
        _ => return Err(error),
    };
    Ok(Some(WallTime { unix_seconds, quality }))
}

/// §3.4 Writes a body and returns its length in bytes.
pub(crate) fn emit_body(
    stamp: &Stamp,
    entries: &[Entry],
    out: &mut [u8; MAX_BODY],
) -> Result<u8, CodecError> {
    let mut writer = Writer::new(out);
    writer.u32_le(stamp.boot)?;
    writer.u32_le(stamp.uptime_ds)?;
    emit_wall(stamp.wall, &mut writer)?;
    writer.u8(0)?;
    writer.u16_le(stamp.lost)?;
    for entry in entries {
        writer.u16_le(entry.event.kind.code())?;
        writer.u16_le(entry.event.detail)?;
        writer.bytes(&[entry.event.severity as u8, entry.event.source as u8])?;
        writer.u16_le(entry.count)?;
        writer.u32_le(entry.uptime_ds)?;
    }
    u8::try_from(writer.position()).map_err(|_| writer.error(CodecErrorKind::TooLarge))
}

/// §5 Bundle.
pub(crate) const BUNDLE_MAGIC: [u8; 4] = *b"GbB1";
/// Fixed part of a bundle's payload in bytes.
pub(crate) const BUNDLE_HEADER: usize = 144;
/// Stands before a page header in a bundle.
pub(crate) const PAGE_MARK: u8 = b'P';
/// Stands before a record in a bundle.
pub(crate) const RECORD_MARK: u8 = b'R';
