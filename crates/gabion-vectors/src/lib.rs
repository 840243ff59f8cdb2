#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    reason = "runs on the host, on data that is compiled in: a panic is a failed test"
)]

mod aead;
mod ecdsa;
mod ed25519;
mod hash;
mod hkdf;
mod hmac;
mod insecure_toy;
mod pbkdf2;
mod tally;

pub use aead::check_aead;
pub use ecdsa::{check_p256_sign, check_p256_verify};
pub use ed25519::check_ed25519_verify;
pub use hash::check_sha256;
pub use hkdf::check_hkdf;
pub use hmac::check_hmac;
pub use insecure_toy::{InsecureToyKey, InsecureToyProvider};
pub use pbkdf2::check_pbkdf2;
pub use tally::{Mismatch, Tally};
