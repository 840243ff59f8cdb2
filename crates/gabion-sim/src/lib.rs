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
mod fault;
mod file;
mod flash;
mod leak;
mod medium;
mod model;
mod power;
mod report;
mod rig;
mod rng;
mod sample;
mod tamper;
mod trace;

pub use block_on::block_on;
pub use chip::{
    Chip, ChipError, ChipState, EntropyMode, SimClock, SimCounter, SimDebugPort, SimEntropy,
    SimEvents, SimResetCause, SimRootKey, SimWatchdog,
};
pub use fault::{Cut, Fault, Step};
pub use flash::{FlashError, Kind, Multi, Plain, PlainNor, SimFlash, Wide};
pub use leak::{Leak, LeakScan};
pub use medium::{IllegalWrite, Medium, Rewrite, Setup};
pub use model::{KvModel, KvOp, KvState, kv_judge};
pub use power::{Board, FileFlash, Off, Part, Supply};
pub use report::{Case, Report, Violation};
pub use rig::{Rig, Subject};
pub use rng::Rng;
pub use tamper::{Mutation, Tamper};
pub use trace::{Counters, TraceEntry, TraceKind};
