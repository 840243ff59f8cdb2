//! The rest of the chip: root key, counter, entropy, clock, debug port, watchdog, reset reason.
//!
//! Each is a handle that implements its `gabion_hal` trait, is cheap to clone, and can be borrowed
//! on its own: `board.chip.root_key`, `board.chip.counter` and so on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gabion_hal::{DebugPortState, Event, EventSink, ResetReason, TimeQuality, WallTime};
use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};
use sha2::Sha256;

use crate::fault::Step;
use crate::file::{CHIP_BLOCK, Mirror};
use crate::power::{Supply, Verdict};

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

/// How good the entropy source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum EntropyMode {
    /// Fresh bytes, never the same twice; the same seed gives the same life.
    #[default]
    Good = 0,
    /// Every request is an error.
    Dead = 1,
    /// Every byte is the same.
    Stuck = 2,
    /// The same stream after each boot.
    Repeats = 3,
}

/// What the chip keeps without power, and how it is told to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipState {
    /// The secret behind the root key.
    pub root_secret: [u8; 32],
    /// The monotonic counter.
    pub counter: u32,
    /// The highest value that the counter can reach.
    pub counter_max: u32,
    /// Seed of the entropy source.
    pub entropy_seed: u64,
    /// How good the entropy source is.
    pub entropy: EntropyMode,
    /// Number of power ons.
    pub boots: u32,
    /// Reason that the next boot will report.
    pub next_reset: ResetReason,
    /// Whether the debug port was locked for good.
    pub debug_locked: bool,
    /// Wall time in seconds since 1970, if there is a battery-backed clock.
    pub wall: Option<u64>,
    /// How far the wall time can be trusted.
    pub wall_quality: TimeQuality,
}

impl Default for ChipState {
    /// A new chip: a fixed root secret, counter at 0, debug port open, no idea of the time.
    fn default() -> Self {
        Self {
            root_secret: *b"gabion-sim root secret, not real",
            counter: 0,
            counter_max: u32::MAX,
            entropy_seed: 0x6761_6269_6F6E,
            entropy: EntropyMode::Good,
            boots: 0,
            next_reset: ResetReason::PowerOn,
            debug_locked: false,
            wall: None,
            wall_quality: TimeQuality::Floor,
        }
    }
}

const BLOCK_MAGIC: u8 = 0xC1;

impl ChipState {
    /// Makes a chip of which nothing but the seed is told: root secret and entropy follow from it.
    pub fn from_seed(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut state = Self { entropy_seed: seed, ..Self::default() };
        let Ok(()) = rng.try_fill_bytes(&mut state.root_secret);
        state
    }

    pub(crate) fn emit(&self) -> [u8; CHIP_BLOCK] {
        let mut block = [0; CHIP_BLOCK];
        block[0] = BLOCK_MAGIC;
        block[1..33].copy_from_slice(&self.root_secret);
        block[33..37].copy_from_slice(&self.counter.to_le_bytes());
        block[37..41].copy_from_slice(&self.counter_max.to_le_bytes());
        block[41..49].copy_from_slice(&self.entropy_seed.to_le_bytes());
        block[49] = self.entropy as u8;
        block[50..54].copy_from_slice(&self.boots.to_le_bytes());
        block[54] = self.next_reset as u8;
        block[55] = u8::from(self.debug_locked);
        block[56] = u8::from(self.wall.is_some());
        block[57..65].copy_from_slice(&self.wall.unwrap_or(0).to_le_bytes());
        block[65] = self.wall_quality as u8;
        block
    }

    /// Reads a block back; a blank one is a new chip.
    pub(crate) fn parse(block: &[u8; CHIP_BLOCK]) -> Self {
        if block[0] != BLOCK_MAGIC {
            return Self::default();
        }
        let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_le_bytes(block[at..at + 8].try_into().unwrap());
        Self {
            root_secret: block[1..33].try_into().unwrap(),
            counter: word(33),
            counter_max: word(37),
            entropy_seed: long(41),
            entropy: match block[49] {
                0 => EntropyMode::Good,
                2 => EntropyMode::Stuck,
                3 => EntropyMode::Repeats,
                _ => EntropyMode::Dead,
            },
            boots: word(50),
            next_reset: reset_from(block[54]),
            debug_locked: block[55] != 0,
            wall: (block[56] != 0).then(|| long(57)),
            wall_quality: match block[65] {
                1 => TimeQuality::Unauthenticated,
                2 => TimeQuality::Authenticated,
                _ => TimeQuality::Floor,
            },
        }
    }
}

fn reset_from(code: u8) -> ResetReason {
    [
        ResetReason::PowerOn,
        ResetReason::Pin,
        ResetReason::BrownOut,
        ResetReason::Watchdog,
        ResetReason::Software,
        ResetReason::Fault,
        ResetReason::Wake,
        ResetReason::Debug,
    ]
    .into_iter()
    .find(|reason| *reason as u8 == code)
    .unwrap_or(ResetReason::Unknown)
}

