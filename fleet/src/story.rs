//! What happens to a device in a month: the ordinary, and what is done to it.

use clap::ValueEnum;
use gabion_hal::{Event, EventKind, ResetReason, Severity, Source};
use gabion_sim::Rng;
use serde::{Deserialize, Serialize};

pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

/// What is done to a device. The names of the rules that must find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attack {
    /// Many passwords for one account.
    Guessing,
    /// One password for many accounts: half of it fast on one device, half slow over many devices in the same hours.
    Spraying,
    /// The device is made to restart again and again.
    Reboots,
    /// Forged images are offered.
    Updates,
    /// Storage is written to from outside, a probe is attached, or bundles are changed on their way.
    Tampering,
    /// The clock is moved to and fro.
    Clock,
    /// Strangers connect.
    Peers,
    /// Nothing bad, but much that looks like it: forgetful people, a weak supply, a broken mirror, a moving household.
    Noise,
    /// Nothing.
    None,
    /// All of the attacks, and noise.
    Mixed,
}

impl Attack {
    /// What a rule must find.
    pub const FOUND: [Self; 7] = [
        Self::Guessing,
        Self::Spraying,
        Self::Reboots,
        Self::Updates,
        Self::Tampering,
        Self::Clock,
        Self::Peers,
    ];
}

/// Something at a time.
#[derive(Debug)]
pub struct Moment {
    pub at_ms: u64,
    pub what: Happening,
}

#[derive(Debug)]
pub enum Happening {
    Event(Event),
    LoginFailed { account: u16, throttled: bool },
    NewPeer(u32),
    Start(ResetReason),
    Clock { by_s: i64 },
}

/// Makes the moments of one device.
pub struct Story {
    rng: Rng,
    days: u64,
    moments: Vec<Moment>,
}

impl Story {
    pub fn new(rng: Rng, days: u64) -> Self {
        Self { rng, days, moments: Vec::new() }
    }

    /// Everything in order of time.
    pub fn finish(mut self) -> Vec<Moment> {
        let end = self.days * DAY;
        self.moments.retain(|moment| moment.at_ms < end);
        self.moments.sort_by_key(|moment| moment.at_ms);
        self.moments
    }

    fn at(&mut self, at_ms: u64, what: Happening) {
        self.moments.push(Moment { at_ms, what });
    }

    fn event(
        &mut self,
        at_ms: u64,
        kind: EventKind,
        severity: Severity,
        source: Source,
        detail: u16,
    ) {
        self.at(at_ms, Happening::Event(Event::new(kind, severity, source, detail)));
    }

    fn some_time(&mut self) -> u64 {
        self.rng.below(self.days * DAY)
    }

    /// How often something happens that happens `per_mille` times in a thousand days, at which times.
    fn times(&mut self, per_mille: u64) -> Vec<u64> {
        let mut all = Vec::new();
        for day in 0..self.days {
            let mut left = per_mille;
            while left > 0 {
                if self.rng.chance(left.min(1_000), 1_000) {
                    all.push(day * DAY + self.rng.below(DAY));
                }
                left = left.saturating_sub(1_000);
            }
        }
        all
    }

    fn fail(&mut self, at_ms: u64, account: u16) {
        self.at(at_ms, Happening::LoginFailed { account, throttled: false });
    }

    /// The life of every device.
    pub fn ordinary(&mut self) {
        for at in self.times(1_200) {
            let account = self.rng.below(3) as u16;
            if self.rng.chance(12, 100) {
                for n in 1..=1 + self.rng.below(3) {
                    self.fail(at.saturating_sub(n * 15_000), account);
                }
            }
            self.event(at, EventKind::LoginSucceeded, Severity::Info, Source::Auth, account);
        }
        for at in self.times(2_000) {
            self.event(at, EventKind::LinkUp, Severity::Info, Source::Link, 0);
        }
        for at in self.times(1_000) {
            let by_s = self.rng.below(3) as i64 + 1;
            self.at(at, Happening::Clock { by_s });
        }
        for at in self.times(200) {
            self.event(at, EventKind::LinkRefused, Severity::Warning, Source::Link, 3);
        }
        for at in self.times(40) {
            self.event(at, EventKind::RequestsLimited, Severity::Notice, Source::Link, 20);
        }
        for at in self.times(30) {
            let peer = self.rng.next() as u32;
            self.at(at, Happening::NewPeer(peer));
        }
        for (per_mille, reason) in [
            (40, ResetReason::PowerOn),
            (20, ResetReason::BrownOut),
            (4, ResetReason::Watchdog),
            (20, ResetReason::Software),
        ] {
            for at in self.times(per_mille) {
                self.at(at, Happening::Start(reason));
            }
        }
        for at in self.times(33) {
            let one = Severity::Info;
            self.event(at, EventKind::UpdateStarted, one, Source::Update, 0);
            self.event(at + 60_000, EventKind::UpdateStaged, one, Source::Update, 0);
            self.at(at + 90_000, Happening::Start(ResetReason::Software));
            self.event(at + 91_000, EventKind::BootVerified, one, Source::Boot, 1);
            self.event(at + 300_000, EventKind::UpdateConfirmed, one, Source::Update, 0);
        }
        for at in self.times(4) {
            self.event(at, EventKind::UpdateRefused, Severity::Warning, Source::Update, 2);
        }
        for at in self.times(1) {
            self.event(at, EventKind::RecordDamaged, Severity::Critical, Source::Storage, 2);
        }
    }

