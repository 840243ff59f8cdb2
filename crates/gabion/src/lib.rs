#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod board;
mod device;
mod error;
mod reset;

pub use board::{Board, Chip};
pub use device::{Device, Regions, Start, Started};
pub use error::StartError;
pub use reset::{LOG_REGION, OwnersCommand};

pub use gabion_auth as auth;
pub use gabion_boot as boot;
pub use gabion_codec as codec;
pub use gabion_cose as cose;
pub use gabion_crypto as crypto;
pub use gabion_erase as erase;
pub use gabion_flash as flash;
pub use gabion_hal as hal;
pub use gabion_link as link;
pub use gabion_lockdown as lockdown;
pub use gabion_log as log;
pub use gabion_privacy as privacy;
pub use gabion_profile as profile;
pub use gabion_provision as provision;
pub use gabion_resilience as resilience;
pub use gabion_setup as setup;
pub use gabion_smp as smp;
pub use gabion_storage as storage;
pub use gabion_update as update;
