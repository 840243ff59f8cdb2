#![no_std]
#![deny(unsafe_code)]
#![doc = include_str!("../README.md")]

mod key_block;
mod reset;
mod secure_version;

#[cfg(target_os = "none")]
mod clock;
#[cfg(target_os = "none")]
mod encrypted;
#[cfg(target_os = "none")]
mod flash;
#[cfg(target_os = "none")]
mod fuses;
#[cfg(target_os = "none")]
mod noise;
#[cfg(target_os = "none")]
mod root_key;
#[cfg(target_os = "none")]
mod watchdog;

pub use key_block::{KeyBlockError, upstream_key};
pub use reset::decode;
pub use secure_version::{PlanOnly, SECURE_VERSION_BITS, secure_version};

#[cfg(target_os = "none")]
pub use clock::Uptime;
#[cfg(target_os = "none")]
pub use encrypted::EncryptedFlash;
#[cfg(target_os = "none")]
pub use flash::{Flash, FlashError, SharedFlash};
#[cfg(target_os = "none")]
pub use fuses::{CHIP, DebugFuses, SecureVersion, fuses};
#[cfg(target_os = "none")]
pub use noise::{Noise, NoiseError};
#[cfg(target_os = "none")]
pub use reset::ResetReasons;
#[cfg(target_os = "none")]
pub use root_key::{HmacRootKey, RootKeyError};
#[cfg(target_os = "none")]
pub use watchdog::Dog;
