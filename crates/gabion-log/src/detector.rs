//! Detectors in fixed memory: they watch what is logged and raise an event of their own.

use gabion_hal::{Event, EventKind, EventSink, ResetReason, Severity, Source};

use crate::entry::deciseconds;

/// Most occurrences that a rule can count.
const MOST: usize = 8;

/// What a detector looks for. The number stands in [`EventKind::DetectorFired`]; numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum Detector {
    /// Failed or throttled log-ins.
    LogIns = 1,
    /// Starts that nobody planned, one after another.
    Restarts = 2,
    /// Refused images and updates.
    Updates = 3,
    /// Damaged records, images or a replay.
    Tampering = 4,
    /// A clock that was moved.
    Clock = 5,
    /// Refused peers.
    Peers = 6,
    /// Failed log-ins for many accounts: one password tried on all of them.
    Spraying = 7,
    /// Peers that the device never met before.
    NewPeers = 8,
    /// A start that the debug port caused.
    DebugStart = 9,
}

impl Detector {
    /// The detector that counts an event of a kind.
    const fn of(event: &Event) -> Option<Self> {
        match event.kind {
            EventKind::LoginFailedFor => Some(Self::Spraying),
            EventKind::PeerNew => Some(Self::NewPeers),
            EventKind::Started if event.detail == ResetReason::Debug as u16 => {
                Some(Self::DebugStart)
            }
            EventKind::LoginFailed | EventKind::LoginThrottled => Some(Self::LogIns),
            EventKind::BootRefused | EventKind::UpdateRefused | EventKind::RollbackRefused => {
                Some(Self::Updates)
            }
            EventKind::RecordDamaged
            | EventKind::ReplayDetected
            | EventKind::ImageDamaged
            | EventKind::LogDamaged => Some(Self::Tampering),
            EventKind::ClockMoved => Some(Self::Clock),
            EventKind::LinkRefused => Some(Self::Peers),
            _ => None,
        }
    }
}

/// When a detector fires: so many occurrences within so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    count: usize,
    window_ds: u32,
}

impl Threshold {
    /// Makes a threshold of 1 to 8 occurrences within a window.
    ///
    /// # Panics
    ///
    /// At compile time, for another count, or a window of nothing or of more than a year.
    #[must_use]
    pub const fn new(count: usize, window_seconds: u32) -> Self {
        assert!(count >= 1 && count <= MOST, "a detector counts 1 to 8 occurrences");
        assert!(window_seconds >= 1 && window_seconds <= 31_536_000, "a window of 1 s to 1 year");
        Self { count, window_ds: window_seconds.saturating_mul(10) }
    }
}

/// The thresholds of all detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Failed or throttled log-ins.
    pub log_ins: Threshold,
    /// Unplanned starts in a row.
    pub restarts: u16,
    /// Refused images and updates.
    pub updates: Threshold,
    /// Damaged records or images, replays.
    pub tampering: Threshold,
    /// Clock changes.
    pub clock: Threshold,
    /// Refused peers.
    pub peers: Threshold,
    /// Different accounts with failed log-ins.
    pub spraying: Threshold,
    /// New peers.
    pub new_peers: Threshold,
}

impl Thresholds {
    /// Five log-ins in a minute, five unplanned starts, three refused updates in an hour, any tampering, two clock changes in an
    /// hour, eight refused peers in a minute, four accounts in an hour, three new peers in a day.
    pub const DEFAULT: Self = Self {
        log_ins: Threshold::new(5, 60),
        restarts: 5,
        updates: Threshold::new(3, 3_600),
        tampering: Threshold::new(1, 3_600),
        clock: Threshold::new(2, 3_600),
        peers: Threshold::new(8, 60),
        spraying: Threshold::new(4, 3_600),
        new_peers: Threshold::new(3, 86_400),
    };
}

/// The last times of one kind of occurrence.
#[derive(Debug, Clone, Copy)]
struct Window {
    threshold: Threshold,
    times: [u32; MOST],
    len: usize,
    /// Until when it stays quiet after it fired.
    quiet_until: u32,
}

impl Window {
    const fn new(threshold: Threshold) -> Self {
        Self { threshold, times: [0; MOST], len: 0, quiet_until: 0 }
    }

    fn counts(&mut self, now: u32) -> bool {
        let Threshold { count, window_ds } = self.threshold;
        if self.len >= count {
            self.times.rotate_left(1);
            self.len = count.saturating_sub(1);
        }
        if let Some(slot) = self.times.get_mut(self.len) {
            *slot = now;
            self.len = self.len.saturating_add(1);
        }
        let oldest = self.times.first().copied().unwrap_or(0);
        let full = self.len >= count && now.saturating_sub(oldest) <= window_ds;
        if !full || now < self.quiet_until {
            return false;
        }
        self.quiet_until = now.saturating_add(window_ds);
        true
    }
}

