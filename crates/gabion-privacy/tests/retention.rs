//! Time and its limits: never early, never for ever, whatever the clocks say.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

use device::*;
use gabion_flash::block_on;
use gabion_hal::{TimeQuality, WallTime};
use gabion_privacy::*;

const ADA: Subject = Subject::User0;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const START: u64 = 1_800_000_000;
/// The limit of [`SNORING`].
const LIMIT: u64 = 30 * DAY;

/// A lamp with one night's snoring, stored at a time of this quality.
fn lamp(quality: Option<TimeQuality>) -> (MemoryStore, Hands, Lamp) {
    let mut people = People::at_home();
    let mut store = MemoryStore::default();
    let mut clock = quality.map_or(Hands::default(), |quality| Hands::at(START, quality));
    let mut lamp = start(&mut store, &mut clock).unwrap();
    let by = people.ada();
    block_on(lamp.answer(ports!(&mut store, &mut clock), by, ADA, &SLEEP, Answer::Yes)).unwrap();
    block_on(keep(&lamp, &mut store, &mut clock, (SNORING, ADA), &[3])).unwrap();
    (store, clock, lamp)
}

/// Sweeps one round; tells what was removed and how the round ended.
fn round(store: &mut MemoryStore, clock: &mut Hands, lamp: &mut Lamp) -> (usize, Swept) {
    let mut removed = 0;
    for _ in 0..20 {
        let before = store.commits;
        match block_on(lamp.sweep(ports!(store, clock))).unwrap() {
            Swept::Removed(name, subject) => {
                assert_eq!((name, subject), ("SNORING", ADA));
                removed += 1;
            }
            end @ Swept::RoundEnded { .. } => return (removed, end),
            _ => {}
        }
        assert!(store.commits - before <= 1, "the work of a step is bounded");
    }
    panic!("the round does not end");
}

fn ended(doubtful: u16, undated: u16) -> Swept {
    Swept::RoundEnded { doubtful, undated, unreadable: 0 }
}

#[test]
fn a_trusted_clock_deletes_on_the_second() {
    let (mut store, mut clock, _) = lamp(Some(TimeQuality::Authenticated));
    // Off for a month but a second.
    clock = Hands { uptime_s: 0, wall: clock.wall };
    clock.wall.as_mut().unwrap().unix_seconds += LIMIT - 1;
    let mut lamp = start(&mut store, &mut clock).unwrap();
    assert_eq!(round(&mut store, &mut clock, &mut lamp), (0, ended(0, 0)));
    clock.pass(1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp), (1, ended(0, 0)));
    assert!(!store.values.contains_key(&0x8001));
    assert_eq!(round(&mut store, &mut clock, &mut lamp), (0, ended(0, 0)));
}

#[test]
fn a_floor_is_enough_to_be_certain() {
    let (mut store, _, _) = lamp(Some(TimeQuality::Authenticated));
    let mut clock = Hands::at(START + LIMIT, TimeQuality::Floor);
    let mut lamp = start(&mut store, &mut clock).unwrap();
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
}

#[test]
fn a_clock_that_anybody_can_set_deletes_nothing_early_and_is_told() {
    for (then, now) in [
        (Some(TimeQuality::Authenticated), TimeQuality::Unauthenticated),
        (Some(TimeQuality::Unauthenticated), TimeQuality::Authenticated),
        (Some(TimeQuality::Floor), TimeQuality::Authenticated),
    ] {
        let (mut store, _, _) = lamp(then);
        let mut clock = Hands::at(START + 100 * DAY, now);
        let mut lamp = start(&mut store, &mut clock).unwrap();
        assert_eq!(round(&mut store, &mut clock, &mut lamp), (0, ended(1, 1)), "{then:?} {now:?}");
        // Where the maker chose so, doubt deletes.
        let ports = ports!(&mut store, &mut clock);
        let mut lamp = block_on(Lamp::open(INVENTORY, Doubt::Delete, ports)).unwrap();
        assert_eq!(round(&mut store, &mut clock, &mut lamp), (1, ended(0, 0)));
    }
}

