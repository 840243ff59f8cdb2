#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod lamp;
mod profile;

pub use lamp::{ENDPOINTS, Role, RoomName, StartRefused, require_locked};
pub use profile::{PROFILE, WITHOUT_TELEMETRY};
