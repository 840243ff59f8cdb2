#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
// A host tool: it may stop with a message where a device may not.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod cbor;
pub mod conformance;
pub mod erase;
pub mod image;
pub mod keys;
pub mod log;
pub mod provision;
pub mod x509;
