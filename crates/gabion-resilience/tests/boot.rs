//! Boot loops, safe mode, late tasks, a failing supply.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{DeviceFlash, Nor, Time, region};
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion_flash::block_on;
use gabion_hal::{Event, EventKind, EventSink, NoEvents, PowerMonitor, ResetReason};
use gabion_resilience::{
    BootConfig, BootGuard, BootGuardError, BootReport, Guarded, GuardedError, Mode, SafeReason,
    Service, StartRecord,
};
use gabion_sim::{Board, Setup, SimFlash};

const CONFIG: BootConfig = BootConfig { max_crashes: 3, max_attempts: 10, stable_ms: 180_000 };
const CRASHES: Mode = Mode::Safe(SafeReason::Crashes);
const ATTEMPTS: Mode = Mode::Safe(SafeReason::Attempts);

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn new_board() -> Board<Nor> {
    let mut board = device::board();
    block_on(BootGuard::format(&mut region(&mut board.flash))).unwrap();
    board
}

fn begin(board: &mut Board<Nor>, reason: ResetReason) -> (BootGuard<DeviceFlash<'_>>, BootReport) {
    let region = region(&mut board.flash);
    block_on(BootGuard::begin(region, reason, CONFIG, &mut NoEvents)).unwrap()
}

fn boot(board: &mut Board<Nor>, reason: ResetReason) -> Mode {
    begin(board, reason).1.mode
}

fn stable(board: &mut Board<Nor>, reason: ResetReason) -> Mode {
    let (mut guard, report) = begin(board, reason);
    assert_eq!(block_on(guard.poll(&mut Time(CONFIG.stable_ms - 1))), Ok(false));
    assert_eq!(block_on(guard.poll(&mut Time(CONFIG.stable_ms))), Ok(true));
    assert_eq!(block_on(guard.poll(&mut Time(CONFIG.stable_ms))), Ok(false));
    report.mode
}

#[test]
fn three_crashes_in_a_row_lead_to_safe_mode_and_a_stable_run_back_on_trial() {
    let mut board = new_board();
    assert_eq!(boot(&mut board, ResetReason::PowerOn), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Watchdog), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Fault), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Software), CRASHES);
    assert_eq!(boot(&mut board, ResetReason::PowerOn), CRASHES, "the switch is no cure");
    assert_eq!(stable(&mut board, ResetReason::PowerOn), CRASHES);
    // One normal start on trial; it crashes; safe mode at once.
    assert_eq!(boot(&mut board, ResetReason::PowerOn), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Watchdog), CRASHES);
    assert_eq!(stable(&mut board, ResetReason::PowerOn), CRASHES);
    // The next trial is stable: all is forgotten.
    assert_eq!(stable(&mut board, ResetReason::PowerOn), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Watchdog), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Watchdog), Mode::Normal);
    assert_eq!(boot(&mut board, ResetReason::Watchdog), CRASHES);
}

#[test]
fn a_stable_run_between_crashes_forgives_them() {
    let mut board = new_board();
    for _ in 0..50 {
        assert_eq!(boot(&mut board, ResetReason::Watchdog), Mode::Normal);
        assert_eq!(stable(&mut board, ResetReason::Watchdog), Mode::Normal);
    }
}

#[test]
fn a_sagging_supply_and_a_played_with_switch_get_there_later() {
    for reason in [ResetReason::BrownOut, ResetReason::PowerOn, ResetReason::Pin] {
        let mut board = new_board();
        for n in 1..=12 {
            let expected = if n < 10 { Mode::Normal } else { ATTEMPTS };
            assert_eq!(boot(&mut board, reason), expected, "{reason:?} {n}");
        }
    }
}

#[test]
fn announced_restarts_and_wake_ups_never_count() {
    let mut board = new_board();
    for _ in 0..40 {
        let (mut guard, report) = begin(&mut board, ResetReason::Software);
        // The first was not announced.
        assert!(report.crashes <= 1 && report.mode == Mode::Normal);
        block_on(guard.plan_restart()).unwrap();
    }
    // The announcement is for one restart by software, not for a crash that comes first.
    assert_eq!(begin(&mut board, ResetReason::Watchdog).1.crashes, 2);
    for _ in 0..40 {
        assert_eq!(begin(&mut board, ResetReason::Wake).1.crashes, 2);
    }
    assert_eq!(begin(&mut board, ResetReason::Software).1.crashes, 3);
}

#[test]
fn safe_mode_starts_local_functions_update_and_recovery() {
    let all =
        [Service::Local, Service::Update, Service::Recovery, Service::Link, Service::Application];
    let starts = |mode: Mode| all.map(|service| mode.allows(service));
    assert_eq!(starts(Mode::Normal), [true; 5]);
    for mode in [CRASHES, ATTEMPTS, Mode::Safe(SafeReason::NoRecord)] {
        assert_eq!(starts(mode), [true, true, true, false, false]);
    }
}

