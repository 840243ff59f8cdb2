#![no_std]
#![forbid(unsafe_code)]
// A failure carries its words, and there is no heap to box them.
#![allow(clippy::result_large_err)]
#![doc = include_str!("../README.md")]

pub mod board;
pub mod console;
pub mod map;
pub mod product;
pub mod session;

mod erase;
mod line;
mod lockdown;
mod log;
mod login;
mod power;
mod provision;
mod seal;
mod shell;
mod update;

pub use board::{Board, Hardware, OnChip, Parts};
pub use console::Console;
pub use session::{Failed, Session};
pub use shell::{Story, run};
