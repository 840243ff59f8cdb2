#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test code: a panic is a failed test"
)]

#[cfg(feature = "proptest")]
extern crate std;

pub mod boot;
mod case;
pub mod crypto;
pub mod device;
mod flash;
mod hex;
mod rom;
pub mod storage;
#[cfg(feature = "proptest")]
pub mod strategies;

pub use embedded_storage_async::nor_flash;

pub use case::{CASES, Case, Outcome, ensure};
pub use flash::{Cut, Fault, RamFlash};
pub use rom::{PastTheEnd, RomSlot};
