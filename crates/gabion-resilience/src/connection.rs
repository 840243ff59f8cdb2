//! The life of one connection: when to connect, when to wait, when to give up. It does no I/O.

use gabion_hal::{Clock, Entropy, Event, EventKind, EventSink, ResetReason, Severity, Source};

use crate::{Failure, Spread};

/// The times of a [`Connection`], all in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// Longest pause after the first failure; it doubles with each further one.
    pub base_ms: u64,
    /// Longest pause ever drawn for want of a name or a server.
    pub cap_ms: u64,
    /// Longest pause ever drawn for want of a link, below `cap_ms`: nobody outside is burdened.
    pub link_cap_ms: u64,
    /// Shortest pause of all.
    pub floor_ms: u64,
    /// Shortest pause after a peer that did not prove who it is; twice that is the longest.
    pub security_hold_ms: u64,
    /// Longest time that a server can keep the device away.
    pub retry_after_max_ms: u64,
    /// How long a connection must live before earlier failures are forgotten.
    pub stable_ms: u64,
    /// How long an attempt may take.
    pub connect_timeout_ms: u64,
    /// The window over which a fleet spreads after its power returned.
    pub spread_ms: u64,
}

impl ConnectionConfig {
    /// A second to a quarter of an hour; without a link up to a minute; a fleet spreads over five minutes.
    pub const DEFAULT: Self = Self {
        base_ms: 1_000,
        cap_ms: 15 * 60_000,
        link_cap_ms: 60_000,
        floor_ms: 250,
        security_hold_ms: 15 * 60_000,
        retry_after_max_ms: 24 * 3_600_000,
        stable_ms: 2 * 60_000,
        connect_timeout_ms: 30_000,
        spread_ms: 5 * 60_000,
    };
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Next {
    /// Begin an attempt. Said once per attempt.
    Connect,
    /// Nothing; ask again in this many milliseconds at the latest.
    Wait {
        /// Milliseconds.
        ms: u64,
    },
    /// The attempt took too long: drop the socket. The failure is counted already.
    Abort,
    /// The connection is up; nothing is to be done.
    Stay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { until_ms: u64 },
    Connecting { deadline_ms: u64 },
    Up { since_ms: u64 },
}

/// Decides when a device connects. Sans I/O: it is told the time and what happened, and answers.
///
/// - Pauses are drawn evenly from zero to a limit that doubles up to a cap (full jitter), from the device's random source.
/// - Failures are forgotten only once a connection has lived for the stable period: a server that accepts and drops gets no storm.
/// - After any restart but a wake-up the first attempt comes at a place in a window that follows from a keyed device id, so that
///   a street whose power returns does not connect in the same second.
/// - It holds no security level. What a peer must prove stands in the policy of the channel and is the same at each attempt.
#[derive(Debug)]
pub struct Connection {
    config: ConnectionConfig,
    spread: Spread,
    state: State,
    failures: u32,
    last: Option<Failure>,
    entropy_told: bool,
}

impl Connection {
    /// Starts: the first attempt waits for this device's place in the window, unless the device only woke up.
    pub fn new(
        config: ConnectionConfig,
        spread: Spread,
        reason: ResetReason,
        clock: &mut impl Clock,
    ) -> Self {
        let window = match reason {
            ResetReason::Wake => config.base_ms,
            _ => config.spread_ms,
        };
        let until_ms = clock.uptime_ms().saturating_add(spread.slot_ms(window));
        let state = State::Waiting { until_ms };
        Self { config, spread, state, failures: 0, last: None, entropy_told: false }
    }

    /// Says what to do now. Call it when the time of the last [`Next::Wait`] is over, and in each turn of the main loop if that
    /// is easier.
    pub fn next(
        &mut self,
        clock: &mut impl Clock,
        entropy: &mut impl Entropy,
        events: &mut impl EventSink,
    ) -> Next {
        let now = clock.uptime_ms();
        match self.state {
            State::Waiting { until_ms } if now >= until_ms => {
                let deadline_ms = now.saturating_add(self.config.connect_timeout_ms);
                self.state = State::Connecting { deadline_ms };
                Next::Connect
            }
            State::Waiting { until_ms } => Next::Wait { ms: until_ms.saturating_sub(now) },
            State::Connecting { deadline_ms } if now >= deadline_ms => {
                self.fail(Failure::Timeout, now, entropy, events);
                Next::Abort
            }
            State::Connecting { deadline_ms } => Next::Wait { ms: deadline_ms.saturating_sub(now) },
            State::Up { .. } => Next::Stay,
        }
    }

