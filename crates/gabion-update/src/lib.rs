#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod boot;
mod choice;
mod download;
mod embassy;
mod error;
mod format;
mod installation;
mod log;
mod map;
mod mechanisms;
mod otadata;
mod report;
mod schedule;
mod status;
mod updater;

pub use boot::{Boot, Booted, Mode, Rollback};
pub use choice::{Automation, Available, Choice, Step};
pub use download::{Download, Paused};
pub use embassy::{EmbassyMark, EmbassyState};
pub use error::{BootError, Misuse, UpdateError};
pub use installation::{Consent, InstallHook};
pub use map::{SlotId, SlotMap};
pub use mechanisms::MECHANISMS;
pub use otadata::{OTADATA_LEN, OtaEntry, OtaSelection, OtaState};
pub use schedule::{NextCheck, Schedule};
pub use status::{Standing, Status};
pub use updater::{Updater, UpdaterConfig};
