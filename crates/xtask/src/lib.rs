#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a host tool: a panic here costs a developer a minute, never a device"
)]

pub mod boards;
pub mod check;
pub mod chip;
pub mod embedded;
pub mod fleet;
pub mod fuzz;
pub mod process;
pub mod setup;
pub mod test;
pub mod totals;
pub mod workspace;

mod command;
pub use command::main;
