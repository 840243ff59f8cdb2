//! `SECURE_VERSION`: a counter of fuses, of which this crate reads and never burns one.

use gabion_lockdown::esp::FuseWords;

/// First bit of `SECURE_VERSION` in block 0 (technical reference manuals of ESP32-C3 and ESP32-C6).
const FIRST: u32 = 142;
/// Bits of the counter: it counts to 16, once in a chip's life.
pub const SECURE_VERSION_BITS: u32 = 16;

/// Counts the burnt bits. `None` where they are no value: bits burn from the lowest on.
#[must_use]
pub const fn secure_version(words: &FuseWords) -> Option<u32> {
    let bits = words.bits(FIRST, SECURE_VERSION_BITS);
    let count = bits.trailing_ones();
    if bits.count_ones() == count { Some(count) } else { None }
}

/// A fuse would have to be burnt. This crate does not: see `gabion_lockdown::esp::plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOnly;

impl core::fmt::Display for PlanOnly {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a fuse would have to be burnt, which this port never does")
    }
}

impl core::error::Error for PlanOnly {}
