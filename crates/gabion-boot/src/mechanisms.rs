//! What this crate serves of EN 303 645.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate, for the statement.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "boot.verified",
        &["5.7-1", "5.3-10"],
        "every image is verified at every boot: ECDSA P-256 or Ed25519 over SHA-256, one pass, MCUboot's format read strictly",
        Backing::Software,
        "gabion-boot tests/images.rs every_sample_gets_its_verdict",
    ),
    Mechanism::new(
        "boot.recheck",
        &["5.7-2"],
        "the running image is hashed again in slices; damage raises an event",
        Backing::Software,
        "gabion-boot tests/recheck.rs every_flipped_bit_of_a_running_image_is_found",
    ),
    Mechanism::new(
        "boot.signed-support-period",
        &["5.3-13"],
        "the end of the support period, the digest of the bill of materials and the advisory stand in signed TLVs",
        Backing::Software,
        "gabion-boot tests/attacks.rs vendor_tlvs_with_contents_that_are_not_valid",
    ),
];
