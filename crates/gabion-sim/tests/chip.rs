//! The fake chip: what it keeps, what it forgets, and how each part fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use gabion_hal::rand_core::TryRng;
use gabion_hal::{
    Clock, CounterError, DebugPort, DebugPortState, Event, EventSink, MonotonicCounter, ResetCause,
    ResetReason, RootKey, TimeQuality, WallTime, Watchdog,
};
use gabion_sim::{ChipError, ChipState, Cut, EntropyMode, Fault, Off, Setup, SimFlash, Step};

type Flash = SimFlash<4, 64>;

fn off() -> Off<Flash> {
    Off::new(Setup::new(128))
}

fn key(off: Off<Flash>, context: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    off.power_on(None).chip.root_key.derive(context, &mut key).unwrap();
    key
}

#[test]
fn the_root_key_is_hmac_sha256_of_the_context() {
    // RFC 4231 test case 1 has a 20-byte key; HMAC pads it with zeros to the block.
    let mut off = off();
    off.chip.root_secret = [0; 32];
    off.chip.root_secret[..20].fill(0x0B);
    let mac = [
        0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1,
        0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32,
        0xcf, 0xf7,
    ];
    assert_eq!(key(off, b"Hi There"), mac);
}

#[test]
fn keys_differ_by_context_and_by_chip_and_stay_the_same() {
    assert_eq!(key(off(), b"a"), key(off().power_on(None).power_off(), b"a"));
    assert_ne!(key(off(), b"a"), key(off(), b"b"));
    let mut other = off();
    other.chip = ChipState::from_seed(2);
    assert_ne!(key(off(), b"a"), key(other, b"a"));
    let mut board = off().power_on(None);
    let mut out = [0; 32];
    assert_eq!(board.chip.root_key.derive(&[0; 64], &mut out), Ok(()));
    assert_eq!(board.chip.root_key.derive(&[0; 65], &mut out), Err(ChipError::ContextTooLong));
    board.chip.root_key.set_broken(true);
    assert_eq!(board.chip.root_key.derive(b"a", &mut out), Err(ChipError::Failed));
}

#[test]
fn the_counter_only_goes_up() {
    let mut board = off().power_on(None);
    let counter = &mut board.chip.counter;
    counter.advance_to(5).unwrap();
    assert_eq!(board.supply.steps(), 1);
    counter.advance_to(5).unwrap();
    assert_eq!(board.supply.steps(), 1, "nothing to write");
    assert_eq!(counter.advance_to(4), Err(CounterError::WouldDecrease));
    let mut board = board.power_off().power_on(None);
    assert_eq!(board.chip.counter.read(), Ok(5));
    board.chip.change(|chip| chip.counter_max = 7);
    assert_eq!(board.chip.counter.max(), 7);
    assert_eq!(board.chip.counter.advance_to(8), Err(CounterError::Exhausted));
    board.chip.counter.set_broken(true);
    assert_eq!(board.chip.counter.read(), Err(CounterError::Hardware(ChipError::Failed)));
}

#[test]
fn a_cut_at_the_counter_leaves_the_old_or_the_new_value() {
    for (seed, value) in [(0, 0), (1, 1)] {
        let mut board = off().power_on(Some(Cut::new(0, Fault::Clean, seed)));
        let lost = Err(CounterError::Hardware(ChipError::PowerLost));
        assert_eq!(board.chip.counter.advance_to(1), lost);
        assert_eq!(board.supply.fired().unwrap().1, Step::Counter);
        assert_eq!(board.chip.counter.read(), Err(CounterError::Hardware(ChipError::PowerLost)));
        assert_eq!(board.power_off().power_on(None).chip.counter.read(), Ok(value));
    }
}