#[test]
fn the_late_task_is_named_at_the_next_start_and_only_then() {
    let mut board = new_board();
    let (mut guard, report) = begin(&mut board, ResetReason::PowerOn);
    assert_eq!(report.late, None);
    block_on(guard.note_late(0)).unwrap();
    let (mut guard, report) = begin(&mut board, ResetReason::Watchdog);
    assert_eq!((report.late, report.reason), (Some(0), ResetReason::Watchdog));
    block_on(guard.note_late(254)).unwrap();
    assert_eq!(begin(&mut board, ResetReason::Watchdog).1.late, Some(254));
    assert_eq!(begin(&mut board, ResetReason::Watchdog).1.late, None);
}

#[test]
fn no_record_is_a_reason_for_safe_mode_and_is_told() {
    let mut board = device::board();
    let mut events = Events::default();
    let region_ = region(&mut board.flash);
    let begun = block_on(BootGuard::begin(region_, ResetReason::PowerOn, CONFIG, &mut events));
    let error = begun.err().unwrap();
    assert_eq!(error, BootGuardError::Blank);
    assert_eq!(error.mode(), Mode::Safe(SafeReason::NoRecord));
    assert_eq!((events.0[0].kind, events.0[0].detail), (EventKind::SafeMode, 3));
    let from = device::LANES.start() as usize;
    board.flash.medium_mut().tamper(from, &[0x42; 64]);
    let region_ = region(&mut board.flash);
    let begun = block_on(BootGuard::begin(region_, ResetReason::PowerOn, CONFIG, &mut events));
    assert_eq!(begun.err(), Some(BootGuardError::Unreadable));
}

#[test]
fn a_loop_of_a_million_starts_wears_nothing_out() {
    let mut board = new_board();
    for _ in 0..20 {
        boot(&mut board, ResetReason::Watchdog);
    }
    // From here on the record says what it said; so it does for ever.
    let before = board.flash.medium().bytes().to_vec();
    for _ in 0..200 {
        assert_eq!(boot(&mut board, ResetReason::Watchdog), CRASHES);
    }
    assert!(board.flash.medium().bytes() == before, "a start in a loop wrote");
}

#[test]
fn a_life_of_starts_wears_each_page_evenly() {
    let mut board = new_board();
    let format: Vec<u32> = board.flash.medium().wear()[2..].to_vec();
    for _ in 0..1_000 {
        stable(&mut board, ResetReason::PowerOn);
    }
    let wear = board.flash.medium().wear()[2..].iter().zip(format).map(|(now, then)| now - then);
    let wear: Vec<u32> = wear.collect();
    // 2,000 records of 16 bytes, 64 to a page of 1024 bytes.
    assert_eq!(wear.iter().sum::<u32>(), 2_000 / 64, "{wear:?}");
    assert!(wear.iter().all(|page| (3..=4).contains(page)), "{wear:?}");
}

#[test]
fn every_bit_of_a_record_counts() {
    let record = StartRecord { number: 77, attempts: 3, crashes: 2, planned: true, late: 9 };
    let bytes = record.emit();
    assert_eq!(StartRecord::parse(&bytes), Ok(record));
    for bit in 0..128 {
        let mut changed = bytes;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(StartRecord::parse(&changed).is_err(), "bit {bit}");
    }
    assert!(StartRecord::parse(&[0xff; 16]).is_err());
    assert!(StartRecord::parse(&[0; 16]).is_err());
}

struct Supply(bool);

impl PowerMonitor for Supply {
    fn is_failing(&mut self) -> bool {
        self.0
    }
}

#[test]
fn no_write_is_begun_while_the_supply_fails() {
    block_on(async {
        let mut supply = Supply(false);
        let flash = SimFlash::<4, 256>::new(Setup::new(1024));
        let mut guarded = Guarded::new(flash, &mut supply);
        guarded.write(0, &[1, 2, 3, 4]).await.unwrap();
        let (flash, _) = guarded.into_parts();
        supply.0 = true;
        let before = flash.medium().clone();
        let mut guarded = Guarded::new(flash, &mut supply);
        assert_eq!(guarded.write(4, &[0; 4]).await, Err(GuardedError::PowerFailing));
        assert_eq!(guarded.erase(0, 256).await, Err(GuardedError::PowerFailing));
        let mut word = [0; 4];
        guarded.read(0, &mut word).await.unwrap();
        assert_eq!(word, [1, 2, 3, 4], "reading goes on");
        let (flash, _) = guarded.into_parts();
        assert!(*flash.medium() == before);
        supply.0 = false;
        let mut guarded = Guarded::new(flash, &mut supply);
        guarded.write(4, &[0; 4]).await.unwrap();
    });
}
