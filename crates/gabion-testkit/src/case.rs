//! The list of test bodies.

use gabion_crypto::{SmallSha256, Software, SoftwareChaCha};
use gabion_flash::{Multiwrite, WriteOnce};
use gabion_p256::SmallP256;

use crate::{boot, crypto, storage};

/// What a body found: nothing wrong, or the first thing that did not hold.
pub type Outcome = Result<(), &'static str>;

/// One test: a name and its body.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Area and claim, as `cargo test` would print it.
    pub name: &'static str,
    /// Runs it.
    pub body: fn() -> Outcome,
}

impl Case {
    const fn new(name: &'static str, body: fn() -> Outcome) -> Self {
        Self { name, body }
    }
}

/// Turns a condition into an outcome.
///
/// # Errors
///
/// `claim`, when `holds` is false.
pub fn ensure(holds: bool, claim: &'static str) -> Outcome {
    if holds { Ok(()) } else { Err(claim) }
}

/// Every test, in the order in which they run.
pub const CASES: &[Case] = &[
    Case::new("crypto::sha256_gives_the_published_hashes", || crypto::sha256(&Software)),
    Case::new("crypto::small_sha256_gives_the_published_hashes", || crypto::sha256(&SmallSha256)),
    Case::new("crypto::hmac_gives_the_published_tags", || crypto::hmac(&Software)),
    Case::new("crypto::hkdf_gives_the_published_keys", || crypto::hkdf(&Software)),
    Case::new("crypto::pbkdf2_gives_the_published_keys", || crypto::pbkdf2(&Software)),
    Case::new("crypto::aes_gcm_seals_as_published", || crypto::aes_gcm(&Software)),
    Case::new("crypto::chacha20_poly1305_seals_as_published", || crypto::chacha(&SoftwareChaCha)),
    Case::new("crypto::aes_gcm_refuses_every_flipped_bit", || crypto::flipped_bits(&Software)),
    Case::new("crypto::chacha20_poly1305_refuses_every_flipped_bit", || {
        crypto::flipped_bits(&SoftwareChaCha)
    }),
    Case::new("crypto::p256_verifies_the_published_signature", || crypto::p256_verify(&Software)),
    Case::new("crypto::p256_signs_as_published", || crypto::p256_sign(&Software)),
    Case::new("crypto::p256_refuses_what_no_signer_makes", || crypto::p256_refusals(&Software)),
    Case::new("crypto::gabion_p256_verifies_the_published_signature", || {
        crypto::p256_verify(&SmallP256)
    }),
    Case::new("crypto::gabion_p256_refuses_what_no_signer_makes", || {
        crypto::p256_refusals(&SmallP256)
    }),
    Case::new("crypto::ed25519_verifies_the_published_signature", || crypto::ed25519(&Software)),
    Case::new("boot::every_sample_image_gets_its_verdict", || boot::samples(&Software)),
    Case::new("boot::no_flipped_bit_verifies", || boot::flipped_bits(&Software)),
    Case::new("boot::no_truncated_image_verifies", || boot::truncated(&Software)),
    Case::new("boot::no_image_verifies_without_a_trusted_key", || boot::no_keys(&Software)),
    Case::new(
        "storage::what_was_put_is_there_after_a_start",
        storage::put_get_remove::<Multiwrite>,
    ),
    Case::new(
        "storage::what_was_put_is_there_after_a_start_write_once",
        storage::put_get_remove::<WriteOnce>,
    ),
    Case::new("storage::a_power_cut_loses_nothing_acknowledged", storage::power_cuts::<Multiwrite>),
    Case::new(
        "storage::a_power_cut_loses_nothing_acknowledged_write_once",
        storage::power_cuts::<WriteOnce>,
    ),
    Case::new(
        "storage::a_flipped_bit_gives_the_value_or_an_error",
        storage::flipped_bits::<Multiwrite>,
    ),
    Case::new(
        "storage::a_flipped_bit_gives_the_value_or_an_error_write_once",
        storage::flipped_bits::<WriteOnce>,
    ),
    Case::new("storage::nothing_stands_in_clear", storage::nothing_in_clear::<Multiwrite>),
    Case::new(
        "storage::nothing_stands_in_clear_write_once",
        storage::nothing_in_clear::<WriteOnce>,
    ),
    Case::new("storage::an_older_image_is_refused", storage::restored_image::<Multiwrite>),
    Case::new(
        "storage::an_older_image_is_refused_write_once",
        storage::restored_image::<WriteOnce>,
    ),
    Case::new("storage::another_chip_opens_nothing", storage::another_chip::<Multiwrite>),
    Case::new("storage::another_chip_opens_nothing_write_once", storage::another_chip::<WriteOnce>),
];
