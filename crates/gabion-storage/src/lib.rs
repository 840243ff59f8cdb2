#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod append;
mod chain;
mod change;
mod collect;
mod config;
mod erase;
mod error;
mod format;
mod index;
mod look;
mod mechanisms;
mod nonce;
mod open;
mod plan;
mod record;
mod recover;
mod scrub;
mod settle;
mod sip;
mod storage;
mod store;
mod vault;
mod walk;

pub use change::Change;
pub use config::{Config, Replay, Wear};
pub use error::{OpenError, StorageError};
pub use mechanisms::MECHANISMS;
pub use plan::{Plan, PlanError};
pub use storage::Storage;
pub use store::Store;
