//! What a chip keeps without power.

use gabion_hal::{ResetReason, TimeQuality};
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryRng};

use crate::chip::Which;
use crate::file::CHIP_BLOCK;

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
    /// The monotonic counter of the sealed store.
    pub counter: u32,
    /// The monotonic counter of the boot loader: the lowest security counter that may run.
    pub rollback_counter: u32,
    /// The monotonic counter of the factory: 0 until the factory interface was closed.
    pub factory_counter: u32,
    /// The highest value that each counter can reach.
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
            rollback_counter: 0,
            factory_counter: 0,
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

    pub(crate) fn count(&mut self, which: Which) -> &mut u32 {
        match which {
            Which::Store => &mut self.counter,
            Which::Rollback => &mut self.rollback_counter,
            Which::Factory => &mut self.factory_counter,
        }
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
        block[66..70].copy_from_slice(&self.rollback_counter.to_le_bytes());
        block[70..74].copy_from_slice(&self.factory_counter.to_le_bytes());
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
            rollback_counter: word(66),
            factory_counter: word(70),
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
