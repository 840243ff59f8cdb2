//! The decisions of the port: tables of fuses and numbers, and what follows from them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

use gabion_esp::{KeyBlockError, decode, secure_version, upstream_key};
use gabion_hal::ResetReason;
use gabion_lockdown::esp::FuseWords;

fn with(first: u32, count: u32, value: u32) -> FuseWords {
    let mut words = [0; 6];
    for bit in 0..count {
        let at = first + bit;
        words[(at / 32) as usize] |= (value >> bit & 1) << (at % 32);
    }
    FuseWords(words)
}

fn and(a: FuseWords, b: FuseWords) -> FuseWords {
    FuseWords(core::array::from_fn(|n| a.0[n] | b.0[n]))
}

#[test]
fn only_a_block_for_software_that_software_cannot_read_is_a_root_key() {
    for block in 0..6 {
        let closed = with(32 + block, 1, 1);
        for purpose in 0..16 {
            let words = and(closed, with(88 + 4 * block, 4, purpose));
            let expected = if purpose == 8 { Ok(block as u8) } else { Err(KeyBlockError::None) };
            assert_eq!(upstream_key(&words), expected, "block {block} purpose {purpose}");
        }
        assert_eq!(upstream_key(&with(88 + 4 * block, 4, 8)), Err(KeyBlockError::Readable));
    }
}

#[test]
fn a_readable_key_does_not_hide_a_good_one() {
    let words = and(and(with(88, 4, 8), with(88 + 12, 4, 8)), with(32 + 3, 1, 1));
    assert_eq!(upstream_key(&words), Ok(3));
}

#[test]
fn secure_version_counts_from_the_lowest_bit_and_takes_nothing_else() {
    for version in 0..=16 {
        let bits = (1_u32 << version) - 1;
        assert_eq!(secure_version(&with(142, 16, bits)), Some(version));
    }
    for bits in [0b10, 0b101, 0x8000, 0xfffe] {
        assert_eq!(secure_version(&with(142, 16, bits)), None, "{bits:#x}");
    }
    // The neighbours do not count.
    assert_eq!(secure_version(&and(with(141, 1, 1), with(158, 1, 1))), Some(0));
}

#[test]
fn reset_sources_of_the_manual_are_known_and_others_are_not() {
    let table = [
        (0x01, ResetReason::PowerOn),
        (0x03, ResetReason::Software),
        (0x05, ResetReason::Wake),
        (0x07, ResetReason::Watchdog),
        (0x0c, ResetReason::Software),
        (0x0f, ResetReason::BrownOut),
        (0x12, ResetReason::Watchdog),
        (0x13, ResetReason::Fault),
        (0x16, ResetReason::Debug),
        (0x17, ResetReason::Fault),
        (0x00, ResetReason::Unknown),
        (0x02, ResetReason::Unknown),
        (u32::MAX, ResetReason::Unknown),
    ];
    for (source, reason) in table {
        assert_eq!(decode(source), reason, "{source:#x}");
    }
}
