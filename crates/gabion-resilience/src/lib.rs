#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod boot;
mod bucket;
mod connection;
mod error;
mod failure;
mod format;
mod lane;
mod limits;
mod local;
mod mechanisms;
mod pages;
mod queue;
mod scan;
mod seal;
mod spread;
mod supply;
mod tasks;

pub use boot::{BootConfig, BootGuard, BootReport, Mode, SafeReason, Service};
pub use bucket::Rate;
pub use connection::{Connection, ConnectionConfig, Next};
pub use error::{BootGuardError, GuardedError, QueueError};
pub use failure::Failure;
pub use format::{MAX_MESSAGE, StartRecord};
pub use limits::{Admission, Limits, RequestLimiter, TableFull};
pub use local::{LocalFirst, LocalTask, Turn};
pub use mechanisms::{MECHANISMS, PARAMETERS, QUEUE_KEY};
pub use pages::{DropPolicy, LaneConfig};
pub use queue::{Acknowledged, Message, MessageId, Priority, Queue, QueueConfig, Statistics};
pub use spread::Spread;
pub use supply::Guarded;
pub use tasks::{FeedWindow, Feeder, Health, TaskWatchdog, TaskWindow};
