//! Records of the slot state, as `docs/spec/update.md` has them. All integers are little-endian.

use gabion_codec::{Crc32, Reader, Writer};

use crate::SlotId;

/// Length of a record's body in bytes.
pub(crate) const BODY: usize = 64;
/// Marks after each body, one flash word each.
pub(crate) const MARKS: u32 = 32;
/// The mark that makes a record count.
pub(crate) const SEAL: u32 = 0;
/// Trial: the new image is kept.
pub(crate) const CONFIRMED: u32 = 1;
/// Trial: the old image is kept.
pub(crate) const REVERTED: u32 = 2;
/// Trial: the first of the marks of which each boot of the new image takes one.
pub(crate) const FIRST_ATTEMPT: u32 = 3;
/// Most boots that a trial can have.
pub(crate) const MAX_ATTEMPTS: u8 = 16;
/// Staging: given up.
pub(crate) const ABANDONED: u32 = 1;
/// Staging: the first of the marks of progress.
pub(crate) const FIRST_PROGRESS: u32 = 2;
/// How many marks of progress there are.
pub(crate) const PROGRESS: u32 = 30;

const MAGIC: [u8; 4] = *b"gbU2";

/// The first bytes of a key's hash; zeros name no key.
///
/// A name and not a place in a list: boot loader and application are built on different days and may list different keys.
pub(crate) type KeyId = [u8; 4];
/// No key: nothing is revoked.
pub(crate) const NO_KEY: KeyId = [0; 4];

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    /// Position in time: the newest record counts.
    pub(crate) sequence: u32,
    pub(crate) kind: Kind,
    /// The slot that runs, or ran when this was written.
    pub(crate) active: SlotId,
    /// Boots that a trial has.
    pub(crate) attempts: u8,
    /// Keys listed before this one are revoked.
    pub(crate) oldest_key: KeyId,
    /// The key that signed the image in the other slot.
    pub(crate) key: KeyId,
    /// Length of that image in bytes.
    pub(crate) size: u32,
    /// The SHA-256 that names that image.
    pub(crate) digest: [u8; 32],
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: `active` runs.
    Idle,
    /// An image is written into the other slot.
    Staging,
    /// The image in the other slot is to be tried.
    Trial,
}

impl Record {
    /// Reads a body. Whatever is not exactly what [`emit`](Self::emit) writes is no record.
    pub(crate) fn parse(body: &[u8; BODY]) -> Option<Self> {
        let (sum, content) = body.split_last_chunk::<4>().map(|(content, sum)| (*sum, content))?;
        if u32::from_le_bytes(sum) != Crc32::of(content) {
            return None;
        }
        let mut reader = Reader::new(content);
        reader.expect(&MAGIC).ok()?;
        let sequence = reader.u32_le().ok()?;
        // An erase that was cut only raises bits: it cannot raise a number and its complement.
        if reader.u32_le().ok()? != !sequence {
            return None;
        }
        let kind = match reader.u8().ok()? {
            1 => Kind::Idle,
            2 => Kind::Staging,
            3 => Kind::Trial,
            _ => return None,
        };
        let active = SlotId::from_number(reader.u8().ok()?)?;
        let attempts = reader.u8().ok().filter(|attempts| *attempts <= MAX_ATTEMPTS)?;
        reader.expect(&[0]).ok()?;
        let oldest_key = reader.array().ok()?;
        let size = reader.u32_le().ok()?;
        let digest = reader.array().ok()?;
        let key = reader.array().ok()?;
        reader.finish().ok()?;
        Some(Self { sequence, kind, active, attempts, oldest_key, key, size, digest })
    }

    /// Returns the body.
    pub(crate) fn emit(&self) -> [u8; BODY] {
        let mut body = [0; BODY];
        let mut writer = Writer::new(&mut body);
        let kind = match self.kind {
            Kind::Idle => 1,
            Kind::Staging => 2,
            Kind::Trial => 3,
        };
        let fields = [kind, self.active as u8, self.attempts, 0];
        // 4 + 4 + 4 + 4 + 4 + 4 + 32 + 4 + 4 = 64: always fits. A body that were cut would have no valid sum.
        let _fits = writer
            .bytes(&MAGIC)
            .and_then(|()| writer.u32_le(self.sequence))
            .and_then(|()| writer.u32_le(!self.sequence))
            .and_then(|()| writer.bytes(&fields))
            .and_then(|()| writer.bytes(&self.oldest_key))
            .and_then(|()| writer.u32_le(self.size))
            .and_then(|()| writer.bytes(&self.digest))
            .and_then(|()| writer.bytes(&self.key));
        let sum = Crc32::of(writer.written());
        let _fits = writer.u32_le(sum);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_no_flipped_bit_does() {
        let record = Record {
            sequence: 7,
            kind: Kind::Trial,
            active: SlotId::A,
            attempts: 3,
            oldest_key: [1, 2, 3, 4],
            key: [5, 6, 7, 8],
            size: 0x1_0000,
            digest: [0x5a; 32],
        };
        let body = record.emit();
        assert_eq!(Record::parse(&body), Some(record));
        for bit in 0..BODY * 8 {
            let mut flipped = body;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Record::parse(&flipped), None, "bit {bit}");
        }
        assert_eq!(Record::parse(&[0xff; BODY]), None);
        assert_eq!(Record::parse(&[0; BODY]), None);
    }

    /// Fields that are wrong under a right sum.
    #[test]
    fn a_right_sum_is_not_enough() {
        let record = Record {
            sequence: 7,
            kind: Kind::Idle,
            active: SlotId::B,
            attempts: 3,
            oldest_key: NO_KEY,
            key: NO_KEY,
            size: 0,
            digest: [0; 32],
        };
        let wrong = [(0, b'h'), (4, 8), (8, 0), (12, 0), (12, 4), (13, 2), (14, 17), (15, 1)];
        for (at, value) in wrong {
            let mut body = record.emit();
            body[at] = value;
            let sum = Crc32::of(&body[..60]).to_le_bytes();
            body[60..].copy_from_slice(&sum);
            assert_eq!(Record::parse(&body), None, "byte {at}");
        }
    }
}
