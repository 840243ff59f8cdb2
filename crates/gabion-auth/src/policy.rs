//! How many guesses anyone gets.

use gabion_crypto::Argon2Cost;

const DAY_MS: u64 = 86_400_000;
/// Attempts per day that each 200 values of the secret's space pay for: half of the space is searched in 100 days.
const SPACE_PER_ATTEMPT: u128 = 200;

/// One budget of attempts: some are free, then each next one costs twice the wait of the last, up to a cap. All time is
/// *powered* time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    free: u8,
    first_ms: u32,
    cap_ms: u32,
    forgive_ms: Option<u32>,
}

impl Budget {
    /// Describes a budget. `forgive_ms`: after as much powered time one outstanding attempt is forgotten; `None`: only a
    /// successful log-in or physical presence forgets them.
    ///
    /// # Panics
    ///
    /// At compile time, for no free attempt, no wait, a cap below the first wait, or no time before forgiving.
    #[must_use]
    pub const fn new(free: u8, first_ms: u32, cap_ms: u32, forgive_ms: Option<u32>) -> Self {
        assert!(free >= 1, "without a free attempt nobody ever gets in at once");
        assert!(free <= 200, "so many free attempts are no throttle");
        assert!(first_ms >= 1, "the first wait may not be zero");
        assert!(cap_ms >= first_ms, "the cap may not be below the first wait");
        if let Some(ms) = forgive_ms {
            assert!(ms >= 1, "forgiving may not be instant");
        }
        Self { free, first_ms, cap_ms, forgive_ms }
    }

    /// The level at which no free attempt is left.
    pub(crate) const fn free_level(&self) -> u8 {
        self.free
    }

    /// The level from which on the wait is the cap. Levels never go higher.
    #[must_use]
    pub const fn top(&self) -> u8 {
        let mut wait = self.first_ms;
        let mut level = self.free;
        while wait < self.cap_ms {
            wait = wait.saturating_mul(2);
            level = level.saturating_add(1);
        }
        level
    }

    /// The wait in milliseconds after an attempt that left `level` attempts outstanding.
    #[must_use]
    pub const fn wait_ms(&self, level: u8) -> u32 {
        if level < self.free {
            return 0;
        }
        let mut wait = self.first_ms;
        let mut at = self.free;
        while at < level && wait < self.cap_ms {
            wait = wait.saturating_mul(2);
            at = at.saturating_add(1);
        }
        if wait < self.cap_ms { wait } else { self.cap_ms }
    }

    /// Time after which one attempt is forgotten.
    #[must_use]
    pub const fn forgive_ms(&self) -> Option<u32> {
        self.forgive_ms
    }

    /// An upper bound of failed attempts within 24 hours, whatever the attacker does and however often the device reboots.
    ///
    /// An attempt either lifts the level to below the top, of which there can be at most `top` and one for each that was
    /// forgotten, or it leaves the level at the top and is a cap away from the next one.
    #[must_use]
    pub const fn attempts_per_day(&self) -> u64 {
        let at_top = DAY_MS.div_ceil(self.cap_ms as u64);
        let forgiven = match self.forgive_ms {
            Some(ms) => DAY_MS.div_ceil(ms as u64),
            None => 0,
        };
        (self.top() as u64).saturating_add(at_top).saturating_add(forgiven).saturating_add(1)
    }
}

/// What log-ins are subject to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Attempts on one account name, known or not, over every interface.
    pub account: Budget,
    /// Attempts over one interface, on whatever account.
    pub interface: Budget,
    /// All attempts.
    pub global: Budget,
    /// Iterations of PBKDF2-HMAC-SHA-256.
    pub iterations: u32,
    /// Argon2id instead of PBKDF2 for verifiers, where the provider can do it (`gabion_crypto::SoftwareArgon2`). Whoever logs
    /// in with a PBKDF2 verifier gets an Argon2id one. `None`: PBKDF2. The code of the label is always stretched with PBKDF2,
    /// because a phone has to do the same.
    pub argon2: Option<Argon2Cost>,
    /// Longest life of a session in milliseconds.
    pub session_ms: u64,
    /// A session that was not used for as long ends, in milliseconds.
    pub idle_ms: u64,
}

impl Policy {
    /// The standard: at most 2,899 failed attempts a day over all interfaces and accounts together, at most 112 on one
    /// account; 10,000 iterations (about a second on a Cortex-M4 at 64 MHz); sessions of 12 hours that end after 15 idle
    /// minutes. Nobody is locked out for longer than 15 minutes of powered time.
    pub const STANDARD: Self = Self {
        account: Budget::new(5, 1_000, 900_000, None),
        interface: Budget::new(10, 1_000, 60_000, Some(60_000)),
        global: Budget::new(12, 1_000, 60_000, Some(60_000)),
        iterations: 10_000,
        argon2: None,
        session_ms: 12 * 3_600_000,
        idle_ms: 15 * 60_000,
    }
    .meets(1_000_000);

    /// Proves at compile time that half of a secret's `space` cannot be searched within 100 days: at most one attempt a day
    /// for each 200 values. The global budget decides, because nothing that an attacker does resets it.
    ///
    /// Here a policy that is too lenient for a secret of four digits:
    ///
    /// ```compile_fail
    /// use gabion_auth::Policy;
    /// const PIN: Policy = Policy::STANDARD.meets(10_000);
    /// ```
    ///
    /// # Panics
    ///
    /// At compile time, when the policy is too lenient for the space, or when it has no iterations or no session time.
    #[must_use]
    pub const fn meets(self, space: u128) -> Self {
        assert!(self.iterations >= 1, "no iterations");
        assert!(self.session_ms >= 1 && self.idle_ms >= 1, "sessions need some time");
        let allowed = space.wrapping_div(SPACE_PER_ATTEMPT);
        assert!(
            self.global.attempts_per_day() as u128 <= allowed,
            "the policy allows too many attempts a day for secrets from so small a space"
        );
        self
    }
}
