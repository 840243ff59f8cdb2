#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod interface;
mod mechanism;
mod parameter;
mod profile;

pub use interface::{Authenticator, Exposure, Interface};
pub use mechanism::{Backing, Mechanism};
pub use parameter::{
    Class, CriticalKey, Key, Origin, ParamId, Parameter, Protection, PublicKey, check_parameters,
};
pub use profile::{DeviceInfo, Profile};
