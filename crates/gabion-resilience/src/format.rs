//! Bytes on flash. Section numbers are those of `docs/spec/resilience.md`.

use gabion_codec::{CodecError, CodecErrorKind, Crc32, Reader, Writer};
pub(crate) use gabion_flash::MAX_UNIT;

/// Longest message in bytes.
pub const MAX_MESSAGE: usize = 512;

/// A tag in bytes.
pub(crate) const TAG: usize = 16;
pub(crate) type Tag = [u8; TAG];
/// Number of the suite: everything from HMAC-SHA-256 (§2). Ids are never reused.
const SUITE: u8 = 1;

/// §3.1 Page header in bytes.
pub(crate) const HEADER: usize = 48;
/// What the tag of a page header covers, in bytes.
pub(crate) const HEADER_SIGNED: usize = 32;
const HEADER_MAGIC: [u8; 4] = *b"GbQ1";

/// §3.2 Head of a record in bytes.
pub(crate) const HEAD: usize = 8;
/// Length of the body of a mark.
pub(crate) const MARK: usize = 16;
/// Longest record in bytes.
pub(crate) const MAX_RECORD: usize = HEAD + MAX_MESSAGE + TAG;
/// What the unit after a header or a record is filled with once that is whole.
pub(crate) const COMMIT: u8 = 0xc3;
/// The value of an erased byte: the journal below knows no other.
pub(crate) const ERASED: u8 = 0xff;

/// §3.1 What a page starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) lane: u8,
    /// Tokens of the wear budget that were left.
    pub(crate) tokens: u16,
    /// Number of the page in the life of the lane.
    pub(crate) page: u32,
    /// Number of the first message of the page.
    pub(crate) first: u32,
    /// What the lane knew when the page was begun.
    pub(crate) mark: Mark,
}

impl PageHeader {
    /// The bytes that the tag covers.
    pub(crate) fn signed(&self) -> [u8; HEADER_SIGNED] {
        let mut out = [0; HEADER_SIGNED];
        let all = HEADER_MAGIC
            .into_iter()
            .chain([self.lane, SUITE])
            .chain(self.tokens.to_le_bytes())
            .chain(self.page.to_le_bytes())
            .chain(self.first.to_le_bytes())
            .chain(self.mark.emit());
        out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        out
    }

    /// Reads a header and the tag that must be checked over [`signed`](PageHeader::signed).
    pub(crate) fn parse(bytes: &[u8]) -> Result<(Self, Tag), CodecError> {
        let mut reader = Reader::new(bytes);
        reader.expect(&HEADER_MAGIC)?;
        let lane = reader.u8()?;
        reader.expect(&[SUITE])?;
        let tokens = reader.u16_le()?;
        let (page, first) = (reader.u32_le()?, reader.u32_le()?);
        let mark = Mark::parse(&mut reader)?;
        Ok((Self { lane, tokens, page, first, mark }, reader.array()?))
    }
}

/// §3.3 What a lane knows beside its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// Every message up to this number was acknowledged or is given up.
    pub(crate) acked: u32,
    /// Number of the message just before, if a power cut left it in doubt: it does not exist. 0: none.
    pub(crate) void: u32,
    /// Messages that were dropped for newer ones, in the life of the lane.
    pub(crate) dropped: u32,
    /// Messages that were refused, in the life of the lane.
    pub(crate) refused: u32,
}

impl Mark {
    pub(crate) fn emit(&self) -> [u8; MARK] {
        let mut out = [0; MARK];
        let all = [self.acked, self.void, self.dropped, self.refused];
        let bytes = all.into_iter().flat_map(u32::to_le_bytes);
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        out
    }

    pub(crate) fn parse(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok(Self {
            acked: reader.u32_le()?,
            void: reader.u32_le()?,
            dropped: reader.u32_le()?,
            refused: reader.u32_le()?,
        })
    }
}

/// §3.2 What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message.
    Message,
    /// A [`Mark`]; its number is that of the next message.
    Mark,
}

impl Kind {
    const fn code(self) -> [u8; 2] {
        match self {
            Self::Message => *b"Ms",
            Self::Mark => *b"Mk",
        }
    }
}

/// §3.2 Head of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordHead {
    pub(crate) kind: Kind,
    /// Length of the body in bytes.
    pub(crate) len: u16,
    pub(crate) number: u32,
}

impl RecordHead {
    pub(crate) fn emit(&self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        let rest = self.len.to_le_bytes().into_iter().chain(self.number.to_le_bytes());
        let all = self.kind.code().into_iter().chain(rest);
        out.iter_mut().zip(all).for_each(|(to, from)| *to = from);
        out
    }

    /// Reads a head: shape only, nothing is authentic yet.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let code = reader.array::<2>()?;
        let kind = [Kind::Message, Kind::Mark].into_iter().find(|kind| kind.code() == code);
        let kind = kind.ok_or(reader.error(CodecErrorKind::OutOfRange))?;
        let len = reader.u16_le()?;
        let fits = match kind {
            Kind::Message => len >= 1 && usize::from(len) <= MAX_MESSAGE,
            Kind::Mark => usize::from(len) == MARK,
        };
        if !fits {
            return Err(reader.error(CodecErrorKind::OutOfRange));
        }
        Ok(Self { kind, len, number: reader.u32_le()? })
    }

    /// Length of the whole record in bytes, without padding and commit.
    pub(crate) fn size(&self) -> usize {
        usize::from(self.len).saturating_add(HEAD).saturating_add(TAG)
    }
}

/// §4 One record of the boot-loop guard: the whole state, so that one record that is whole is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StartRecord {
    /// Number of the record; the highest counts.
    pub number: u32,
    /// Starts since the last stable run, this one included, saturating.
    pub attempts: u8,
    /// How many of them followed a crash, saturating.
    pub crashes: u8,
    /// Whether the next restart by software is meant.
    pub planned: bool,
    /// Number of the task that let the watchdog bite, plus one; 0: none.
    pub late: u8,
}

impl StartRecord {
    /// Length in bytes, without padding.
    pub const LEN: usize = 16;
    const MAGIC: [u8; 2] = *b"Bg";

    /// Returns the bytes.
    #[must_use]
    pub fn emit(&self) -> [u8; Self::LEN] {
        let mut out = [0; Self::LEN];
        let planned = u8::from(self.planned);
        let mut writer = Writer::new(&mut out);
        // The buffer has exactly the room; a short one would leave a record that no one accepts.
        let _whole = writer
            .bytes(&Self::MAGIC)
            .and_then(|()| writer.bytes(&[self.attempts, self.crashes, planned, self.late, 0, 0]))
            .and_then(|()| writer.u32_le(self.number));
        let crc = out.split_last_chunk::<4>().map_or(0, |(covered, _)| Crc32::of(covered));
        if let Some((_, last)) = out.split_last_chunk_mut::<4>() {
            *last = crc.to_le_bytes();
        }
        out
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`CodecError`] for anything that [`emit`](StartRecord::emit) would not have written.
    pub fn parse(bytes: &[u8; Self::LEN]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let unsound = reader.error(CodecErrorKind::OutOfRange);
        let (covered, _) = bytes.split_last_chunk::<4>().ok_or(unsound)?;
        reader.expect(&Self::MAGIC)?;
        let (attempts, crashes, planned) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let late = reader.u8()?;
        reader.expect(&[0, 0])?;
        let number = reader.u32_le()?;
        if planned > 1 || reader.u32_le()? != Crc32::of(covered) {
            return Err(unsound);
        }
        Ok(Self { number, attempts, crashes, planned: planned == 1, late })
    }
}
