#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod debug_port;
mod reset;

#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod acl;
#[cfg(target_os = "none")]
mod clock;
#[cfg(target_os = "none")]
mod config;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod flash;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod rng;
#[cfg(all(target_os = "none", feature = "nrf54l15"))]
mod rram;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod watchdog;

pub use debug_port::evaluate;
pub use reset::decode;

#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use acl::{AclError, Guard, guard, is_guarded};
#[cfg(target_os = "none")]
pub use clock::Uptime;
#[cfg(target_os = "none")]
pub use config::config;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use debug_port::{ApProtect, LockError};
#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use flash::{Flash, FlashError, SharedFlash};
#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use reset::ResetReasons;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use rng::{Noise, NoiseError};
#[cfg(all(target_os = "none", feature = "nrf54l15"))]
pub use rram::Rram;
#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use watchdog::Dog;