    /// What looks bad and is not.
    fn noise(&mut self) {
        let at = self.some_time();
        match self.rng.below(4) {
            0 => {
                for n in 0..5 + self.rng.below(25) {
                    self.fail(at + n * 20_000, 0);
                }
            }
            1 => {
                for _ in 0..2 + self.rng.below(3) {
                    let later = at + self.rng.below(6 * HOUR);
                    self.at(later, Happening::Start(ResetReason::BrownOut));
                }
            }
            2 => {
                for n in 0..1 + self.rng.below(2) {
                    let kind = EventKind::UpdateRefused;
                    self.event(at + n * HOUR, kind, Severity::Warning, Source::Update, 2);
                }
            }
            _ => {
                for n in 0..2 + self.rng.below(2) {
                    let peer = self.rng.next() as u32;
                    self.at(at + n * HOUR / 2, Happening::NewPeer(peer));
                }
            }
        }
    }

    /// Does something to the device. `campaign_ms` is when slow spraying goes over the fleet.
    pub fn attack(&mut self, attack: Attack, campaign_ms: u64) {
        let at = self.some_time().min(self.days * DAY - HOUR * 3);
        match attack {
            Attack::Guessing => {
                let attempts = 40 + self.rng.below(800);
                for n in 0..attempts {
                    let later = at + n * 3_000 + self.rng.below(2_000);
                    self.at(later, Happening::LoginFailed { account: 0, throttled: n % 6 != 0 });
                }
            }
            Attack::Spraying if self.rng.chance(1, 2) => {
                for account in 0..4 + self.rng.below(5) as u16 {
                    let later = at + u64::from(account) * 240_000 + self.rng.below(60_000);
                    self.fail(later, account + 100);
                }
            }
            Attack::Spraying => {
                for account in 0..3 {
                    let later = campaign_ms + self.rng.below(2 * HOUR);
                    self.fail(later, account + 100);
                }
            }
            Attack::Reboots => {
                let restarts = 5 + self.rng.below(40);
                let mut later = at;
                for _ in 0..restarts {
                    later += 90_000 + self.rng.below(600_000);
                    let reason = if self.rng.chance(1, 2) {
                        ResetReason::Watchdog
                    } else {
                        ResetReason::Fault
                    };
                    self.at(later, Happening::Start(reason));
                }
            }
            Attack::Updates => {
                for n in 0..3 + self.rng.below(20) {
                    let kind = if self.rng.chance(1, 4) {
                        EventKind::RollbackRefused
                    } else {
                        EventKind::UpdateRefused
                    };
                    let later = at + n * 180_000 + self.rng.below(60_000);
                    self.event(later, kind, Severity::Warning, Source::Update, 1);
                }
            }
            Attack::Tampering => {
                let (kind, source) = match self.rng.below(3) {
                    0 => (EventKind::ReplayDetected, Source::Storage),
                    1 => (EventKind::ImageDamaged, Source::Boot),
                    // Or a probe at the debug port, with which the device starts.
                    _ => return self.at(at, Happening::Start(ResetReason::Debug)),
                };
                self.event(at, kind, Severity::Critical, source, 0);
            }
            Attack::Clock => {
                for n in 0..4 + self.rng.below(10) {
                    let days = 1 + self.rng.below(2_000) as i64;
                    let by_s = if n % 2 == 0 { -days } else { days } * 86_400;
                    let later = at + n * 240_000 + self.rng.below(60_000);
                    self.at(later, Happening::Clock { by_s });
                }
            }
            Attack::Peers => {
                if self.rng.chance(1, 2) {
                    for n in 0..3 + self.rng.below(6) {
                        let peer = self.rng.next() as u32;
                        self.at(at + n * 600_000, Happening::NewPeer(peer));
                    }
                } else {
                    for n in 0..25 + self.rng.below(200) {
                        let kind = EventKind::LinkRefused;
                        self.event(at + n * 4_000, kind, Severity::Warning, Source::Link, 1);
                    }
                }
            }
            Attack::Noise => self.noise(),
            Attack::None | Attack::Mixed => {}
        }
    }
}
