//! The software provider agrees with every vector, and every set ran: the figures are those of the data.
#![allow(clippy::panic, reason = "a test may panic")]

use gabion_crypto::{Software, SoftwareChaCha};
use gabion_vectors::{
    Mismatch, Tally, check_aead, check_ed25519_verify, check_hkdf, check_hmac, check_p256_sign,
    check_p256_verify, check_pbkdf2, check_sha256,
};

/// Accepted, rejected, refused by a strict parser before the provider, not expressible in the traits.
fn figures(result: Result<Tally, Mismatch>) -> (usize, usize, usize, usize) {
    let tally = result.unwrap_or_else(|mismatch| panic!("{mismatch}"));
    (tally.accepted, tally.rejected, tally.refused_by_encoding, tally.inexpressible)
}

#[test]
fn sha256() {
    assert_eq!(figures(check_sha256(&Software)), (362, 0, 0, 0));
}

#[test]
fn hmac() {
    assert_eq!(figures(check_hmac(&Software)), (565, 108, 0, 0));
}

#[test]
fn hkdf() {
    assert_eq!(figures(check_hkdf(&Software)), (303, 3, 0, 0));
}

#[test]
fn aes_gcm() {
    assert_eq!(figures(check_aead(&Software)), (86, 2211, 0, 250));
}

#[test]
fn chacha20_poly1305() {
    assert_eq!(figures(check_aead(&SoftwareChaCha)), (514, 1294, 0, 9));
}

#[test]
fn p256_verify() {
    assert_eq!(figures(check_p256_verify(&Software)), (839, 2915, 543, 0));
}

#[test]
fn p256_sign() {
    assert_eq!(figures(check_p256_sign(&Software)), (3, 8, 0, 0));
}

#[test]
fn ed25519() {
    assert_eq!(figures(check_ed25519_verify(&Software)), (92, 5067, 12, 0));
}

#[test]
fn pbkdf2() {
    assert_eq!(figures(check_pbkdf2(&Software)), (62, 1, 0, 0));
}
