//! The software provider, whole and as a suite, agrees with every published vector. The figures of each driver are pinned in
//! gabion-vectors; here each must have run something on both sides.
#![allow(clippy::panic, reason = "a test may panic")]

use gabion_crypto::{SmallSha256, Software, SoftwareChaCha, Suite};
use gabion_vectors::{
    Mismatch, Tally, check_aead, check_ed25519_verify, check_hkdf, check_hmac, check_p256_sign,
    check_p256_verify, check_pbkdf2, check_sha256,
};

const SUITE: Suite<Software, SoftwareChaCha, Software> =
    Suite { hash: Software, aead: SoftwareChaCha, ecdsa: Software };

fn both_sides(result: Result<Tally, Mismatch>) {
    let tally = result.unwrap_or_else(|mismatch| panic!("{mismatch}"));
    assert!(tally.accepted > 0 && tally.rejected > 0, "{tally:?}");
}

#[test]
fn hashes() {
    assert!(check_sha256(&Software).is_ok_and(|tally| tally.accepted > 300));
    assert!(check_sha256(&SUITE).is_ok_and(|tally| tally.accepted > 300));
    both_sides(check_hmac(&Software));
    both_sides(check_hmac(&SUITE));
    both_sides(check_hkdf(&SUITE));
    both_sides(check_pbkdf2(&SUITE));
}

#[test]
fn small_hashes() {
    assert!(check_sha256(&SmallSha256).is_ok_and(|tally| tally.accepted > 300));
    both_sides(check_hmac(&SmallSha256));
    both_sides(check_hkdf(&SmallSha256));
}

#[test]
fn ciphers() {
    both_sides(check_aead(&Software));
    both_sides(check_aead(&SoftwareChaCha));
    both_sides(check_aead(&SUITE));
}

#[test]
fn signatures() {
    both_sides(check_p256_verify(&SUITE));
    both_sides(check_p256_sign(&SUITE));
    both_sides(check_ed25519_verify(&Software));
}
