//! The keys whose images run.
//!
//! `build.rs` takes the product's public key from `verify.pem`, or from the file that `GABION_PUBLIC_KEY` names; without one the
//! boot loader trusts nobody. `GABION_SAMPLE_KEYS=1` adds the keys of the sample images, for the tests.

use gabion::boot::TrustedKey;
use gabion::crypto::{P256PublicKey, Sha256};

include!(concat!(env!("OUT_DIR"), "/keys.rs"));

/// How many keys there are.
pub const COUNT: usize = KEYS.len();

/// Returns the keys, from the oldest.
pub fn trusted(sha256: &impl Sha256) -> [TrustedKey; COUNT] {
    KEYS.map(|key| TrustedKey::p256(sha256, P256PublicKey(key)))
}