struct Core {
    kept: ChipState,
    supply: Supply,
    mirror: Option<Arc<Mirror>>,
    rng: ChaCha20Rng,
    reset: ResetReason,
    uptime_ms: u64,
    watchdog: Option<(u32, u64)>,
    debug_locked_now: bool,
    broken_root: bool,
    broken_counter: bool,
    broken_debug: bool,
    events: Vec<Event>,
}

impl Core {
    fn save(&self) -> Result<(), ChipError> {
        match &self.mirror {
            Some(mirror) => mirror.store_chip(&self.kept.emit()).map_err(|_| ChipError::Failed),
            None => Ok(()),
        }
    }
}

/// A handle on the one chip of a board.
#[derive(Clone)]
struct Handle(Arc<Mutex<Core>>);

impl Handle {
    fn core(&self) -> MutexGuard<'_, Core> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn powered(&self) -> Result<MutexGuard<'_, Core>, ChipError> {
        let core = self.core();
        if core.supply.is_lost() { Err(ChipError::PowerLost) } else { Ok(core) }
    }
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Handle);

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
part!(
    /// The monotonic counter. Raising it is one step of the supply, so that the power can fail at it.
    SimCounter
);
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
    /// The monotonic counter.
    pub counter: SimCounter,
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
            counter: SimCounter(handle.clone()),
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
        self.0.core().broken_counter = broken;
    }
}

impl gabion_hal::MonotonicCounter for SimCounter {
    type Error = ChipError;

    fn read(&mut self) -> Result<u32, gabion_hal::CounterError<ChipError>> {
        let core = self.0.powered().map_err(gabion_hal::CounterError::Hardware)?;
        if core.broken_counter {
            return Err(gabion_hal::CounterError::Hardware(ChipError::Failed));
        }
        Ok(core.kept.counter)
    }

    fn advance_to(&mut self, value: u32) -> Result<(), gabion_hal::CounterError<ChipError>> {
        use gabion_hal::CounterError;
        let mut core = self.0.powered().map_err(CounterError::Hardware)?;
        if core.broken_counter {
            return Err(CounterError::Hardware(ChipError::Failed));
        }
        if value < core.kept.counter {
            return Err(CounterError::WouldDecrease);
        }
        if value > core.kept.counter_max {
            return Err(CounterError::Exhausted);
        }
        if value == core.kept.counter {
            return Ok(());
        }
        let done = match core.supply.step(Step::Counter) {
            Verdict::Lost => return Err(CounterError::Hardware(ChipError::PowerLost)),
            Verdict::Go => true,
            Verdict::Cut(cut) => {
                if cut.seed % 2 == 1 {
                    core.kept.counter = value;
                    let _ = core.save();
                }
                false
            }
        };
        if !done {
            return Err(CounterError::Hardware(ChipError::PowerLost));
        }
        core.kept.counter = value;
        core.save().map_err(CounterError::Hardware)
    }

    fn max(&self) -> u32 {
        self.0.core().kept.counter_max
    }
}

impl SimEntropy {
    /// Changes how good the source is; `Good` and `Repeats` differ from the next boot on.
    pub fn set_mode(&mut self, mode: EntropyMode) {
        self.0.core().kept.entropy = mode;
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
        let before = core.uptime_ms;
        core.uptime_ms += ms;
        let seconds = core.uptime_ms / 1000 - before / 1000;
        core.kept.wall = core.kept.wall.map(|wall| wall + seconds);
    }

    /// Sets or takes away the wall time; it stays through a reset.
    pub fn set_wall(&mut self, wall: Option<WallTime>) {
        let mut core = self.0.core();
        core.kept.wall = wall.map(|wall| wall.unix_seconds);
        core.kept.wall_quality = wall.map_or(TimeQuality::Floor, |wall| wall.quality);
    }
}

impl gabion_hal::Clock for SimClock {
    fn uptime_ms(&mut self) -> u64 {
        self.0.core().uptime_ms
    }

    fn wall(&mut self) -> Option<WallTime> {
        let core = self.0.core();
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
        let core = self.0.core();
        core.watchdog.is_some_and(|(timeout, fed)| core.uptime_ms - fed >= u64::from(timeout))
    }
}

impl gabion_hal::Watchdog for SimWatchdog {
    fn start(&mut self, timeout_ms: u32) {
        let mut core = self.0.core();
        let now = core.uptime_ms;
        core.watchdog.get_or_insert((timeout_ms, now));
    }

    fn feed(&mut self) {
        let mut core = self.0.core();
        let now = core.uptime_ms;
        // Once it has fired nothing can call the reset back.
        let fired = core.watchdog.is_some_and(|(timeout, fed)| now - fed >= u64::from(timeout));
        if let Some((_, fed)) = core.watchdog.as_mut().filter(|_| !fired) {
            *fed = now;
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
