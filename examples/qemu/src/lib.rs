#![no_std]
#![doc = include_str!("../README.md")]

pub mod counter;
pub mod panic;
pub mod semihosting;
pub mod stack;
mod start;

pub use gabion_testkit;