/// The accounts whose log-ins failed last, each once, with the newest time.
#[derive(Debug, Clone, Copy)]
struct Accounts {
    names: [u16; MOST],
    window: Window,
}

impl Accounts {
    const fn new(threshold: Threshold) -> Self {
        Self { names: [0; MOST], window: Window::new(threshold) }
    }

    /// Forgets the earlier time of an account, then counts the new one; so that one account never counts twice.
    fn counts(&mut self, name: u16, now: u32) -> bool {
        let known = self.names.get(..self.window.len).unwrap_or_default();
        let place = match known.iter().position(|other| *other == name) {
            Some(place) => Some(place),
            None => (self.window.len >= self.window.threshold.count).then_some(0),
        };
        if let Some(place) = place {
            self.names.get_mut(place..self.window.len).unwrap_or_default().rotate_left(1);
            self.window.times.get_mut(place..self.window.len).unwrap_or_default().rotate_left(1);
            self.window.len = self.window.len.saturating_sub(1);
        }
        if let Some(slot) = self.names.get_mut(self.window.len) {
            *slot = name;
        }
        self.window.counts(now)
    }
}

/// All detectors. Put it between the producers and the queue with [`Detectors::watch`].
///
/// A detector that fired stays quiet for its window, so that an attacker cannot make alarms as fast as attempts.
///
/// # Examples
///
/// ```
/// use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
/// use gabion_log::{Detectors, EventQueue, Thresholds};
///
/// let mut queue = EventQueue::<16>::new();
/// let mut detectors = Detectors::new(Thresholds::DEFAULT);
/// let mut alarms = 0;
/// for _ in 0..5 {
///     let mut sink = detectors.watch(&mut queue, 1_000, |_detector| alarms += 1);
///     sink.event(Event::new(EventKind::LoginFailed, Severity::Warning, Source::Auth, 1));
/// }
/// assert_eq!(alarms, 1);
/// assert_eq!(queue.len(), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Detectors {
    log_ins: Window,
    updates: Window,
    tampering: Window,
    clock: Window,
    peers: Window,
    spraying: Accounts,
    new_peers: Window,
    debug_starts: Window,
    restarts: u16,
}

impl Detectors {
    /// Starts with empty windows.
    #[must_use]
    pub const fn new(thresholds: Thresholds) -> Self {
        Self {
            log_ins: Window::new(thresholds.log_ins),
            updates: Window::new(thresholds.updates),
            tampering: Window::new(thresholds.tampering),
            clock: Window::new(thresholds.clock),
            peers: Window::new(thresholds.peers),
            spraying: Accounts::new(thresholds.spraying),
            new_peers: Window::new(thresholds.new_peers),
            debug_starts: Window::new(Threshold::new(1, 1)),
            restarts: thresholds.restarts,
        }
    }

    /// Looks at one event and returns the detector that fires, if one does.
    pub fn observe(&mut self, event: &Event, uptime_ms: u64) -> Option<Detector> {
        let detector = Detector::of(event)?;
        let now = deciseconds(uptime_ms);
        let window = match detector {
            Detector::LogIns => &mut self.log_ins,
            Detector::Updates => &mut self.updates,
            Detector::Tampering => &mut self.tampering,
            Detector::Clock => &mut self.clock,
            Detector::Peers => &mut self.peers,
            Detector::NewPeers => &mut self.new_peers,
            Detector::DebugStart => &mut self.debug_starts,
            Detector::Spraying => {
                return self.spraying.counts(event.detail, now).then_some(detector);
            }
            Detector::Restarts => return None,
        };
        window.counts(now).then_some(detector)
    }

    /// Looks at how many unplanned starts in a row the log remembers; see
    /// [`Log::unplanned_starts`](crate::Log::unplanned_starts). Once per boot.
    pub fn started(&self, unplanned: u16, events: &mut impl EventSink) -> Option<Detector> {
        (unplanned >= self.restarts.max(1)).then(|| {
            events.event(alarm(Detector::Restarts));
            Detector::Restarts
        })
    }

    /// Puts the detectors in front of a sink: events pass through, alarms follow them and are told to `on_alarm` at once.
    pub fn watch<'a, S: EventSink, A: FnMut(Detector)>(
        &'a mut self,
        sink: &'a mut S,
        uptime_ms: u64,
        on_alarm: A,
    ) -> Watched<'a, S, A> {
        Watched { detectors: self, sink, uptime_ms, on_alarm }
    }
}

