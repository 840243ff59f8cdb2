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

pub mod boot;
mod case;
pub mod crypto;
mod flash;
mod hex;
mod rom;

pub use case::{CASES, Case, Outcome, ensure};
pub use flash::{Cut, Fault, RamFlash};
pub use rom::{PastTheEnd, RomSlot};
