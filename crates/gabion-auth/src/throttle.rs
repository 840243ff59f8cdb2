//! Counts attempts before they are looked at.
//!
//! Levels are on flash, times are in RAM: after a reboot every wait starts anew in full, and what was forgiven since the last
//! commit is forgotten. So a reboot never shortens a wait.

use crate::format::{LABEL_BUCKET, NAME_BUCKETS};
use crate::policy::{Budget, Policy};

pub(crate) const BUCKETS: usize = 26;
pub(crate) const INTERFACES: usize = 8;
/// The places of the buckets: names, the label, interfaces, all.
pub(crate) const GLOBAL: usize = 25;
const FIRST_INTERFACE: usize = 17;

const _: () = {
    assert!(LABEL_BUCKET == NAME_BUCKETS);
    assert!(FIRST_INTERFACE == LABEL_BUCKET + 1);
    assert!(GLOBAL == FIRST_INTERFACE + INTERFACES);
    assert!(BUCKETS == GLOBAL + 1);
};

/// The levels as they stand on flash.
pub(crate) type Levels = [u8; BUCKETS];

/// The three buckets that one attempt counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    account: usize,
    interface: usize,
}

impl Target {
    /// `account` is below 17; `interface` below 8. Larger ones fall into the last bucket of their kind.
    pub(crate) fn new(account: usize, interface: usize) -> Self {
        let interface = interface.min(INTERFACES.saturating_sub(1));
        Self {
            account: account.min(LABEL_BUCKET),
            interface: FIRST_INTERFACE.saturating_add(interface),
        }
    }

    const fn places(self) -> [usize; 3] {
        [self.account, self.interface, GLOBAL]
    }
}

/// An attempt that was counted and is not decided yet.
#[derive(Debug)]
pub(crate) struct Attempt {
    target: Target,
    before: Levels,
    at: u64,
}

impl Attempt {
    pub(crate) const fn target(&self) -> Target {
        self.target
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: u8,
    ready_at: u64,
    forgiven_to: u64,
}

/// The throttle of this boot.
#[derive(Debug)]
pub(crate) struct Throttle {
    buckets: [Bucket; BUCKETS],
    policy: Policy,
}

/// The levels of a device that has none stored: no free attempt is left, so that losing the record gains nothing.
pub(crate) fn blank(policy: &Policy) -> Levels {
    core::array::from_fn(|place| budget(policy, place).free_level())
}

/// The levels when the record is damaged: every wait at its cap.
pub(crate) fn worst(policy: &Policy) -> Levels {
    core::array::from_fn(|place| budget(policy, place).top())
}

const fn budget(policy: &Policy, place: usize) -> &Budget {
    match place {
        GLOBAL => &policy.global,
        FIRST_INTERFACE..GLOBAL => &policy.interface,
        _ => &policy.account,
    }
}

impl Throttle {
    /// Starts with the stored levels; every wait begins anew.
    pub(crate) fn start(levels: &Levels, policy: Policy, now: u64) -> Self {
        let mut place = 0_usize;
        let buckets = levels.map(|level| {
            let budget = budget(&policy, place);
            place = place.saturating_add(1);
            let level = level.min(budget.top());
            let ready_at = now.saturating_add(budget.wait_ms(level).into());
            Bucket { level, ready_at, forgiven_to: now }
        });
        Self { buckets, policy }
    }

    /// The milliseconds until an attempt on `target` is looked at; 0 means now.
    pub(crate) fn wait_ms(&self, target: Target, now: u64) -> u32 {
        let waits = target.places().map(|place| {
            self.buckets.get(place).map_or(u64::MAX, |b| b.ready_at.saturating_sub(now))
        });
        let longest = waits.into_iter().fold(0, u64::max);
        u32::try_from(longest).unwrap_or(u32::MAX)
    }

    /// Counts an attempt. [`levels`](Self::levels) have to be on flash before it is looked at.
    pub(crate) fn count(&mut self, target: Target, now: u64) -> Attempt {
        self.forgive(now);
        let before = self.levels();
        for place in target.places() {
            let budget = *budget(&self.policy, place);
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.level = bucket.level.saturating_add(1).min(budget.top());
                bucket.ready_at = now.saturating_add(budget.wait_ms(bucket.level).into());
            }
        }
        Attempt { target, before, at: now }
    }

    /// Whether the device as a whole has no free attempt left, what was forgiven until now taken off.
    pub(crate) fn is_pressed(&self, now: u64) -> bool {
        let mut then = Self { buckets: self.buckets, policy: self.policy };
        then.forgive(now);
        let level = then.buckets.get(GLOBAL).map_or(u8::MAX, |bucket| bucket.level);
        level >= self.policy.global.free_level()
    }

    /// What has to be on flash once the attempt turned out right: the account starts anew, interface and device stand where
    /// they stood before it.
    pub(crate) fn right(&self, attempt: &Attempt) -> Levels {
        let mut levels = attempt.before;
        if let Some(level) = levels.get_mut(attempt.target.account) {
            *level = 0;
        }
        levels
    }

    /// Takes over what was committed for a right attempt. Its waits had passed, so that the next attempt may come at once.
    pub(crate) fn settle(&mut self, attempt: &Attempt) {
        let levels = self.right(attempt);
        for (bucket, level) in self.buckets.iter_mut().zip(levels) {
            bucket.level = level;
        }
        for place in attempt.target.places() {
            if let Some(bucket) = self.buckets.get_mut(place) {
                bucket.ready_at = attempt.at;
            }
        }
    }

    /// Forgets every attempt: someone is at the device.
    pub(crate) fn clear(&mut self, now: u64) {
        for bucket in &mut self.buckets {
            *bucket = Bucket { level: 0, ready_at: now, forgiven_to: now };
        }
    }

    pub(crate) fn levels(&self) -> Levels {
        self.buckets.map(|bucket| bucket.level)
    }

    /// Forgets one attempt for each full period of powered time.
    fn forgive(&mut self, now: u64) {
        for (place, bucket) in self.buckets.iter_mut().enumerate() {
            let Some(period) = budget(&self.policy, place).forgive_ms().map(u64::from) else {
                continue;
            };
            let passed = now.saturating_sub(bucket.forgiven_to);
            let periods = passed.checked_div(period).unwrap_or_default();
            bucket.forgiven_to = bucket.forgiven_to.saturating_add(periods.saturating_mul(period));
            let forgiven = u8::try_from(periods).unwrap_or(u8::MAX);
            bucket.level = bucket.level.saturating_sub(forgiven);
        }
    }
}
