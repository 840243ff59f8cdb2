//! CRC-32 as in IEEE 802.3, zlib and PNG: finds accidents, never attacks.

/// Sixteen entries: 64 bytes of flash, two look-ups per byte.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const TABLE: [u32; 16] = {
    let mut table = [0; 16];
    let mut index = 0_u32;
    while index < 16 {
        let mut value = index;
        let mut bit = 0;
        while bit < 4 {
            value = if value & 1 == 0 { value >> 1 } else { (value >> 1) ^ 0xedb8_8320 };
            bit += 1;
        }
        table[index as usize] = value;
        index += 1;
    }
    table
};

/// A running CRC-32 (polynomial 0x04c11db7 reflected, initial and final XOR of all ones).
///
/// # Security
///
/// Whoever can change the data can change the sum. Use it against torn writes and worn flash, and a MAC against people.
///
/// # Examples
///
/// ```
/// use gabion_codec::Crc32;
///
/// assert_eq!(Crc32::of(b"123456789"), 0xcbf4_3926);
/// ```
#[derive(Debug, Clone)]
pub struct Crc32(u32);

impl Crc32 {
    /// Starts.
    #[must_use]
    pub const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Returns the sum of one slice.
    #[must_use]
    pub fn of(data: &[u8]) -> u32 {
        let mut crc = Self::new();
        crc.update(data);
        crc.finish()
    }

    /// Takes in more bytes.
    pub fn update(&mut self, data: &[u8]) {
        for &byte in data {
            self.0 = half(half(self.0 ^ u32::from(byte)));
        }
    }

    /// Ends and returns the sum.
    #[must_use]
    pub const fn finish(self) -> u32 {
        !self.0
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes in four bits.
#[expect(clippy::indexing_slicing, reason = "four bits index sixteen entries")]
const fn half(state: u32) -> u32 {
    (state >> 4) ^ TABLE[(state & 15) as usize]
}
