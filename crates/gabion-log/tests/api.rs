//! What the log does while the power stays on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::Software;
use gabion_flash::block_on;
use gabion_hal::{Clock, EventKind, EventSink, TimeQuality, WallTime};
use gabion_log::{Bundle, Entry, EventQueue, Lane, Log, LogError, Position};
use gabion_sim::{Off, Setup};

#[test]
fn what_is_written_is_exported_and_verified() {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..3);
    write(&mut log, Lane::Critical, 7..9);
    let bytes = export(&mut log, Position::default(), 1);
    let main = (0..3).map(|n| (Lane::Main, u32::from(n), n));
    let critical = (7..9).map(|n| (Lane::Critical, u32::from(n) - 7, n));
    assert_eq!(examine(&bytes).unwrap(), main.chain(critical).collect::<Vec<_>>());
}

#[test]
fn a_log_goes_on_after_a_restart_and_counts_it() {
    let mut off = new_device();
    for round in 0..20 {
        let mut board = off.power_on(None);
        let mut log = open(&mut board);
        assert_eq!((log.boot(), log.damage()), (u32::from(round) + 1, 0));
        write(&mut log, Lane::Main, round..round + 1);
        drop(log);
        off = board.power_off();
    }
    let (bytes, _) = export_all(off, 1);
    let seen = examine(&bytes).unwrap();
    let newest: Vec<u16> = seen.iter().map(|(_, _, detail)| *detail).collect();
    assert_eq!(newest, (20 - newest.len() as u16..20).collect::<Vec<_>>());
    assert!(newest.len() >= 10, "only {} kept", newest.len());
}

#[test]
fn the_newest_events_are_kept_whatever_comes_and_the_rest_is_reported_as_overwritten() {
    for count in [1_u16, 9, 20, 21, 22, 23, 24, 25, 100, 1_000] {
        let mut board = new_device().power_on(None);
        let mut log = open(&mut board);
        write(&mut log, Lane::Critical, 0..2);
        write(&mut log, Lane::Main, 0..count);
        let kept = log.guaranteed(Lane::Main);
        assert!(kept >= 6);
        let bytes = export(&mut log, Position::default(), 1);
        let bundle = Bundle::verify(&Software, &bytes, &public_key(1)).unwrap();
        let report = bundle.open(&Software, &seed(), |_| {}).unwrap();
        assert!(report.records - 2 >= kept.min(u32::from(count)), "{count}: {report:?}");
        assert_eq!(report.records - 2 + report.overwritten, u32::from(count));
        let seen = events(&bundle).unwrap();
        let main: Vec<u16> = seen.iter().filter(|e| e.0 == Lane::Main).map(|e| e.2).collect();
        assert_eq!(main, (report.overwritten as u16..count).collect::<Vec<_>>());
        assert_eq!(seen.iter().filter(|e| e.0 == Lane::Critical).count(), 2, "washed out");
    }
}

#[test]
fn export_resumes_from_a_position_and_says_when_nothing_is_new() {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..13);
    let first = export(&mut log, Position::default(), 1);
    let position = log.position();
    let checkpoint = export(&mut log, position, 1);
    write(&mut log, Lane::Main, 13..17);
    let second = export(&mut log, position, 1);
    let key = public_key(1);
    let [first, checkpoint, second] =
        [&first, &checkpoint, &second].map(|bytes| Bundle::verify(&Software, bytes, &key).unwrap());
    assert_eq!(checkpoint.pages().count(), 0);
    checkpoint.follows(&first).unwrap();
    second.follows(&first).unwrap();
    second.follows(&checkpoint).unwrap();
    second.answers(&NONCE).unwrap();
    let details: Vec<u16> = events(&second).unwrap().iter().map(|e| e.2).collect();
    assert!(details.ends_with(&[13, 14, 15, 16]) && details.len() < 10, "{details:?}");
}

#[test]
fn a_queue_drains_in_records_of_four_and_tells_time_and_loss() {
    struct Set(u64);
    impl Clock for Set {
        fn uptime_ms(&mut self) -> u64 {
            self.0
        }
        fn wall(&mut self) -> Option<WallTime> {
            Some(WallTime { unix_seconds: 1_800_000_000, quality: TimeQuality::Authenticated })
        }
    }
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    let mut queue = EventQueue::<16>::new();
    queue.set_uptime_ms(2_500);
    (0..14).for_each(|n| queue.event(event(Lane::Main, n)));
    (0..3).for_each(|_| queue.event(event(Lane::Main, 3)));
    queue.event(event(Lane::Critical, 99));
    assert_eq!(block_on(log.drain(&mut queue, &mut Set(9_900))).unwrap(), 13);
    assert!(queue.is_empty());
    let bytes = export(&mut log, Position::default(), 1);
    let bundle = Bundle::verify(&Software, &bytes, &public_key(1)).unwrap();
    let mut records = Vec::new();
    bundle
        .open(&Software, &seed(), |record| {
            let events: Vec<_> = record.body.events().collect();
            records.push((record.lane, record.body.stamp, events));
        })
        .unwrap();
    assert_eq!(records.iter().map(|r| r.2.len()).collect::<Vec<_>>(), [4, 4, 4, 1]);
    let stamp = records[0].1;
    assert_eq!((stamp.boot, stamp.uptime_ds, stamp.lost), (1, 99, 2));
    assert_eq!(stamp.wall.unwrap().unix_seconds, 1_800_000_000);
    assert_eq!(records[1].1.lost, 0, "a loss is told once");
    let third = records[0].2[3];
    assert_eq!((third.detail, third.count, third.uptime_ds), (3, 4, 25));
    assert_eq!(third.kind(), Some(EventKind::LoginFailed));
    assert_eq!((records[3].0, records[3].2[0].detail), (Lane::Critical, 99));
}

