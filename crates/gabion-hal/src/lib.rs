#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod chip;
mod clock;
mod counter;
mod entropy;
mod event;
mod root_key;

pub use chip::{
    DebugPort, DebugPortState, PowerMonitor, ResetCause, ResetReason, SignsOfLife, Watchdog,
};
pub use clock::{Clock, TimeQuality, WallTime};
pub use counter::{CounterError, MonotonicCounter, NoCounter};
pub use entropy::Entropy;
pub use event::{Event, EventKind, EventSink, NoEvents, Severity, Source};
pub use root_key::RootKey;

pub use rand_core;
