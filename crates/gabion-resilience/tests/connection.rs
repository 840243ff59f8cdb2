//! When a device connects, waits and gives up.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{Time, key};
use gabion_crypto::Software;
use gabion_hal::{Event, EventKind, EventSink, NoEvents, ResetReason, Severity, Source};
use gabion_resilience::{Connection, ConnectionConfig, Failure, Next, Spread};
use gabion_sim::{EntropyMode, Off, Setup, SimEntropy, SimFlash};

const CONFIG: ConnectionConfig = ConnectionConfig::DEFAULT;

#[derive(Default)]
struct Events(Vec<Event>);

impl EventSink for Events {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn entropy(mode: EntropyMode) -> SimEntropy {
    let board = Off::<SimFlash<4, 256>>::new(Setup::new(1024)).power_on(None);
    let mut entropy = board.chip.entropy.clone();
    entropy.set_mode(mode);
    entropy
}

fn spread(device: u32) -> Spread {
    let mut secret = [9; 32];
    secret[..4].copy_from_slice(&device.to_le_bytes());
    Spread::new(&Software, &gabion_crypto::Secret::new(secret))
}

/// A device past its place in the window, about to connect.
fn connecting(time: &mut Time, entropy: &mut SimEntropy) -> Connection {
    let mut connection = Connection::new(CONFIG, spread(1), ResetReason::PowerOn, time);
    time.0 += CONFIG.spread_ms;
    assert_eq!(connection.next(time, entropy, &mut NoEvents), Next::Connect);
    connection
}

/// The pause that a failure is answered with; ends connecting again.
fn pause(
    connection: &mut Connection,
    failure: Failure,
    time: &mut Time,
    entropy: &mut SimEntropy,
) -> u64 {
    connection.failed(failure, time, entropy, &mut NoEvents);
    let Next::Wait { ms } = connection.next(time, entropy, &mut NoEvents) else { panic!() };
    time.0 += ms - 1;
    assert!(matches!(connection.next(time, entropy, &mut NoEvents), Next::Wait { ms: 1 }));
    time.0 += 1;
    assert_eq!(connection.next(time, entropy, &mut NoEvents), Next::Connect);
    ms
}

#[test]
fn pauses_are_drawn_from_zero_to_a_limit_that_doubles_up_to_the_cap() {
    let mut entropy = entropy(EntropyMode::Good);
    let mut most = [0; 14];
    let mut sum = [0; 14];
    for _ in 0..400 {
        let mut time = Time(0);
        let mut connection = connecting(&mut time, &mut entropy);
        for at in 0..14 {
            let ms = pause(&mut connection, Failure::Timeout, &mut time, &mut entropy);
            most[at] = most[at].max(ms);
            sum[at] += ms;
        }
    }
    for (at, (most, sum)) in most.into_iter().zip(sum).enumerate() {
        let limit = (CONFIG.base_ms << at).min(CONFIG.cap_ms);
        assert!(most <= limit && most > limit * 9 / 10, "{at}: {most} of {limit}");
        // The mean of full jitter is half the limit.
        let mean = sum / 400;
        assert!((limit * 40 / 100..limit * 62 / 100).contains(&mean), "{at}: {mean} of {limit}");
    }
}

#[test]
fn no_count_of_failures_overflows_and_no_pause_ends_below_the_floor() {
    let mut entropy = entropy(EntropyMode::Good);
    let mut time = Time(0);
    let mut connection = connecting(&mut time, &mut entropy);
    for _ in 0..10_000 {
        let ms = pause(&mut connection, Failure::Refused, &mut time, &mut entropy);
        assert!((CONFIG.floor_ms..=CONFIG.cap_ms).contains(&ms));
    }
    // Nor at the end of time.
    let mut late = Time(u64::MAX - 5);
    let mut connection = Connection::new(CONFIG, spread(1), ResetReason::PowerOn, &mut late);
    late.0 = u64::MAX;
    assert_eq!(connection.next(&mut late, &mut entropy, &mut NoEvents), Next::Connect);
    connection.failed(Failure::Dns, &mut late, &mut entropy, &mut NoEvents);
    let _ = connection.next(&mut late, &mut entropy, &mut NoEvents);
}

#[test]
fn a_missing_link_is_tried_again_within_a_minute_however_long_it_lasts() {
    let mut entropy = entropy(EntropyMode::Good);
    let mut time = Time(0);
    let mut connection = connecting(&mut time, &mut entropy);
    for _ in 0..1_000 {
        let ms = pause(&mut connection, Failure::Link, &mut time, &mut entropy);
        assert!(ms <= CONFIG.link_cap_ms);
    }
    // And its return makes the pause shorter, never longer.
    connection.failed(Failure::Link, &mut time, &mut entropy, &mut NoEvents);
    let Next::Wait { ms } = connection.next(&mut time, &mut entropy, &mut NoEvents) else {
        panic!()
    };
    for _ in 0..100 {
        connection.link_returned(&mut time, &mut entropy);
    }
    let Next::Wait { ms: now } = connection.next(&mut time, &mut entropy, &mut NoEvents) else {
        panic!()
    };
    assert!(now <= ms && now >= CONFIG.floor_ms);
}

#[test]
fn a_returning_link_does_not_shorten_what_a_server_or_a_forger_caused() {
    let mut entropy = entropy(EntropyMode::Good);
    let busy = Failure::Busy { retry_after_ms: 3_600_000 };
    for failure in [busy, Failure::Authentication { code: 7 }, Failure::Refused, Failure::Dns] {
        let mut time = Time(0);
        let mut connection = connecting(&mut time, &mut entropy);
        connection.failed(failure, &mut time, &mut entropy, &mut NoEvents);
        let before = connection.next(&mut time, &mut entropy, &mut NoEvents);
        (0..50).for_each(|_| connection.link_returned(&mut time, &mut entropy));
        assert_eq!(connection.next(&mut time, &mut entropy, &mut NoEvents), before);
    }
}

#[test]
fn failures_are_forgotten_only_after_a_stable_period() {
    let mut entropy = entropy(EntropyMode::Good);
    let mut time = Time(0);
    let mut connection = connecting(&mut time, &mut entropy);
    // A server that accepts and drops at once: the pauses grow all the same.
    for n in 0..20 {
        assert!(connection.connected(&mut time, &mut NoEvents));
        time.0 += CONFIG.stable_ms - 1;
        pause(&mut connection, Failure::Refused, &mut time, &mut entropy);
        assert_eq!(connection.failures(), n + 1);
    }
    assert!(connection.connected(&mut time, &mut NoEvents) && connection.is_up());
    assert_eq!(connection.next(&mut time, &mut entropy, &mut NoEvents), Next::Stay);
    time.0 += CONFIG.stable_ms;
    pause(&mut connection, Failure::Refused, &mut time, &mut entropy);
    assert_eq!(connection.failures(), 1);
}

#[test]
fn retry_after_is_honoured_up_to_its_limit_and_the_fleet_does_not_come_back_at_once() {
    let mut entropy = entropy(EntropyMode::Good);
    let asked = 3_600_000;
    let mut pauses = Vec::new();
    for _ in 0..200 {
        let mut time = Time(0);
        let mut connection = connecting(&mut time, &mut entropy);
        let busy = Failure::Busy { retry_after_ms: asked };
        pauses.push(pause(&mut connection, busy, &mut time, &mut entropy));
    }
    assert!(pauses.iter().all(|ms| (asked..=asked + asked / 8).contains(ms)));
    let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
    assert!(most - least > asked / 10, "{least} to {most}");
    // A server cannot send a device away for ever, nor make it hammer.
    for (retry_after_ms, bounds) in [
        (u64::MAX, CONFIG.retry_after_max_ms..=CONFIG.retry_after_max_ms * 9 / 8),
        (0, CONFIG.floor_ms..=CONFIG.base_ms),
    ] {
        let mut time = Time(0);
        let mut connection = connecting(&mut time, &mut entropy);
        let ms = pause(&mut connection, Failure::Busy { retry_after_ms }, &mut time, &mut entropy);
        assert!(bounds.contains(&ms), "{ms}");
    }
}

#[test]
fn a_peer_that_does_not_prove_itself_is_a_security_event_and_a_long_pause_and_nothing_gets_weaker()
{
    let mut entropy = entropy(EntropyMode::Good);
    let mut time = Time(0);
    let mut events = Events::default();
    let mut connection = connecting(&mut time, &mut entropy);
    for code in 0..50 {
        events.0.clear();
        connection.failed(Failure::Authentication { code }, &mut time, &mut entropy, &mut events);
        let refused = Event::new(EventKind::LinkRefused, Severity::Warning, Source::Link, code);
        assert_eq!(events.0, [refused]);
        let Next::Wait { ms } = connection.next(&mut time, &mut entropy, &mut events) else {
            panic!()
        };
        assert!((CONFIG.security_hold_ms..=2 * CONFIG.security_hold_ms).contains(&ms));
        time.0 += ms;
        // However often: the only thing it ever asks for is one more attempt, which has no level that could be lowered.
        assert_eq!(connection.next(&mut time, &mut entropy, &mut events), Next::Connect);
    }
    assert_eq!(connection.last_failure(), Some(Failure::Authentication { code: 49 }));
    // No other failure is an event: an outage is no attack.
    events.0.clear();
    for failure in [Failure::Link, Failure::Dns, Failure::Refused, Failure::Timeout] {
        connection.failed(failure, &mut time, &mut entropy, &mut events);
        time.0 += CONFIG.cap_ms;
        assert_eq!(connection.next(&mut time, &mut entropy, &mut events), Next::Connect);
    }
    assert!(events.0.is_empty());
}

#[test]
fn an_attempt_that_hangs_is_given_up_and_late_reports_of_it_change_nothing() {
    let mut entropy = entropy(EntropyMode::Good);
    let mut time = Time(0);
    let mut connection = connecting(&mut time, &mut entropy);
    time.0 += CONFIG.connect_timeout_ms - 1;
    assert_eq!(connection.next(&mut time, &mut entropy, &mut NoEvents), Next::Wait { ms: 1 });
    time.0 += 1;
    assert_eq!(connection.next(&mut time, &mut entropy, &mut NoEvents), Next::Abort);
    assert_eq!((connection.failures(), connection.last_failure()), (1, Some(Failure::Timeout)));
    let waiting = connection.next(&mut time, &mut entropy, &mut NoEvents);
    assert!(!connection.connected(&mut time, &mut NoEvents), "a socket that was given up");
    connection.failed(Failure::Refused, &mut time, &mut entropy, &mut NoEvents);
    assert_eq!(connection.failures(), 1);
    assert_eq!(connection.next(&mut time, &mut entropy, &mut NoEvents), waiting);
}

#[test]
fn a_dead_random_source_is_told_once_and_devices_still_differ() {
    let mut entropy = entropy(EntropyMode::Dead);
    let mut events = Events::default();
    let mut pauses = std::collections::BTreeSet::new();
    for device in 0..100 {
        let mut time = Time(0);
        let mut connection =
            Connection::new(CONFIG, spread(device), ResetReason::PowerOn, &mut time);
        for _ in 0..5 {
            time.0 += 2 * CONFIG.cap_ms;
            assert_eq!(connection.next(&mut time, &mut entropy, &mut events), Next::Connect);
            connection.failed(Failure::Timeout, &mut time, &mut entropy, &mut events);
        }
        let Next::Wait { ms } = connection.next(&mut time, &mut entropy, &mut events) else {
            panic!()
        };
        pauses.insert(ms);
    }
    assert!(pauses.len() > 95, "{}", pauses.len());
    let told = events.0.iter().filter(|event| event.kind == EventKind::EntropyFailed).count();
    assert_eq!(told, 100, "once per device");
}

#[test]
fn a_fleet_spreads_evenly_over_the_window_and_each_device_keeps_its_place() {
    let mut bins = [0; 30];
    for device in 0..6_000 {
        let slot = spread(device).slot_ms(300_000 - 1);
        assert_eq!(slot, spread(device).slot_ms(300_000 - 1));
        bins[usize::try_from(slot / 10_000).unwrap()] += 1;
    }
    // 200 are expected in each, with a standard deviation of 14.
    assert!(bins.iter().all(|bin| (140..260).contains(bin)), "{bins:?}");
    let _ = key(1);
}

#[test]
fn only_a_wake_up_connects_without_the_spread() {
    for reason in [ResetReason::Wake, ResetReason::PowerOn, ResetReason::Watchdog] {
        let mut longest = 0;
        for device in 0..50 {
            let mut entropy = entropy(EntropyMode::Good);
            let mut time = Time(1_000);
            let mut connection = Connection::new(CONFIG, spread(device), reason, &mut time);
            if let Next::Wait { ms } = connection.next(&mut time, &mut entropy, &mut NoEvents) {
                longest = longest.max(ms);
            }
        }
        let window = if reason == ResetReason::Wake { CONFIG.base_ms } else { CONFIG.spread_ms };
        assert!(longest <= window && longest > window / 2, "{reason:?}: {longest}");
    }
}