/// A sink with detectors in front.
#[derive(Debug)]
pub struct Watched<'a, S, A> {
    detectors: &'a mut Detectors,
    sink: &'a mut S,
    uptime_ms: u64,
    on_alarm: A,
}

impl<S: EventSink, A: FnMut(Detector)> EventSink for Watched<'_, S, A> {
    fn event(&mut self, event: Event) {
        self.sink.event(event);
        if let Some(detector) = self.detectors.observe(&event, self.uptime_ms) {
            self.sink.event(alarm(detector));
            (self.on_alarm)(detector);
        }
    }
}

const fn alarm(detector: Detector) -> Event {
    Event::new(EventKind::DetectorFired, Severity::Critical, Source::Log, detector as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind) -> Event {
        Event::new(kind, Severity::Warning, Source::Auth, 0)
    }

    fn fired(
        detectors: &mut Detectors,
        kind: EventKind,
        times_ms: impl Iterator<Item = u64>,
    ) -> usize {
        times_ms.filter(|now| detectors.observe(&event(kind), *now).is_some()).count()
    }

    #[test]
    fn attempts_that_are_slow_enough_do_not_fire_and_fast_ones_do() {
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        assert_eq!(fired(&mut detectors, EventKind::LoginFailed, (0..100).map(|n| n * 16_000)), 0);
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        assert_eq!(fired(&mut detectors, EventKind::LoginFailed, (0..100).map(|n| n * 14_000)), 20);
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        let day = (0..86_400_u64).map(|n| n * 1_000);
        assert_eq!(fired(&mut detectors, EventKind::LoginThrottled, day), 1_440, "one a minute");
    }

    #[test]
    fn kinds_are_counted_apart_and_harmless_ones_not_at_all() {
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        let kinds = [EventKind::LoginFailed, EventKind::UpdateRefused, EventKind::LinkRefused];
        for round in 0..2 {
            for kind in kinds {
                assert_eq!(detectors.observe(&event(kind), round), None);
            }
        }
        assert_eq!(detectors.observe(&event(EventKind::UpdateRefused), 9), Some(Detector::Updates));
        assert_eq!(
            detectors.observe(&event(EventKind::RecordDamaged), 9),
            Some(Detector::Tampering)
        );
        assert_eq!(fired(&mut detectors, EventKind::LoginSucceeded, 0..1_000), 0);
    }

    #[test]
    fn one_password_on_many_accounts_fires_and_one_person_at_a_time_does_not() {
        let named =
            |name| Event::new(EventKind::LoginFailedFor, Severity::Notice, Source::Auth, name);
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        let mut seen = |name, minute: u64| detectors.observe(&named(name), minute * 60_000);
        for minute in 0..50 {
            assert_eq!(seen(1, minute), None, "one account, however often");
            assert_eq!(seen(2 + (minute % 2) as u16, minute), None, "three accounts");
        }
        assert_eq!(seen(9, 50), Some(Detector::Spraying));
        assert_eq!(seen(10, 51), None, "quiet for its window");
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        for name in 0..200 {
            let now = u64::from(name) * 21 * 60_000;
            assert_eq!(detectors.observe(&named(name), now), None, "three an hour");
        }
    }

    #[test]
    fn new_peers_and_the_debug_port_fire() {
        let mut detectors = Detectors::new(Thresholds::DEFAULT);
        assert_eq!(fired(&mut detectors, EventKind::PeerNew, [0, 1, 2].into_iter()), 1);
        let start = |reason| Event::started(reason);
        assert_eq!(detectors.observe(&start(ResetReason::PowerOn), 0), None);
        assert_eq!(detectors.observe(&start(ResetReason::Watchdog), 0), None);
        assert_eq!(detectors.observe(&start(ResetReason::Debug), 0), Some(Detector::DebugStart));
    }

    #[test]
    fn five_unplanned_starts_fire_and_four_do_not() {
        struct Count(usize);
        impl EventSink for Count {
            fn event(&mut self, event: Event) {
                assert_eq!((event.kind, event.detail), (EventKind::DetectorFired, 2));
                self.0 += 1;
            }
        }
        let detectors = Detectors::new(Thresholds::DEFAULT);
        let mut count = Count(0);
        assert_eq!(detectors.started(4, &mut count), None);
        assert_eq!(detectors.started(5, &mut count), Some(Detector::Restarts));
        assert_eq!(count.0, 1);
    }
}
