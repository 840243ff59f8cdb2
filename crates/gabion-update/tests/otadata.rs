//! ESP-IDF's two copies.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use gabion_update::{OTADATA_LEN, OtaEntry, OtaSelection, OtaState};

const ERASED: [u8; OTADATA_LEN] = [0xff; OTADATA_LEN];

fn entry(sequence: u32, state: OtaState) -> OtaEntry {
    OtaEntry { sequence, state }
}

#[test]
fn the_sums_are_those_of_esp_idf() {
    let copy = entry(1, OtaState::Undefined).emit();
    assert_eq!(copy[..4], [1, 0, 0, 0]);
    assert_eq!(copy[4..28], [0xff; 24]);
    assert_eq!(copy[28..], 0x4743_989a_u32.to_le_bytes());
    assert_eq!(entry(2, OtaState::New).emit()[28..], 0x55f6_3774_u32.to_le_bytes());
}

#[test]
fn the_newer_copy_counts_unless_its_image_was_given_up() {
    let read = |a: OtaEntry, b: OtaEntry| {
        OtaSelection::read([&a.emit(), &b.emit()]).map(|found| (found.copy, found.entry.sequence))
    };
    assert_eq!(read(entry(4, OtaState::Valid), entry(5, OtaState::New)), Some((1, 5)));
    assert_eq!(read(entry(6, OtaState::PendingVerify), entry(5, OtaState::Valid)), Some((0, 6)));
    assert_eq!(read(entry(4, OtaState::Valid), entry(5, OtaState::Aborted)), Some((0, 4)));
    assert_eq!(read(entry(4, OtaState::Invalid), entry(5, OtaState::Aborted)), None);
    assert_eq!(OtaSelection::read([&ERASED, &ERASED]), None);
}

/// esp-hal issue 5767: one corrupt copy was an error although the other was good. Each copy, each bit.
#[test]
fn esp_hal_5767_one_corrupt_copy_falls_back_to_the_other() {
    let (old, new) = (entry(4, OtaState::Valid), entry(5, OtaState::Valid));
    for bit in 0..OTADATA_LEN * 8 {
        let flip = |entry: OtaEntry| {
            let mut bytes = entry.emit();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let label = (4..24).contains(&(bit / 8));
        let damaged_new = OtaSelection::read([&old.emit(), &flip(new)]).unwrap();
        // The label is nobody's; a flipped state may be another state, and then counts as what it says.
        let state = OtaEntry::parse(&flip(new)).is_some();
        if label {
            assert_eq!(damaged_new.entry, new, "bit {bit}");
        } else if !state {
            assert_eq!(damaged_new.entry, old, "bit {bit}");
        } else {
            assert!((24..28).contains(&(bit / 8)), "bit {bit}");
        }
        let damaged_old = OtaSelection::read([&flip(old), &new.emit()]).unwrap();
        assert_eq!(damaged_old.entry, new, "bit {bit}");
    }
}

#[test]
fn a_switch_names_the_slot_and_never_writes_the_copy_that_counts() {
    for slots in 1..=5 {
        let mut present = None;
        let mut copies = [ERASED; 2];
        for step in 0..40_u32 {
            let wanted = step.wrapping_mul(7) % slots;
            let (copy, next) = OtaSelection::switch(present, wanted, slots).unwrap();
            if let Some(OtaSelection { copy: counts, .. }) = present {
                assert_ne!(copy, counts);
            }
            assert_eq!(next.slot(slots), Some(wanted));
            // A cut while this copy is erased and written leaves the old choice.
            let mut cut = copies;
            cut[copy] = ERASED;
            assert_eq!(OtaSelection::read([&cut[0], &cut[1]]), present);
            copies[copy] = next.emit();
            present = OtaSelection::read([&copies[0], &copies[1]]);
            assert_eq!(present.unwrap().entry, next);
        }
    }
    assert_eq!(OtaSelection::switch(None, 2, 2), None);
    let last = OtaSelection { copy: 0, entry: entry(u32::MAX - 1, OtaState::Valid) };
    assert_eq!(OtaSelection::switch(Some(last), 0, 2), None);
}
