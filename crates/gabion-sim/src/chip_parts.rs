//! The parts of the chip at work: each implements its `gabion_hal` trait.

use gabion_hal::{
    CounterError, DebugPortState, Event, EventSink, ResetReason, TimeQuality, WallTime,
};
use hmac::{Hmac, KeyInit, Mac};
use rand_core::{TryCryptoRng, TryRng};
use sha2::Sha256;

use crate::chip::{
    ChipError, SimClock, SimCounter, SimDebugPort, SimEntropy, SimEvents, SimResetCause,
    SimRootKey, SimWatchdog,
};
use crate::chip_state::EntropyMode;
use crate::fault::Step;
use crate::power::Verdict;

impl SimRootKey {
    /// Makes every derivation fail from now on (or work again).
    pub fn set_broken(&mut self, broken: bool) {
        self.0.core().broken_root = broken;
    }
}

impl gabion_hal::RootKey for SimRootKey {
    type Error = ChipError;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), ChipError> {
        let core = self.0.powered()?;
        if core.broken_root {
            return Err(ChipError::Failed);
        }
        if context.len() > Self::MAX_CONTEXT {
            return Err(ChipError::ContextTooLong);
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(&core.kept.root_secret)
            .expect("HMAC takes a key of any length");
        mac.update(context);
        *out = mac.finalize().into_bytes().into();
        Ok(())
    }

    fn is_hardware_bound(&self) -> bool {
        true
    }
}

impl SimCounter {
    /// Makes every use fail from now on (or work again).
    pub fn set_broken(&mut self, broken: bool) {
        self.handle.core().broken_counter = broken;
    }
}

impl gabion_hal::MonotonicCounter for SimCounter {
    type Error = ChipError;

    fn read(&mut self) -> Result<u32, CounterError<ChipError>> {
        let mut core = self.handle.powered().map_err(CounterError::Hardware)?;
        if core.broken_counter {
            return Err(CounterError::Hardware(ChipError::Failed));
        }
        Ok(*core.kept.count(self.which))
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<ChipError>> {
        let mut core = self.handle.powered().map_err(CounterError::Hardware)?;
        if core.broken_counter {
            return Err(CounterError::Hardware(ChipError::Failed));
        }
        if value < *core.kept.count(self.which) {
            return Err(CounterError::WouldDecrease);
        }
        if value > core.kept.counter_max {
            return Err(CounterError::Exhausted);
        }
        if value == *core.kept.count(self.which) {
            return Ok(());
        }
        let done = match core.supply.step(Step::Counter) {
            Verdict::Lost => return Err(CounterError::Hardware(ChipError::PowerLost)),
            Verdict::Go => true,
            Verdict::Cut(cut) => {
                if cut.seed % 2 == 1 {
                    *core.kept.count(self.which) = value;
                    let _ = core.save();
                }
                false
            }
        };
        if !done {
            return Err(CounterError::Hardware(ChipError::PowerLost));
        }
        *core.kept.count(self.which) = value;
        core.save().map_err(CounterError::Hardware)
    }

    fn max(&self) -> u32 {
        self.handle.core().kept.counter_max
    }
}

impl SimEntropy {
    /// Changes how good the source is; `Good` and `Repeats` differ from the next boot on.
    pub fn set_mode(&mut self, mode: EntropyMode) {
        let mut core = self.0.core();
        core.kept.entropy = mode;
        let _ = core.save();
    }
}

impl TryRng for SimEntropy {
    type Error = ChipError;

    fn try_next_u32(&mut self) -> Result<u32, ChipError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, ChipError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), ChipError> {
        let mut core = self.0.powered()?;
        match core.kept.entropy {
            EntropyMode::Dead => return Err(ChipError::Failed),
            EntropyMode::Stuck => bytes.fill(0x5A),
            EntropyMode::Good | EntropyMode::Repeats => {
                let Ok(()) = core.rng.try_fill_bytes(bytes);
            }
        }
        Ok(())
    }
}

impl TryCryptoRng for SimEntropy {}

impl SimClock {
    /// Lets time pass: uptime and, if there is one, wall time.
    pub fn advance_ms(&mut self, ms: u64) {
        let mut core = self.0.core();
        core.tick();
        core.pass(ms);
        let _ = core.save();
    }

    /// Sets or takes away the wall time; it stays through a reset.
    pub fn set_wall(&mut self, wall: Option<WallTime>) {
        let mut core = self.0.core();
        core.kept.wall = wall.map(|wall| wall.unix_seconds);
        core.kept.wall_quality = wall.map_or(TimeQuality::Floor, |wall| wall.quality);
        let _ = core.save();
    }
}

impl gabion_hal::Clock for SimClock {
    fn uptime_ms(&mut self) -> u64 {
        let mut core = self.0.core();
        core.tick();
        core.uptime_ms
    }

    fn wall(&mut self) -> Option<WallTime> {
        let mut core = self.0.core();
        core.tick();
        let quality = core.kept.wall_quality;
        core.kept.wall.map(|unix_seconds| WallTime { unix_seconds, quality })
    }
}

impl SimDebugPort {
    /// Makes reading and locking fail from now on (or work again).
    pub fn set_broken(&mut self, broken: bool) {
        self.0.core().broken_debug = broken;
    }

    /// Closes the port for this boot only, as some chips do by software.
    pub fn lock_until_reset(&mut self) {
        self.0.core().debug_locked_now = true;
    }
}

impl gabion_hal::DebugPort for SimDebugPort {
    type Error = ChipError;

    fn state(&mut self) -> Result<DebugPortState, ChipError> {
        let core = self.0.powered()?;
        match (core.broken_debug, core.kept.debug_locked, core.debug_locked_now) {
            (true, _, _) => Err(ChipError::Failed),
            (_, true, _) => Ok(DebugPortState::Locked),
            (_, _, true) => Ok(DebugPortState::LockedUntilReset),
            _ => Ok(DebugPortState::Open),
        }
    }

    fn lock(&mut self) -> Result<(), ChipError> {
        let mut core = self.0.powered()?;
        if core.broken_debug {
            return Err(ChipError::Failed);
        }
        core.kept.debug_locked = true;
        core.save()
    }
}

impl SimWatchdog {
    /// Returns whether the time-out has passed since the last feed: the chip would reset.
    pub fn has_fired(&self) -> bool {
        let mut core = self.0.core();
        core.tick();
        core.bites()
    }
}

impl gabion_hal::Watchdog for SimWatchdog {
    fn start(&mut self, timeout_ms: u32) {
        let mut core = self.0.core();
        core.tick();
        let now = core.uptime_ms;
        core.watchdog.get_or_insert((timeout_ms, now));
    }

    fn feed(&mut self) {
        let mut core = self.0.core();
        core.tick();
        // Once it has bitten nothing can call the reset back.
        if !core.bites() {
            let now = core.uptime_ms;
            if let Some((_, fed)) = &mut core.watchdog {
                *fed = now;
            }
        }
    }
}

impl gabion_hal::ResetCause for SimResetCause {
    fn reset_reason(&mut self) -> ResetReason {
        self.0.core().reset
    }
}

impl SimEvents {
    /// Returns the events of this boot.
    pub fn all(&self) -> Vec<Event> {
        self.0.core().events.clone()
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.0.core().events.clear();
    }
}

impl EventSink for SimEvents {
    fn event(&mut self, event: Event) {
        let mut core = self.0.core();
        if !core.supply.is_lost() {
            core.events.push(event);
        }
    }
}
