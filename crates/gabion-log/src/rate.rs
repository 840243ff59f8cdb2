//! How fast events may reach the flash.

/// A bucket of tokens, one per event, refilled by powered time. It lives in RAM and starts nearly empty, so that restarting a
/// device gains an attacker little.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    tokens: u16,
    limit: RateLimit,
    refilled_ms: u64,
}

/// How many events of a lane may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Most events at once.
    pub burst: u16,
    /// Milliseconds in which one more may be written.
    pub refill_ms: u32,
}

impl Rate {
    pub(crate) const fn new(limit: RateLimit) -> Self {
        Self { tokens: limit.burst.div_ceil(2), limit, refilled_ms: 0 }
    }

    /// Adds the tokens of the time that passed and returns how many there are.
    pub(crate) fn available(&mut self, uptime_ms: u64) -> u16 {
        let every = u64::from(self.limit.refill_ms.max(1));
        let passed = uptime_ms.saturating_sub(self.refilled_ms);
        let fresh = passed.checked_div(every).unwrap_or(0);
        if fresh > 0 {
            let used = fresh.saturating_mul(every);
            self.refilled_ms = self.refilled_ms.saturating_add(used);
            let fresh = u16::try_from(fresh).unwrap_or(u16::MAX);
            self.tokens = self.tokens.saturating_add(fresh).min(self.limit.burst);
        }
        self.tokens
    }

    pub(crate) fn spend(&mut self, count: usize) {
        self.tokens = self.tokens.saturating_sub(u16::try_from(count).unwrap_or(u16::MAX));
    }
}
