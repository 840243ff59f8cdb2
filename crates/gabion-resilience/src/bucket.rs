//! A bucket of tokens that powered time refills.

/// How often something may happen: at most `burst` at once, then one in `refill_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Most at once.
    pub burst: u16,
    /// Milliseconds in which one more is allowed. 0 counts as 1.
    pub refill_ms: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    tokens: u16,
    refilled_ms: u64,
}

impl Bucket {
    /// Returns how many tokens there were when it was last asked.
    pub(crate) const fn tokens(&self) -> u16 {
        self.tokens
    }

    pub(crate) const fn new(tokens: u16, now_ms: u64) -> Self {
        Self { tokens, refilled_ms: now_ms }
    }

    /// Adds the tokens of the time that passed and returns how many there are.
    pub(crate) fn refill(&mut self, rate: Rate, now_ms: u64) -> u16 {
        let every = u64::from(rate.refill_ms.max(1));
        let fresh = now_ms.saturating_sub(self.refilled_ms).checked_div(every).unwrap_or(0);
        if fresh > 0 {
            self.refilled_ms = self.refilled_ms.saturating_add(fresh.saturating_mul(every));
            let fresh = u16::try_from(fresh).unwrap_or(u16::MAX);
            self.tokens = self.tokens.saturating_add(fresh);
        }
        self.tokens = self.tokens.min(rate.burst);
        self.tokens
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, rate: Rate, now_ms: u64) -> bool {
        match self.refill(rate, now_ms).checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }

    /// Returns in how many milliseconds there is a token; 0 when there is one.
    pub(crate) fn wait_ms(&self, rate: Rate, now_ms: u64) -> u64 {
        if self.tokens > 0 {
            return 0;
        }
        let every = u64::from(rate.refill_ms.max(1));
        self.refilled_ms.saturating_add(every).saturating_sub(now_ms).max(1)
    }
}