#[test]
fn entropy_in_each_mode() {
    let boots = |mode| {
        let mut off = off();
        off.chip.entropy = mode;
        let mut board = off.power_on(None);
        let first = (board.chip.entropy.try_next_u64(), board.chip.entropy.try_next_u64());
        let mut board = board.power_off().power_on(None);
        (first, (board.chip.entropy.try_next_u64(), board.chip.entropy.try_next_u64()))
    };
    let (first, second) = boots(EntropyMode::Good);
    assert!(first.0 != first.1 && first.0 != second.0 && first.0 != second.1);
    assert_eq!(boots(EntropyMode::Good), (first, second), "the same life twice");
    let (first, second) = boots(EntropyMode::Repeats);
    assert!(first == second && first.0 != first.1);
    let (first, second) = boots(EntropyMode::Stuck);
    assert!(first == second && first.0 == first.1 && first.0.is_ok());
    assert_eq!(boots(EntropyMode::Dead).1.1, Err(ChipError::Failed));

    let mut board = off().power_on(None);
    board.chip.entropy.set_mode(EntropyMode::Dead);
    assert_eq!(board.chip.entropy.try_next_u32(), Err(ChipError::Failed));
}

#[test]
fn the_clock_moves_by_hand_and_wall_time_survives_a_reset() {
    let mut board = off().power_on(None);
    assert_eq!(board.chip.clock.wall(), None);
    let wall = WallTime { unix_seconds: 1_000, quality: TimeQuality::Authenticated };
    board.chip.clock.set_wall(Some(wall));
    board.chip.clock.advance_ms(1_500);
    board.chip.clock.advance_ms(1_500);
    assert_eq!(board.chip.clock.uptime_ms(), 3_000);
    let mut board = board.power_off().power_on(None);
    assert_eq!(board.chip.clock.uptime_ms(), 0);
    assert_eq!(board.chip.clock.wall(), Some(WallTime { unix_seconds: 1_003, ..wall }));
}

#[test]
fn the_debug_port_stays_locked() {
    let mut board = off().power_on(None);
    let port = &mut board.chip.debug_port;
    assert_eq!(port.state(), Ok(DebugPortState::Open));
    port.lock_until_reset();
    assert_eq!(port.state(), Ok(DebugPortState::LockedUntilReset));
    let mut board = board.power_off().power_on(None);
    assert_eq!(board.chip.debug_port.state(), Ok(DebugPortState::Open));
    board.chip.debug_port.lock().unwrap();
    let mut board = board.power_off().power_on(None);
    assert_eq!(board.chip.debug_port.state(), Ok(DebugPortState::Locked));
    board.chip.debug_port.set_broken(true);
    assert_eq!(board.chip.debug_port.state(), Err(ChipError::Failed));
    assert_eq!(board.chip.debug_port.lock(), Err(ChipError::Failed));
}

#[test]
fn the_watchdog_bites_when_it_is_not_fed() {
    let mut board = off().power_on(None);
    let chip = &mut board.chip;
    chip.watchdog.start(1_000);
    chip.watchdog.start(9_999);
    chip.clock.advance_ms(999);
    assert!(!chip.watchdog.has_fired());
    chip.watchdog.feed();
    chip.clock.advance_ms(999);
    assert!(!chip.watchdog.has_fired());
    chip.clock.advance_ms(1);
    assert!(chip.watchdog.has_fired());
    chip.watchdog.feed();
    assert!(chip.watchdog.has_fired(), "too late");
}

#[test]
fn the_reset_reason_is_told_once() {
    let mut off = off();
    off.chip.next_reset = ResetReason::Watchdog;
    let mut board = off.power_on(None);
    assert_eq!(board.chip.reset_cause.reset_reason(), ResetReason::Watchdog);
    assert_eq!(board.chip.reset_cause.reset_reason(), ResetReason::Watchdog);
    let mut board = board.power_off().power_on(None);
    assert_eq!(board.chip.reset_cause.reset_reason(), ResetReason::PowerOn);
    assert_eq!(board.power_off().chip.boots, 2);
}

#[test]
fn events_are_kept_until_the_power_goes() {
    let mut board = off().power_on(None);
    let mut sink = board.chip.events.clone();
    sink.event(Event::started(ResetReason::PowerOn));
    assert_eq!(board.chip.events.all(), [Event::started(ResetReason::PowerOn)]);
    board.supply.fail_now();
    sink.event(Event::started(ResetReason::PowerOn));
    assert_eq!(board.chip.events.all().len(), 1);
    assert_eq!(board.chip.entropy.try_next_u32(), Err(ChipError::PowerLost));
}
