#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod decision;
mod error;
mod format;
mod image;
mod key;
mod mechanisms;
mod memory;
mod offer;
mod policy;
mod recheck;
mod slot;
mod tag;
mod tlv;
mod trailer;
mod vendor;
mod verifier;

pub use error::{Refusal, VerifyError};
pub use format::{Header, Version, flag, tlv_type};
pub use image::{Dependency, Image, Verified};
pub use key::{KeySet, TrustedKey};
pub use mechanisms::MECHANISMS;
pub use memory::{verify_bytes, verify_bytes_or_pure};
pub use offer::Offer;
pub use policy::{Dependencies, Effort, Policy};
pub use recheck::{Progress, Recheck};
pub use slot::{CHUNK, Slot, verify};
pub use tag::TagKey;
pub use trailer::{Mark, Swap, Trailer, swap, trailer_len};
pub use vendor::{Advisory, Date, Severity};
pub use verifier::Verifier;