#[test]
fn without_any_clock_powered_time_counts_over_reboots() {
    let (mut store, mut clock, mut lamp) = lamp(None);
    let mut days = 0;
    // On for five hours a day, swept every ten minutes.
    'life: loop {
        for _ in 0..30 {
            clock.pass(HOUR / 6);
            let (removed, end) = round(&mut store, &mut clock, &mut lamp);
            if removed > 0 {
                break 'life;
            }
            assert_eq!(end, ended(0, 1), "told that only powered time counts");
        }
        days += 1;
        clock = Hands::default();
        lamp = start(&mut store, &mut clock).unwrap();
    }
    // 720 hours of power are 144 such days; at most half of each is forgotten.
    assert!((144..=288).contains(&days), "{days} days");
    println!("five hours a day, without a clock: deleted after {days} days");
}

#[test]
fn powered_time_that_is_saved_before_the_power_goes_is_never_forgotten() {
    let (mut store, mut clock, mut lamp) = lamp(None);
    for _ in 0..LIMIT / 30 - 1 {
        clock.pass(30);
        block_on(lamp.save_powered(ports!(&mut store, &mut clock))).unwrap();
        assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0);
        clock = Hands::default();
        lamp = start(&mut store, &mut clock).unwrap();
    }
    clock.pass(30);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
}

#[test]
fn the_powered_clock_is_written_rarely() {
    let (mut store, mut clock, mut lamp) = lamp(Some(TimeQuality::Unauthenticated));
    let before = store.commits;
    for _ in 0..10 * 24 * 6 {
        clock.pass(HOUR / 6);
        round(&mut store, &mut clock, &mut lamp);
    }
    let written = store.commits - before;
    assert!((40..=50).contains(&written), "{written} commits in ten days");
}

#[test]
fn opening_twice_in_a_boot_counts_nothing_twice() {
    let (mut store, mut clock, mut lamp) = lamp(None);
    for _ in 0..29 {
        clock.pass(DAY);
        round(&mut store, &mut clock, &mut lamp);
        block_on(lamp.save_powered(ports!(&mut store, &mut clock))).unwrap();
        lamp = start(&mut store, &mut clock).unwrap();
    }
    clock.pass(DAY - 1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0);
    clock.pass(1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
}

#[test]
fn a_lost_powered_clock_catches_up_with_what_it_stamped() {
    let (mut store, mut clock, mut lamp) = lamp(None);
    clock.pass(10 * DAY);
    round(&mut store, &mut clock, &mut lamp);
    block_on(keep(&lamp, &mut store, &mut clock, (SNORING, ADA), &[4])).unwrap();
    store.values.remove(&0x2f60);
    clock = Hands::default();
    let late = (store.clone(), clock);
    lamp = start(&mut store, &mut clock).unwrap();
    // The first look finds the stamp ahead: from there the time runs.
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0);
    clock.pass(LIMIT - 1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0, "never early");
    clock.pass(1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
    // A first look that comes late finds it behind: longer by what was lost, and no more.
    let (mut store, mut clock) = late;
    lamp = start(&mut store, &mut clock).unwrap();
    clock.pass(LIMIT + 10 * DAY - 1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0);
    clock.pass(1);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1, "never for ever");
}

#[test]
fn a_clock_that_goes_back_keeps_nothing_for_ever() {
    let (mut store, mut clock, mut lamp) = lamp(Some(TimeQuality::Authenticated));
    clock.wall = Some(WallTime { unix_seconds: 1, quality: TimeQuality::Authenticated });
    clock.uptime_s += LIMIT - 1;
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 0);
    clock.uptime_s += 1;
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
}

#[test]
fn a_damaged_value_goes_and_one_of_a_newer_firmware_stays() {
    let (mut store, mut clock, mut lamp) = lamp(None);
    store.values.get_mut(&0x8001).unwrap()[0] = 2;
    clock.pass(2 * LIMIT);
    let end = Swept::RoundEnded { doubtful: 0, undated: 0, unreadable: 1 };
    assert_eq!(round(&mut store, &mut clock, &mut lamp), (0, end));
    store.damaged = Some(0x8001);
    assert_eq!(round(&mut store, &mut clock, &mut lamp).0, 1);
    assert!(!store.values.contains_key(&0x8001));
}

#[test]
fn what_has_no_limit_stays() {
    let (mut store, mut clock, mut lamp) = lamp(Some(TimeQuality::Authenticated));
    block_on(keep(&lamp, &mut store, &mut clock, (NICKNAME, ADA), b"A.")).unwrap();
    clock.pass(3650 * DAY);
    round(&mut store, &mut clock, &mut lamp);
    let found = block_on(look(&lamp, &mut store, &mut clock, (NICKNAME, ADA)));
    assert_eq!(found, Ok(Some(b"A.".to_vec())));
}
