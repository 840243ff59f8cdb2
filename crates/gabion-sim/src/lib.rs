#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
// A host tool: a broken assumption in the simulator must stop the test run loudly, so it may
// panic and index where a library crate may not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod block_on;
mod chip;
mod chip_parts;
mod chip_state;
mod fault;
mod file;
mod flash;
mod leak;
mod medium;
mod model;
mod panic;
mod power;
mod report;
mod rig;
mod rng;
mod sample;
mod session;
mod subject;
mod sweep;
mod tamper;
mod trace;

pub use block_on::block_on;
pub use chip::{
    Chip, ChipError, SimClock, SimCounter, SimDebugPort, SimEntropy, SimEvents, SimResetCause,
    SimRootKey, SimWatchdog,
};
pub use chip_state::{ChipState, EntropyMode};
pub use fault::{Cut, Fault, Step};
pub use flash::{FlashError, Kind, Multi, Plain, PlainNor, SimFlash, Wide};
pub use leak::{Leak, LeakScan};
pub use medium::{IllegalWrite, Medium, Rewrite, Setup, Timing};
pub use model::{KvModel, KvOp, KvState, kv_judge};
pub use power::{Board, FileFlash, Off, Part, Supply};
pub use report::{Case, Place, Report, Violation};
pub use rig::Rig;
pub use rng::Rng;
pub use subject::Subject;
pub use tamper::{Mutation, Tamper};
pub use trace::{Counters, TraceEntry, TraceKind};
