#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod coap;
mod context;
mod error;
mod format;
mod mechanisms;
mod parameters;
mod protect;
mod state;
mod window;

pub use context::{Context, Id, Material};
pub use error::{OscoreError, OscoreRefusal};
pub use mechanisms::MECHANISMS;
pub use parameters::{OSCORE_STATE, PARAMETERS};
pub use protect::{Exchange, Request, Session};
pub use state::Steps;
