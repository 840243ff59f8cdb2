//! ESP32-C3, ESP32-C6 and ESP32-S3: what eFuse block 0 says, and the plan of what would have to be burnt. Nothing here burns.
//!
//! Sources: eFuse tables of the chips' technical reference manuals; positions are bit numbers in block 0.

mod evaluate;
mod fuse;
mod plan;

pub use evaluate::evaluate;
pub use fuse::{Chip, Fuse, FuseWords, KeyPurpose};
pub use plan::{Plan, Step, plan};
