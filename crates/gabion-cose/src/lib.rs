#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod algorithm;
mod encrypt0;
mod error;
mod format;
mod header;
mod key;
mod mac0;
mod message;
mod sign1;
mod structure;

pub use algorithm::{Algorithm, MacAlgorithm};
pub use encrypt0::{ContentKey, Encrypt0};
pub use error::CoseError;
pub use header::{ContentType, Headers, Label, NewHeaders};
pub use key::{Key, KeyMaterial, KeyOperation};
pub use mac0::{Mac0, MacKey};
pub use message::{Kind, Payload, Rules, Tag};
pub use sign1::{Sign1, VerifyingKey};
