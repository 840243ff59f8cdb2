#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

#[cfg(test)]
mod arithmetic_tests;
mod field;
mod loader;
mod point;
mod scalar;
mod table;
mod verifier;
mod words;

pub use loader::SmallLoader;
pub use verifier::SmallP256;
