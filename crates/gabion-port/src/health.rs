//! The health tests of NIST SP 800-90B §4.4 over bytes of a noise source.

/// §4.4.1: a run of so many equal bytes fails. With 4 bits of entropy claimed per byte and one false alarm in 2²⁰ samples:
/// 1 + ⌈20 / 4⌉.
pub const RCT_CUTOFF: u16 = 6;
/// §4.4.2: bytes in a window of the adaptive proportion test.
pub const APT_WINDOW: u16 = 512;
/// §4.4.2: so many bytes equal to the first of their window fail. 1 + the critical value of the binomial distribution for 512
/// draws, p = 2⁻⁴, and one false alarm in 2²⁰ windows.
pub const APT_CUTOFF: u16 = 62;
/// §4.3: samples that are tested before the first is used.
pub const START_UP_SAMPLES: u16 = 1024;

/// The noise source is not random enough to be used. It stays refused until the chip restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HealthError {
    /// The same byte came again and again.
    Repetition,
    /// One byte came far too often.
    Proportion,
}

impl core::fmt::Display for HealthError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Repetition => "random source repeats itself",
            Self::Proportion => "random source favours one value",
        })
    }
}

impl core::error::Error for HealthError {}

/// The repetition count test and the adaptive proportion test, run over every byte. A failure is remembered.
///
/// # Security
///
/// They find a source that is stuck or has died, not one that an attacker made predictable.
#[derive(Debug, Clone, Default)]
pub struct HealthTests {
    last: Option<u8>,
    run: u16,
    first: u8,
    seen: u16,
    equal: u16,
    failed: Option<HealthError>,
}

impl HealthTests {
    /// Begins.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None, run: 0, first: 0, seen: 0, equal: 0, failed: None }
    }

    /// Tests one byte.
    ///
    /// # Errors
    ///
    /// [`HealthError`], now and for every byte after it.
    pub fn test(&mut self, byte: u8) -> Result<(), HealthError> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let outcome = self.repetition(byte).and_then(|()| self.proportion(byte));
        if let Err(error) = outcome {
            self.failed = Some(error);
        }
        outcome
    }

    fn repetition(&mut self, byte: u8) -> Result<(), HealthError> {
        self.run = if self.last == Some(byte) { self.run.saturating_add(1) } else { 1 };
        self.last = Some(byte);
        if self.run >= RCT_CUTOFF { Err(HealthError::Repetition) } else { Ok(()) }
    }

    fn proportion(&mut self, byte: u8) -> Result<(), HealthError> {
        if self.seen == 0 {
            (self.first, self.equal) = (byte, 0);
        }
        if byte == self.first {
            self.equal = self.equal.saturating_add(1);
        }
        self.seen = self.seen.saturating_add(1);
        if self.seen >= APT_WINDOW {
            self.seen = 0;
        }
        if self.equal >= APT_CUTOFF { Err(HealthError::Proportion) } else { Ok(()) }
    }
}
