//! The bytes of the store (docs/spec/storage.md).

use crate::chain::Chain;

/// Version of the format, in every header.
pub(crate) const VERSION: u8 = 1;
/// Bytes of a page header before padding.
pub(crate) const HEADER: usize = 44;
/// Bytes of a page header before its tag.
pub(crate) const FIELDS: usize = HEADER - 8;
/// Bytes of a commit entry before padding.
pub(crate) const ENTRY: usize = 8;
/// Bytes of a record beside its value: header, nonce part, tag.
pub(crate) const OVERHEAD: usize = 28;
/// Where the value starts in a record.
pub(crate) const VALUE: usize = 12;
/// Longest word that is handled, in bytes.
pub(crate) const MAX_WORD: usize = 32;
/// Longest value of the 12-bit length field.
pub(crate) const MAX_LEN: u16 = 0x0fff;

const MAGIC: [u8; 2] = *b"gb";
const CONTROL: u16 = 0xf000;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An encrypted value.
    Critical = 0,
    /// A value in clear, under a tag.
    Public = 2,
    /// No value: the key was removed.
    Removed = 4,
    /// No value: what stood here was damaged, and stays so until it is put again.
    Damaged = 6,
}

/// The first four bytes of a record, copied into its commit entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Raw parameter id.
    pub(crate) id: u16,
    /// Length of the value in bytes.
    pub(crate) len: u16,
    pub(crate) kind: Kind,
    /// More records of the same commit follow.
    pub(crate) more: bool,
    /// A copy made by the store itself: no commit of its own.
    pub(crate) copy: bool,
}

impl Record {
    /// Returns the class number.
    pub(crate) const fn class(self) -> u8 {
        (self.id >> 12) as u8
    }
}

/// What a commit entry commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// A record.
    Record(Record),
    /// Everything before is settled; what was unfinished is void; the next body starts at this word.
    Settled(u16),
    /// Like [`Item::Settled`], but the whole body that has no entry of its own counts.
    Keep(u16),
    /// Pages older than this many before this one hold nothing any more.
    Drop(u16),
    /// The records of a class up to here are gone; this is its epoch from now on.
    ClassErased(u8, u16),
}

impl Item {
    /// Writes the four bytes.
    pub(crate) const fn emit(self) -> [u8; 4] {
        let (id, value) = match self {
            Self::Record(r) => {
                let flags = (r.more as u16) | r.kind as u16 | ((r.copy as u16) << 3);
                (r.id, (r.len & MAX_LEN) | (flags << 12))
            }
            Self::Settled(word) => (CONTROL | 1, word),
            Self::Keep(word) => (CONTROL | 2, word),
            Self::Drop(distance) => (CONTROL | 3, distance),
            Self::ClassErased(class, epoch) => (CONTROL | 0x10 | (class as u16 & 15), epoch),
        };
        let ([a, b], [c, d]) = (id.to_le_bytes(), value.to_le_bytes());
        [a, b, c, d]
    }

    /// Reads the four bytes; `None` for what this version does not know.
    pub(crate) const fn parse([a, b, c, d]: [u8; 4]) -> Option<Self> {
        let (id, value) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        if id < CONTROL {
            let flags = value >> 12;
            let kind = match flags & 6 {
                0 => Kind::Critical,
                2 => Kind::Public,
                4 => Kind::Removed,
                _ => Kind::Damaged,
            };
            let (more, copy) = (flags & 1 != 0, flags & 8 != 0);
            return Some(Self::Record(Record { id, len: value & MAX_LEN, kind, more, copy }));
        }
        match id & 0x0fff {
            1 => Some(Self::Settled(value)),
            2 => Some(Self::Keep(value)),
            3 => Some(Self::Drop(value)),
            kind @ 0x10..=0x1f => Some(Self::ClassErased((kind & 15) as u8, value)),
            _ => None,
        }
    }

    /// Whether the item counts as a commit of the user, for freshness.
    pub(crate) const fn is_commit(self) -> bool {
        match self {
            Self::Record(r) => !r.more && !r.copy,
            Self::Keep(_) | Self::ClassErased(..) => true,
            Self::Settled(_) | Self::Drop(_) => false,
        }
    }
}

/// The sizes that follow from page and word size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) page: u32,
    pub(crate) word: u32,
}

/// Rounds up to whole words, a power of two of bytes. Not `next_multiple_of`, which can panic.
pub(crate) const fn round_up(bytes: u32, word: u32) -> u32 {
    let mask = word.saturating_sub(1);
    bytes.saturating_add(mask) & !mask
}

impl Shape {
    /// Rounds bytes up to whole words.
    pub(crate) const fn round_up(self, bytes: usize) -> usize {
        round_up(bytes as u32, self.word) as usize
    }

    /// Returns the bytes from one commit entry to the next.
    pub(crate) const fn stride(self) -> u32 {
        round_up(ENTRY as u32, self.word)
    }

    /// Returns where the first body starts.
    pub(crate) const fn first_body(self) -> u32 {
        round_up(HEADER as u32, self.word)
    }

