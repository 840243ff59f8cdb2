#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod disclosure;
pub mod esp;
mod mechanisms;
pub mod nrf;
mod report;
mod require;

pub use disclosure::{DisclosureError, DisclosureRecord};
pub use mechanisms::MECHANISMS;
pub use report::{Finding, Level, Report, Topic};
pub use require::{LockedPort, NotLocked, require_locked};