#[test]
fn a_flood_is_held_back_and_counted_and_critical_events_pass() {
    let mut board = new_device().power_on(None);
    let mut clock = board.chip.clock.clone();
    let mut root = board.chip.root_key.clone();
    let config = gabion_log::LogConfig::default();
    let mut log =
        block_on(Log::open(region(&mut board.flash), Software, &mut root, &config)).unwrap();
    let mut queue = EventQueue::<16>::new();
    let mut written = 0;
    // A day of a thousand different events a minute.
    for minute in 0..1_440_u16 {
        for n in 0..1_000 {
            queue.event(event(Lane::Main, n));
        }
        queue.event(event(Lane::Critical, minute));
        clock.advance_ms(60_000);
        written += block_on(log.drain(&mut queue, &mut clock)).unwrap();
    }
    // At most two a minute and the burst, and one critical a minute.
    assert!(written <= 1_440 * 3 + 64 + 32, "{written} written");
    let critical = log.position().critical;
    assert_eq!(critical, 1_440, "every critical event was written");
    let bytes = export(&mut log, Position::default(), 1);
    let bundle = Bundle::verify(&Software, &bytes, &public_key(1)).unwrap();
    let report = bundle.open(&Software, &seed(), |_| {}).unwrap();
    assert!(report.lost > 10_000, "{report:?}");
}

#[test]
fn a_blank_region_and_a_foreign_chip_are_refused() {
    let mut board = Off::<Nor>::new(Setup::new(CAPACITY)).power_on(None);
    let mut root = board.chip.root_key.clone();
    let opened = block_on(Log::open(region(&mut board.flash), Software, &mut root, &CONFIG));
    assert_eq!(opened.err(), Some(LogError::Blank));

    let mut off = new_device();
    off.chip.root_secret = [9; 32];
    let mut board = off.power_on(None);
    let mut root = board.chip.root_key.clone();
    let opened = block_on(Log::open(region(&mut board.flash), Software, &mut root, &CONFIG));
    assert_eq!(opened.err(), Some(LogError::NoKey));
    root.set_broken(true);
    let opened = block_on(Log::open(region(&mut board.flash), Software, &mut root, &CONFIG));
    assert_eq!(opened.err(), Some(LogError::RootKey));
}

#[test]
fn a_record_takes_one_to_four_events() {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    let entry = Entry::once(event(Lane::Main, 1), 0);
    let refused = Err(LogError::EntryCount);
    assert_eq!(block_on(log.append(Lane::Main, &stamp(1), &[])), refused);
    assert_eq!(block_on(log.append(Lane::Main, &stamp(1), &[entry; 5])), refused);
    assert_eq!(block_on(log.append(Lane::Main, &stamp(1), &[entry; 4])), Ok(0));
}

#[test]
fn wiping_leaves_no_record_and_the_chain_goes_on() {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..30);
    write(&mut log, Lane::Critical, 0..3);
    let before = export(&mut log, Position::default(), 1);
    block_on(log.wipe()).unwrap();
    block_on(log.wipe()).unwrap();
    write(&mut log, Lane::Main, 100..102);
    drop(log);
    let (after, _) = export_all(board.power_off(), 1);
    let details: Vec<u16> = examine(&after).unwrap().iter().map(|e| e.2).collect();
    assert_eq!(details, [100, 101]);
    let key = public_key(1);
    let before = Bundle::verify(&Software, &before, &key).unwrap();
    let after = Bundle::verify(&Software, &after, &key).unwrap();
    after.follows(&before).unwrap();
    assert_eq!(after.open(&Software, &seed(), |_| {}).unwrap().overwritten, 33);
}

#[test]
fn an_anchor_is_reached_until_the_end_is_cut_off() {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..3);
    drop(log);
    let old = board.power_off();
    let mut board = old.clone().power_on(None);
    let mut log = open(&mut board);
    let early = log.anchor();
    assert!(log.reaches(&early));
    write(&mut log, Lane::Main, 3..30);
    let late = log.anchor();
    assert!(log.reaches(&early) && log.reaches(&late));
    let mut board = old.power_on(None);
    let log = open(&mut board);
    assert!(log.reaches(&early) && !log.reaches(&late));
}