    /// Returns where the entry in a slot starts; `None` where the page has no such slot.
    pub(crate) const fn slot_at(self, slot: u32) -> Option<u32> {
        match slot.checked_add(1) {
            Some(count) => match count.checked_mul(self.stride()) {
                Some(down) => self.page.checked_sub(down),
                None => None,
            },
            None => None,
        }
    }

    /// Returns the programmed bytes of a body with a value of `len` bytes.
    pub(crate) const fn body(self, len: u16) -> u32 {
        round_up((OVERHEAD as u32).saturating_add(len as u32), self.word)
    }

    /// Returns the programmed bytes of a record and its entry.
    pub(crate) const fn record(self, len: u16) -> u32 {
        self.body(len).saturating_add(self.stride())
    }

    /// Returns the bytes of a page that bodies and entries can use.
    pub(crate) const fn usable(self) -> u32 {
        self.page.saturating_sub(self.first_body()).saturating_sub(self.stride())
    }

    /// Returns where the next body starts after an item that was committed at `offset`.
    pub(crate) const fn after(self, item: Item, offset: u32) -> u32 {
        match item {
            Item::Record(r) => offset.saturating_add(self.body(r.len)),
            Item::Settled(word) | Item::Keep(word) => (word as u32).saturating_mul(self.word),
            Item::Drop(_) | Item::ClassErased(..) => offset,
        }
    }
}

/// The header of a data page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageHeader {
    pub(crate) algorithm: u8,
    /// Number of the page in the life of the store.
    pub(crate) seq: u32,
    pub(crate) salt: [u8; 8],
    /// Entries of the page before that count.
    pub(crate) before_slots: u16,
    /// How many pages before this one were live.
    pub(crate) window: u16,
    /// Chain value at the end of the page before.
    pub(crate) before_mac: u32,
    /// What the last of those entries says, in case its slot was torn.
    pub(crate) before_item: [u8; 4],
    /// Commits before this page.
    pub(crate) commits: u32,
    /// Sequence number of the vault when the page was begun.
    pub(crate) vault: u32,
}

impl PageHeader {
    /// Writes the header, with the tag over it.
    pub(crate) fn emit(&self, chain: &Chain) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        let fields: [&[u8]; 10] = [
            &[VERSION, self.algorithm],
            &MAGIC,
            &self.seq.to_le_bytes(),
            &self.salt,
            &self.before_slots.to_le_bytes(),
            &self.window.to_le_bytes(),
            &self.before_mac.to_le_bytes(),
            &self.before_item,
            &self.commits.to_le_bytes(),
            &self.vault.to_le_bytes(),
        ];
        let bytes = fields.iter().flat_map(|field| field.iter());
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let tag = chain.header(out.first_chunk().unwrap_or(&[0; FIELDS]));
        out.iter_mut().skip(FIELDS).zip(tag).for_each(|(to, from)| *to = from);
        out
    }

    /// Reads a header; `None` unless its tag is right. One flipped bit is put right.
    pub(crate) fn parse(bytes: &[u8; HEADER], chain: &Chain) -> Option<Self> {
        if bytes.iter().all(|byte| *byte == 0xff) {
            return None;
        }
        Self::parse_exact(bytes, chain).or_else(|| {
            (0..HEADER).flat_map(|at| (0..8).map(move |bit| (at, bit))).find_map(|(at, bit)| {
                let mut repaired = *bytes;
                if let Some(byte) = repaired.get_mut(at) {
                    *byte ^= 1_u8.checked_shl(bit).unwrap_or_default();
                }
                Self::parse_exact(&repaired, chain)
            })
        })
    }

    fn parse_exact(bytes: &[u8; HEADER], chain: &Chain) -> Option<Self> {
        let (fields, tag) = bytes.split_first_chunk::<FIELDS>()?;
        if chain.header(fields) != *tag.first_chunk::<8>()? {
            return None;
        }
        let [version, algorithm, m0, m1, rest @ ..] = *fields;
        if version != VERSION || [m0, m1] != MAGIC {
            return None;
        }
        let (seq, rest) = rest.split_first_chunk::<4>()?;
        let (salt, rest) = rest.split_first_chunk::<8>()?;
        let (before_slots, rest) = rest.split_first_chunk::<2>()?;
        let (window, rest) = rest.split_first_chunk::<2>()?;
        let (before_mac, rest) = rest.split_first_chunk::<4>()?;
        let (before_item, rest) = rest.split_first_chunk::<4>()?;
        let (commits, rest) = rest.split_first_chunk::<4>()?;
        let vault = rest.first_chunk::<4>()?;
        Some(Self {
            algorithm,
            seq: u32::from_le_bytes(*seq),
            salt: *salt,
            before_slots: u16::from_le_bytes(*before_slots),
            window: u16::from_le_bytes(*window),
            before_mac: u32::from_le_bytes(*before_mac),
            before_item: *before_item,
            commits: u32::from_le_bytes(*commits),
            vault: u32::from_le_bytes(*vault),
        })
    }

    /// Returns the chain value before the first entry of the page: the start of the header's tag.
    pub(crate) fn first_mac(&self, chain: &Chain) -> u32 {
        let bytes = self.emit(chain);
        let tag = bytes.get(FIELDS..).and_then(|tag| tag.first_chunk()).copied();
        u32::from_le_bytes(tag.unwrap_or_default())
    }
}
