#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod boot;
mod download;
mod error;
mod format;
mod log;
mod map;
mod status;
mod updater;

pub use boot::{Boot, Booted, Mode, Rollback};
pub use download::Download;
pub use error::{BootError, Misuse, UpdateError};
pub use map::{SlotId, SlotMap};
pub use status::{Standing, Status};
pub use updater::{Updater, UpdaterConfig};