    /// Takes note that the peer is connected *and authenticated*. Ignored, with `false`, when no attempt is under way: drop that
    /// socket.
    pub fn connected(&mut self, clock: &mut impl Clock, events: &mut impl EventSink) -> bool {
        let State::Connecting { .. } = self.state else { return false };
        self.state = State::Up { since_ms: clock.uptime_ms() };
        self.last = None;
        events.event(Event::new(EventKind::LinkUp, Severity::Info, Source::Link, 0));
        true
    }

    /// Takes note that the attempt failed or the connection broke. Ignored while waiting: a late report counts once.
    pub fn failed(
        &mut self,
        failure: Failure,
        clock: &mut impl Clock,
        entropy: &mut impl Entropy,
        events: &mut impl EventSink,
    ) {
        let now = clock.uptime_ms();
        match self.state {
            State::Waiting { .. } => return,
            State::Connecting { .. } => {}
            State::Up { since_ms } => {
                if now.saturating_sub(since_ms) >= self.config.stable_ms {
                    self.failures = 0;
                }
            }
        }
        self.fail(failure, now, entropy, events);
    }

    /// Takes note that the radio or cable is back: a pause for want of a link is drawn again and may only become shorter. Other
    /// pauses stay, and so does the count of failures, so that a flapping link makes no storm.
    pub fn link_returned(&mut self, clock: &mut impl Clock, entropy: &mut impl Entropy) {
        let (State::Waiting { until_ms }, Some(Failure::Link)) = (self.state, self.last) else {
            return;
        };
        let drawn = self.spread.draw(entropy, self.failures, self.ceiling(self.config.link_cap_ms));
        let soon = clock.uptime_ms().saturating_add(self.config.floor_ms.max(drawn.value));
        self.state = State::Waiting { until_ms: until_ms.min(soon) };
    }

    /// Whether the connection is up.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// Returns how many failures in a row were counted, saturating.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Returns why the device is not connected, if an attempt failed since the last success.
    #[must_use]
    pub const fn last_failure(&self) -> Option<Failure> {
        self.last
    }

    /// The longest pause after the failures so far.
    fn ceiling(&self, cap: u64) -> u64 {
        let doubled = 1_u64.checked_shl(self.failures.saturating_sub(1)).unwrap_or(u64::MAX);
        self.config.base_ms.saturating_mul(doubled).min(cap)
    }

    fn fail(
        &mut self,
        failure: Failure,
        now: u64,
        entropy: &mut impl Entropy,
        events: &mut impl EventSink,
    ) {
        self.failures = self.failures.saturating_add(1).min(64);
        self.last = Some(failure);
        let config = self.config;
        let (least, range) = match failure {
            Failure::Link => (0, self.ceiling(config.link_cap_ms.min(config.cap_ms))),
            Failure::Dns | Failure::Timeout | Failure::Refused => (0, self.ceiling(config.cap_ms)),
            Failure::Busy { retry_after_ms } => {
                let asked = retry_after_ms.min(config.retry_after_max_ms);
                // Every device of the fleet was told the same number.
                (asked, self.ceiling(config.cap_ms).max(asked / 8))
            }
            Failure::Authentication { code } => {
                events.event(Event::new(
                    EventKind::LinkRefused,
                    Severity::Warning,
                    Source::Link,
                    code,
                ));
                (config.security_hold_ms, config.security_hold_ms)
            }
        };
        let drawn = self.spread.draw(entropy, self.failures, range);
        if drawn.degraded && !self.entropy_told {
            let event = Event::new(EventKind::EntropyFailed, Severity::Critical, Source::Link, 0);
            events.event(event);
        }
        self.entropy_told = drawn.degraded;
        let pause = least.saturating_add(drawn.value).max(config.floor_ms);
        self.state = State::Waiting { until_ms: now.saturating_add(pause) };
    }
}
