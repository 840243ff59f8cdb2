//! The toy provider behaves like a provider, so that code under a fuzzer cannot tell the difference.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test may panic")]

use gabion_crypto::{
    Aead, AeadKey, CryptoError, Digest, EcdsaP256Sign, EcdsaP256Verify, Ed25519Verify, HmacSha256,
    Provider, Secret, Sha256,
};
use gabion_vectors::InsecureToyProvider as Toy;

const fn is_a_provider(_: &impl Provider) {}

#[test]
fn what_is_sealed_unseals_and_nothing_else_does() {
    is_a_provider(&Toy);
    let key = Toy.aead_key(&Secret::new([7; 32]));
    let mut data = *b"forty-two bytes, which is more than 32....";
    let plain = data;
    let tag = key.seal(&[1; 12], b"aad", &mut data).unwrap();
    assert_ne!(data, plain);
    let sealed = data;
    for (nonce, aad) in [([2; 12], &b"aad"[..]), ([1; 12], b"aae"), ([1; 12], b"")] {
        assert_eq!(key.unseal(&nonce, aad, &mut data, &tag), Err(CryptoError::Refused));
        assert_eq!(data, sealed);
    }
    key.unseal(&[1; 12], b"aad", &mut data, &tag).unwrap();
    assert_eq!(data, plain);
}

#[test]
fn signatures_verify_under_their_key_only_and_anyone_can_forge_them() {
    let (a, b) = (Secret::new([1; 32]), Secret::new([2; 32]));
    let (key_a, key_b) = (Toy.p256_public_key(&a).unwrap(), Toy.p256_public_key(&b).unwrap());
    let signature = Toy.p256_sign(&a, &[9; 32]).unwrap();
    assert_eq!(signature, Toy::forge(&key_a, &[9; 32]));
    assert_eq!(Toy.p256_verify(&key_a, &[9; 32], &signature), Ok(()));
    assert_eq!(Toy.p256_verify(&key_b, &[9; 32], &signature), Err(CryptoError::Refused));
    assert_eq!(Toy.p256_verify(&key_a, &[8; 32], &signature), Err(CryptoError::Refused));
    let signature = Toy::forge_ed25519(&[3; 32], b"message");
    assert_eq!(Toy.ed25519_verify(&[3; 32], b"message", &signature), Ok(()));
    assert_eq!(Toy.ed25519_verify(&[4; 32], b"message", &signature), Err(CryptoError::Refused));
}

#[test]
fn hashes_depend_on_every_bit_and_not_on_the_split() {
    let mut seen = std::collections::HashSet::new();
    let message = [0x5a; 40];
    for bit in 0..320 {
        let mut flipped = message;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(seen.insert(Toy.sha256(&[&flipped])));
        assert!(seen.insert(Toy.hmac_sha256(&flipped, &[b"m"])));
        let mut pieces = Toy.sha256_start();
        pieces.update(&flipped[..bit / 8]);
        pieces.update(&flipped[bit / 8..]);
        assert!(seen.contains(&pieces.finish()));
    }
}
