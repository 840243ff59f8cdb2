//! The bytes of the journal (docs/spec/flash.md).

/// Longest word or read unit in bytes that the middleware handles.
pub(crate) const MAX_WORD: usize = 32;

/// Bytes of an entry before padding.
pub(crate) const ENTRY: usize = 12;

/// Longest entry in bytes, padding included.
pub(crate) const MAX_ENTRY: usize = 64;

/// Fewest entries that fit into a journal page: a recovery that starts on a fresh page must end on it.
pub(crate) const MIN_SLOTS: u32 = 8;

/// What an entry says. The page number has 28 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The page is about to be erased.
    Intent(u32),
    /// No erase is under way. Written first of a pair.
    Done,
    /// The second of the pair: written only after [`Entry::Done`] was whole.
    Settled,
}

const INTENT: u32 = 0x1000_0000;
const DONE: u32 = 0x2000_0000;
const SETTLED: u32 = 0x3000_0000;
const KIND: u32 = 0xf000_0000;
const PAGE: u32 = 0x0fff_ffff;

impl Entry {
    /// Writes the entry for a slot of a page generation.
    pub(crate) fn emit(self, generation: u32, slot: u32) -> [u8; ENTRY] {
        let word = match self {
            Self::Intent(page) => INTENT | (page & PAGE),
            Self::Done => DONE,
            Self::Settled => SETTLED,
        };
        let ([a, b, c, d], [e, f, g, h]) = (word.to_le_bytes(), generation.to_le_bytes());
        let [i, j, k, l] = checksum([a, b, c, d, e, f, g, h], slot).to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// Reads the entry and the generation of its page; `None` for whatever was not written whole for this slot.
    pub(crate) fn parse(bytes: &[u8; ENTRY], slot: u32) -> Option<(Self, u32)> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
        if checksum([a, b, c, d, e, f, g, h], slot) != u32::from_le_bytes([i, j, k, l]) {
            return None;
        }
        let word = u32::from_le_bytes([a, b, c, d]);
        let entry = match (word & KIND, word & PAGE) {
            (INTENT, page) => Self::Intent(page),
            (DONE, 0) => Self::Done,
            (SETTLED, 0) => Self::Settled,
            _ => return None,
        };
        Some((entry, u32::from_le_bytes([e, f, g, h])))
    }
}

/// CRC-32 over the format's name, the eight bytes and the slot number.
fn checksum(bytes: [u8; 8], slot: u32) -> u32 {
    let crc = crc32(0, b"gbJ1");
    crc32(crc32(crc, &bytes), &slot.to_le_bytes())
}

/// CRC-32 of ISO-HDLC (IEEE 802.3), continued from an earlier one (0 to start).
fn crc32(before: u32, bytes: &[u8]) -> u32 {
    let mut crc = !before;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let low = crc & 1;
            crc >>= 1;
            if low == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_has_the_check_value_of_its_catalogue() {
        assert_eq!(crc32(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(crc32(0, b"1234"), b"56789"), 0xcbf4_3926);
    }

    #[test]
    fn an_entry_is_valid_in_its_own_slot_only() {
        for entry in [Entry::Intent(0), Entry::Intent(PAGE), Entry::Done, Entry::Settled] {
            let bytes = entry.emit(7, 3);
            assert_eq!(Entry::parse(&bytes, 3), Some((entry, 7)));
            assert_eq!(Entry::parse(&bytes, 4), None);
        }
        assert_eq!(Entry::parse(&[0xff; ENTRY], 0), None);
        assert_eq!(Entry::parse(&[0; ENTRY], 0), None);
    }

    #[test]
    fn no_flipped_bit_leaves_an_entry_valid() {
        let bytes = Entry::Intent(5).emit(1, 2);
        for bit in 0..ENTRY * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Entry::parse(&flipped, 2), None);
        }
    }
}
