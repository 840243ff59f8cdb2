#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod decision;
mod der;
mod error;
mod format;
mod image;
mod key;
mod policy;
mod slot;
mod tlv;
mod vendor;
mod verifier;

pub use error::{Refusal, VerifyError};
pub use format::{Header, Version, flag, tlv_type};
pub use image::{Dependency, Image, Verified};
pub use key::{ED25519_SPKI_LEN, KeySet, P256_SPKI_LEN, TrustedKey, ed25519_spki, p256_spki};
pub use policy::{Dependencies, Effort, Policy};
pub use slot::{CHUNK, Slot, verify, verify_bytes};
pub use vendor::{Advisory, Date, Severity};
pub use verifier::Verifier;
