//! MCUboot's trailers.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_boot::{Mark, Swap, Trailer, swap, trailer_len};

/// The reference gives these bytes; the first one is also in a sample that imgtool made.
const MAGIC: [&str; 2] = ["77c295f360d2ef7f3552500f2cb67980", "10002de15d29410b8d77679c110f1f8a"];

#[test]
fn a_slot_that_imgtool_confirmed() {
    let sample = support::sample("public-05");
    assert_eq!(sample.bytes.len(), 16384);
    let trailer = Trailer::parse(&sample.bytes[16384 - trailer_len(8)..], 8).unwrap();
    assert_eq!(
        (trailer.magic, trailer.image_ok, trailer.copy_done),
        (Mark::Set, Mark::Set, Mark::Unset)
    );
    assert_eq!(Trailer::parse(&sample.bytes, 8), Ok(trailer), "more bytes are fine");
    assert_eq!(Trailer::parse(&sample.bytes, 16).unwrap().magic, Mark::Bad, "another alignment");
    assert!(Trailer::parse(&sample.bytes, 4).is_err());
    assert!(Trailer::parse(&sample.bytes[16384 - 31..], 8).is_err());
}

fn slot(magic: &str, image_ok: u8, copy_done: u8, align: usize) -> Trailer {
    // image_ok stands at align_down(size - 16 - align, align), copy_done one unit above.
    let mut end = vec![0xff; 128];
    let place = (128 - 16 - align) / align * align;
    end[place] = image_ok;
    end[place - align] = copy_done;
    end[112..].copy_from_slice(&support::unhex(magic));
    Trailer::parse(&end, align).unwrap()
}

#[test]
fn the_decision_table() {
    let erased = "ff".repeat(16);
    for (magic, align) in MAGIC.into_iter().zip([8, 16, 32]) {
        let none = slot(&erased, 0xff, 0xff, align);
        assert_eq!(swap(none, slot(magic, 0xff, 0xff, align)), Swap::Test);
        assert_eq!(swap(none, slot(magic, 0x01, 0xff, align)), Swap::Permanent);
        assert_eq!(swap(slot(magic, 0xff, 0x01, align), none), Swap::Revert);
        assert_eq!(swap(slot(magic, 0x01, 0x01, align), none), Swap::None);
        assert_eq!(swap(slot(magic, 0xff, 0xff, align), none), Swap::None);
        assert_eq!(swap(none, none), Swap::None);
        // A swap that is asked for comes before a revert.
        assert_eq!(
            swap(slot(magic, 0xff, 0x01, align), slot(magic, 0xff, 0xff, align)),
            Swap::Test
        );
        // Half written fields ask for nothing.
        assert_eq!(swap(none, slot(magic, 0x03, 0xff, align)), Swap::None);
        assert_eq!(swap(slot(magic, 0x0f, 0x01, align), none), Swap::None);
    }
}

#[test]
fn a_magic_with_any_bit_flipped_asks_for_nothing() {
    let none = slot(&"ff".repeat(16), 0xff, 0xff, 8);
    for bit in 0..128 {
        let mut magic = support::unhex(MAGIC[0]);
        magic[bit / 8] ^= 1 << (bit % 8);
        let magic: String = magic.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(swap(none, slot(&magic, 0xff, 0xff, 8)), Swap::None, "bit {bit}");
    }
}
