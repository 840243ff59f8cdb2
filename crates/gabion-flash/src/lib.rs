#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod block_on;
mod blocking;
mod error;
mod format;
pub mod hazmat;
mod journal;
mod layout;
mod region;
mod rewrite;
mod safe;
mod unit;

pub use block_on::block_on;
pub use blocking::Blocking;
pub use error::{FlashError, Misuse};
pub use journal::Journaled;
pub use layout::{Layout, LayoutError, Span};
pub use region::{Region, Shared};
pub use rewrite::{Multiwrite, Rewrite, WriteOnce};
pub use safe::SafeFlash;
pub use unit::{MAX_UNIT, program_unit};
