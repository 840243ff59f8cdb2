#![no_std]
#![doc = include_str!("../README.md")]

#[cfg(target_arch = "riscv32")]
pub mod cfi;
pub mod counter;
pub mod panic;
pub mod ram;
pub mod semihosting;
pub mod stack;
mod start;

pub use gabion_testkit;
