//! When to look for updates (EN 303 645 5.3-5): after start-up, then at intervals, never all devices at once.

use gabion_hal::Entropy;

/// How often to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    interval_ms: u64,
    jitter_ms: u64,
    retry_ms: u64,
}

/// When to look next. Lives in RAM: a device that starts looks soon, spread over the jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextCheck {
    schedule: Schedule,
    at_ms: u64,
    failures: u32,
}

impl Schedule {
    /// Looks every `interval` seconds, each time up to `jitter` seconds later, and after a failure again after `retry` seconds,
    /// doubled with each failure up to the interval.
    ///
    /// # Panics
    ///
    /// At compile time in a `const` item, when one of them is 0.
    #[must_use]
    pub const fn new(interval: u32, jitter: u32, retry: u32) -> Self {
        assert!(interval > 0 && jitter > 0 && retry > 0, "a schedule without time");
        const MS: u64 = 1000;
        Self {
            interval_ms: (interval as u64).saturating_mul(MS),
            jitter_ms: (jitter as u64).saturating_mul(MS),
            retry_ms: (retry as u64).saturating_mul(MS),
        }
    }

    /// Daily, spread over six hours: after a power cut in a whole region the servers see no wave.
    pub const DAILY: Self = Self::new(86_400, 21_600, 900);

    /// Starts at this uptime.
    ///
    /// # Errors
    ///
    /// When the random source fails. Without jitter a fleet would come all at once: try again later.
    pub fn start<E: Entropy>(self, uptime_ms: u64, entropy: &mut E) -> Result<NextCheck, E::Error> {
        let at_ms = uptime_ms.saturating_add(below(self.jitter_ms, entropy)?);
        Ok(NextCheck { schedule: self, at_ms, failures: 0 })
    }
}

impl NextCheck {
    /// Whether it is time.
    #[must_use]
    pub const fn is_due(&self, uptime_ms: u64) -> bool {
        uptime_ms >= self.at_ms
    }

    /// Returns the uptime of the next check in milliseconds.
    #[must_use]
    pub const fn at_ms(&self) -> u64 {
        self.at_ms
    }

    /// A check was done, or it failed: sets the time of the next one.
    ///
    /// # Errors
    ///
    /// When the random source fails; the next check is then a whole interval away.
    pub fn checked<E: Entropy>(
        &mut self,
        uptime_ms: u64,
        answered: bool,
        entropy: &mut E,
    ) -> Result<(), E::Error> {
        let Schedule { interval_ms, jitter_ms, retry_ms } = self.schedule;
        self.at_ms = uptime_ms.saturating_add(interval_ms);
        let (wait, spread) = if answered {
            self.failures = 0;
            (interval_ms, jitter_ms)
        } else {
            let doubled =
                retry_ms.saturating_mul(1_u64.checked_shl(self.failures).unwrap_or(u64::MAX));
            self.failures = self.failures.saturating_add(1);
            let wait = doubled.min(interval_ms);
            (wait, wait.min(jitter_ms))
        };
        let random = below(spread, entropy)?;
        self.at_ms = uptime_ms.saturating_add(wait).saturating_add(random);
        Ok(())
    }
}

/// Draws from 0 up to, not including, `limit`. The bias of the remainder is below 2^-32 for every limit of 32 bits of seconds.
fn below<E: Entropy>(limit: u64, entropy: &mut E) -> Result<u64, E::Error> {
    let random = entropy.try_next_u64()?;
    Ok(random.checked_rem(limit).unwrap_or(0))
}
