//! The rest of the chip: root key, counter, entropy, clock, debug port, watchdog, reset reason.
//!
//! Each is a handle that implements its `gabion_hal` trait, is cheap to clone, and can be borrowed
//! on its own: `board.chip.root_key`, `board.chip.counter` and so on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gabion_hal::{Event, ResetReason};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::chip_state::{ChipState, EntropyMode};
use crate::file::Mirror;
use crate::power::Supply;

/// Why a part of the chip did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChipError {
    /// The power is gone.
    PowerLost,
    /// The part was told to be broken, or it refused.
    Failed,
    /// The context of a key is longer than `RootKey::MAX_CONTEXT`.
    ContextTooLong,
}

impl core::fmt::Display for ChipError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::PowerLost => "power lost",
            Self::Failed => "the part failed",
            Self::ContextTooLong => "key context too long",
        })
    }
}

impl std::error::Error for ChipError {}

pub(crate) struct Core {
    pub(crate) kept: ChipState,
    pub(crate) supply: Supply,
    pub(crate) mirror: Option<Arc<Mirror>>,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) reset: ResetReason,
    pub(crate) uptime_ms: u64,
    pub(crate) booked_ms: u64,
    pub(crate) watchdog: Option<(u32, u64)>,
    pub(crate) debug_locked_now: bool,
    pub(crate) broken_root: bool,
    pub(crate) broken_counter: bool,
    pub(crate) broken_debug: bool,
    pub(crate) events: Vec<Event>,
}

impl Core {
    /// Books the time that the flash has taken since the last call.
    pub(crate) fn tick(&mut self) {
        let elapsed = self.supply.elapsed().as_millis() as u64;
        let passed = elapsed - self.booked_ms;
        self.booked_ms = elapsed;
        self.pass(passed);
    }

    /// Lets time pass: uptime and, if there is one, wall time.
    pub(crate) fn pass(&mut self, ms: u64) {
        let before = self.uptime_ms / 1000;
        self.uptime_ms += ms;
        let seconds = self.uptime_ms / 1000 - before;
        self.kept.wall = self.kept.wall.map(|wall| wall + seconds);
    }

    /// Returns whether the watchdog's time-out has passed since it was fed.
    pub(crate) fn bites(&self) -> bool {
        self.watchdog.is_some_and(|(timeout, fed)| self.uptime_ms - fed >= u64::from(timeout))
    }

    pub(crate) fn save(&self) -> Result<(), ChipError> {
        match &self.mirror {
            Some(mirror) => mirror.store_chip(&self.kept.emit()).map_err(|_| ChipError::Failed),
            None => Ok(()),
        }
    }
}

/// A handle on the one chip of a board.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Mutex<Core>>);

impl Handle {
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn powered(&self) -> Result<MutexGuard<'_, Core>, ChipError> {
        let core = self.core();
        if core.supply.is_lost() { Err(ChipError::PowerLost) } else { Ok(core) }
    }
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) Handle);

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

part!(
    /// Derives keys by HMAC-SHA-256 from the root secret.
    SimRootKey
);
/// A monotonic counter. Raising it is one step of the supply, so that the power can fail at it.
#[derive(Clone)]
pub struct SimCounter {
    pub(crate) handle: Handle,
    pub(crate) which: Which,
}

impl core::fmt::Debug for SimCounter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SimCounter({:?})", self.which)
    }
}

/// Which of the chip's counters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which {
    Store,
    Rollback,
    Factory,
}

part!(
    /// The random source, in one of the modes of [`EntropyMode`].
    SimEntropy
);
part!(
    /// Uptime and wall time, moved by hand.
    SimClock
);
part!(
    /// The debug port.
    SimDebugPort
);
part!(
    /// The watchdog; it runs on the simulated clock.
    SimWatchdog
);
part!(
    /// Tells why the chip started.
    SimResetCause
);
part!(
    /// Keeps every event.
    SimEvents
);

/// The chip of a powered board; the parts can be borrowed apart from one another, and cloned.
#[derive(Clone, Debug)]
pub struct Chip {
    /// The root key.
    pub root_key: SimRootKey,
    /// The monotonic counter of the sealed store.
    pub counter: SimCounter,
    /// The monotonic counter of the boot loader.
    pub rollback_counter: SimCounter,
    /// The monotonic counter of the factory.
    pub factory_counter: SimCounter,
    /// The random source.
    pub entropy: SimEntropy,
    /// The clock.
    pub clock: SimClock,
    /// The debug port.
    pub debug_port: SimDebugPort,
    /// The watchdog.
    pub watchdog: SimWatchdog,
    /// The reason of this boot.
    pub reset_cause: SimResetCause,
    /// A recorder of security events.
    pub events: SimEvents,
}

impl Chip {
    pub(crate) fn boot(mut kept: ChipState, supply: Supply, mirror: Option<Arc<Mirror>>) -> Self {
        kept.boots = kept.boots.wrapping_add(1);
        let reset = core::mem::replace(&mut kept.next_reset, ResetReason::PowerOn);
        let boot_number = if kept.entropy == EntropyMode::Repeats { 0 } else { kept.boots };
        let mut rng = ChaCha20Rng::seed_from_u64(kept.entropy_seed);
        rng.set_stream(u64::from(boot_number));
        let core = Core {
            kept,
            supply,
            mirror,
            rng,
            reset,
            uptime_ms: 0,
            booked_ms: 0,
            watchdog: None,
            debug_locked_now: false,
            broken_root: false,
            broken_counter: false,
            broken_debug: false,
            events: Vec::new(),
        };
        // A file that cannot be written shows at the first flash write.
        let _ = core.save();
        let handle = Handle(Arc::new(Mutex::new(core)));
        Self {
            root_key: SimRootKey(handle.clone()),
            counter: SimCounter { handle: handle.clone(), which: Which::Store },
            rollback_counter: SimCounter { handle: handle.clone(), which: Which::Rollback },
            factory_counter: SimCounter { handle: handle.clone(), which: Which::Factory },
            entropy: SimEntropy(handle.clone()),
            clock: SimClock(handle.clone()),
            debug_port: SimDebugPort(handle.clone()),
            watchdog: SimWatchdog(handle.clone()),
            reset_cause: SimResetCause(handle.clone()),
            events: SimEvents(handle),
        }
    }

    /// Takes out what stays without power.
    pub fn into_state(self) -> ChipState {
        self.state()
    }

    /// Returns a copy of what would stay without power now.
    pub fn state(&self) -> ChipState {
        self.events.0.core().kept.clone()
    }

    /// Changes what the chip keeps, as a lab would.
    pub fn change(&mut self, change: impl FnOnce(&mut ChipState)) {
        let mut core = self.events.0.core();
        change(&mut core.kept);
        let _ = core.save();
    }
}
