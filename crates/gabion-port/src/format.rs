//! Bytes on flash: `docs/spec/port.md`. Everything is little-endian, in words of 4 bytes.

/// Pages of a counter.
pub const COUNTER_PAGES: u32 = 2;
/// Bytes of the record in a root key's page.
pub const ROOT_PAGE_LEN: usize = 4 + 32 + 4;

/// Bytes of a word.
pub(crate) const WORD: u32 = 4;
/// §1 What the word that makes a counter page valid is made from: `GCT1`.
const COUNTER_MAGIC: u32 = u32::from_le_bytes(*b"GCT1");
/// §1 Bytes of a counter page's header: base, its complement, seal, and a word that is never written.
pub(crate) const COUNTER_HEADER: u32 = 16;
/// §2 The first word of a root key's page: `GRK1`.
pub(crate) const ROOT_MAGIC: u32 = u32::from_le_bytes(*b"GRK1");

/// A word that was never programmed.
pub(crate) const BLANK: u32 = u32::MAX;

/// §1 The header of a counter page that begins at `base`; the last word is written last.
pub(crate) const fn counter_header(base: u32) -> [u32; 3] {
    [base, !base, COUNTER_MAGIC ^ base.rotate_left(16)]
}

/// §1 Reads a header: the base, or `None` where there is none or not all of one.
pub(crate) fn parse_counter_header(words: [u32; 3]) -> Option<u32> {
    let [base, ..] = words;
    (words == counter_header(base)).then_some(base)
}

/// The check word of a root key: a sum over the key that no erased, zeroed or half-written record satisfies by its shape.
/// It finds accidents; who can write the page needs no key at all.
pub(crate) fn root_check(key: &[u8; 32]) -> u32 {
    let mut sum = 0x811c_9dc5_u32;
    for byte in key {
        sum = (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193).rotate_left(5);
    }
    sum
}
