//! Less data: totals, histograms, pseudonyms (EN 303 645 6-7, 6-8).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

use std::collections::BTreeSet;

use device::*;
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_privacy::*;
use gabion_sim::{LeakScan, Off};

fn lamp() -> Lamp {
    start(&mut MemoryStore::default(), &mut Hands::default()).unwrap()
}

#[test]
fn a_total_comes_out_for_a_group_only_and_only_once() {
    let lamp = lamp();
    let permit = lamp.permit(NICKNAME, Subject::User0).unwrap();
    let mut total = Aggregate::<3>::new();
    for (who, sample) in [(0, 5), (0, -7), (1, 100), (1, 3)] {
        total.add(&permit, who, PersonalData::new(&permit, sample)).unwrap();
        assert_eq!(total.release(), None, "two people at most");
    }
    total.add(&permit, 9, PersonalData::new(&permit, 4)).unwrap();
    assert_eq!(total.release(), Some(Summary { count: 5, sum: 105, min: -7, max: 100 }));
    assert_eq!(total.release(), None, "forgotten");
    let other = lamp.permit(NICKNAME, Subject::User1).unwrap();
    let refused = total.add(&other, 0, PersonalData::new(&permit, 1));
    assert_eq!(refused, Err(Refusal::NoPermit));
}

#[test]
fn totals_do_not_overflow() {
    let lamp = lamp();
    let permit = lamp.permit(NICKNAME, Subject::User0).unwrap();
    let mut total = Aggregate::<2>::new();
    for who in [0, 1, 63, 64, 255] {
        total.add(&permit, who, PersonalData::new(&permit, i32::MIN)).unwrap();
    }
    let summary = total.release().unwrap();
    assert_eq!((summary.count, summary.sum), (5, 5 * i64::from(i32::MIN)));
}

#[test]
fn a_histogram_holds_back_what_stands_for_few() {
    let lamp = lamp();
    let permit = lamp.permit(NICKNAME, Subject::User0).unwrap();
    let mut histogram = Histogram::<4, 2>::new(10, 10);
    for (who, sample) in [(0, i32::MIN), (1, 19), (0, 20), (0, 29), (2, 45), (3, i32::MAX)] {
        histogram.add(&permit, who, PersonalData::new(&permit, sample)).unwrap();
    }
    assert_eq!(histogram.release(), [Some(2), None, None, Some(2)]);
    assert_eq!(histogram.release(), [None; 4]);
    let mut flat = Histogram::<2, 2>::new(i32::MIN, 0);
    flat.add(&permit, 0, PersonalData::new(&permit, i32::MAX)).unwrap();
    assert_eq!(flat.release(), [None; 2]);
}

#[test]
fn pseudonyms_differ_by_purpose_and_epoch_and_survive_a_reboot() {
    let mut board = new_lamp().power_on(None);
    let mut entropy = board.chip.entropy.clone();
    let mut seen = BTreeSet::new();
    let mut store = open_store(&mut board).unwrap();
    let mut names = block_on(Pseudonyms::open(&mut store, &mut entropy)).unwrap();
    for epoch in 1..6 {
        assert_eq!(names.epoch(), epoch);
        for purpose in [&SLEEP, &GREETING] {
            for who in [b"phone 1".as_slice(), b"phone 2"] {
                let name = names.of(&Software, purpose, who);
                assert_eq!(name, names.of(&Software, purpose, who));
                assert!(seen.insert(name.0), "no name stands for two");
            }
        }
        let before = names.of(&Software, &SLEEP, b"phone 1");
        names = block_on(Pseudonyms::open(&mut store, &mut entropy)).unwrap();
        assert_eq!(before, names.of(&Software, &SLEEP, b"phone 1"), "the same after a reboot");
        block_on(names.rotate(&mut store, &Software)).unwrap();
    }
    block_on(gabion_storage::Storage::erase_class(&mut store, Subject::Household.class())).unwrap();
    names = block_on(Pseudonyms::open(&mut store, &mut entropy)).unwrap();
    assert_eq!(names.epoch(), 1, "begun anew");
    assert!(seen.insert(names.of(&Software, &SLEEP, b"phone 1").0));
    assert_eq!(format!("{names:?}"), "Pseudonyms(epoch 1)");
}

#[test]
fn a_pseudonym_key_never_lies_in_clear() {
    let mut board = new_lamp().power_on(None);
    let mut entropy = board.chip.entropy.clone();
    let mut scan = LeakScan::new();
    {
        let mut store = open_store(&mut board).unwrap();
        let mut names = block_on(Pseudonyms::open(&mut store, &mut entropy)).unwrap();
        block_on(names.rotate(&mut store, &Software)).unwrap();
        scan.plant("name", &names.of(&Software, &SLEEP, b"phone 1").0);
    }
    let off: Off<Nor> = board.power_off();
    assert_eq!(scan.scan_medium(&off.medium), []);
}
