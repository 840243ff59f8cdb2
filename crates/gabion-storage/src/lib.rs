#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod change;
mod error;
mod storage;

pub use change::Change;
pub use error::StorageError;
pub use storage::Storage;
