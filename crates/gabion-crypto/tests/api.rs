//! Keys are derived under labels that never change, and misuse is told apart from refusal.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use gabion_crypto::{
    AeadAlgorithm, CryptoError, HmacSha256, Label, PasswordHash, Secret, Software, SoftwareRootKey,
    hazmat::hkdf_expand_unlabelled, hkdf_expand,
};
use gabion_hal::RootKey;

/// Every label with the key that it gives from 00 01 .. 1f and the information 01 02 03. Computed apart from this code. A
/// label that changes makes devices in the field lose what they sealed: never edit a line, only add.
const LABELS: [(Label, &str, &str); 14] = [
    (
        Label::StorageKek,
        "gabion/1 storage kek",
        "b990e4182b1412acf21f38351887556d79a087f96bf1072544b872a706026bad",
    ),
    (
        Label::StorageChain,
        "gabion/1 storage chain",
        "b8ead640f7244b0e326abcb6f7892991fb4bcad3d1c5910348d028b19723d782",
    ),
    (
        Label::StorageNonce,
        "gabion/1 storage nonce",
        "9421177f33cda988f1710a44556777e92adccbbb5669201dd351db85a14f2510",
    ),
    (
        Label::LogEpoch,
        "gabion/1 log epoch",
        "9cbaaa8683b94a2adcb9d511fcd9eac85db5b9d5b9f70c2ad367e90a490c37bd",
    ),
    (
        Label::AuthPepper,
        "gabion/1 auth pepper",
        "600c29ac9321936f567ee74db62647b66801c12ad139cd6a7edd263f32062cb8",
    ),
    (
        Label::AuthThrottle,
        "gabion/1 auth throttle",
        "e05dbfa9be33d4cd6cf8f68674a700d84a91ec98375943a1f139f62dba02a0ad",
    ),
    (
        Label::LogPseudonym,
        "gabion/1 log pseudonym",
        "80b328aec2101dfab05ffbe1b55d9637ab7eae22b2ea13f5dc17ba65cb99159d",
    ),
    (
        Label::UpdateState,
        "gabion/1 update state",
        "8c09979a3080a5175b587d046245e851fb8f5834cb6a4dc1d4549677a72b567b",
    ),
    (
        Label::EraseReceipt,
        "gabion/1 erase receipt",
        "f18aa760b6a51fa7249e531e50d12eed2bd4c8977a2240b18daeee8097e9a58f",
    ),
    (
        Label::BootMac,
        "gabion/1 boot mac",
        "ca06186c0e3f9fda8621478f47c33214d3796f5bebf65e4ff923d8c78715b450",
    ),
    (
        Label::SetupCode,
        "gabion/1 set-up code",
        "ca083cda2cdd9b65a664beed6ae6ffb4cd510ab70f7f2260d0cb90e64d40f42d",
    ),
    (
        Label::SetupToDevice,
        "gabion/1 set-up to device",
        "c39e161b8593998ede7df82ae5d8447a5adc874b8eeb9a75100e41d979673cf8",
    ),
    (
        Label::SetupToPhone,
        "gabion/1 set-up to phone",
        "38bab416956ba2f4db8a41da50cf0988b0f58f99066e8dc3725fac922cc863a6",
    ),
    (
        Label::HandOver,
        "gabion/1 hand-over",
        "a04209be1bd5706641abc1558aa3889e95edd41f516415157d6f3197e2ac07d8",
    ),
];

fn counting() -> Secret<[u8; 32]> {
    Secret::new(core::array::from_fn(|i| i as u8))
}

#[test]
fn labels_give_the_keys_that_they_always_gave() {
    for (label, bytes, key) in LABELS {
        assert_eq!(label.as_bytes(), bytes.as_bytes());
        let mut out = [0; 32];
        hkdf_expand(&Software, &counting(), label, [&[1], &[2, 3]], &mut out).unwrap();
        let hex: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, key, "{label:?}");
    }
}

/// Otherwise a label with information could stand for another label.
#[test]
fn no_label_is_a_prefix_of_another() {
    for (i, a) in LABELS.iter().enumerate() {
        for (j, b) in LABELS.iter().enumerate() {
            assert!(i == j || !b.1.starts_with(a.1), "{} begins {}", a.1, b.1);
        }
    }
}

#[test]
fn an_output_that_is_too_long_is_misuse_and_holds_no_key() {
    let mut out = [0xaa; 255 * 32 + 1];
    let done = hkdf_expand_unlabelled(&Software, &counting(), [&[], &[], &[]], &mut out);
    assert_eq!(done, Err(CryptoError::Misuse));
    assert_eq!(out, [0; 255 * 32 + 1]);
    let longest = &mut out[..255 * 32];
    assert_eq!(hkdf_expand(&Software, &counting(), Label::BootMac, [&[], &[]], longest), Ok(()));
    assert_ne!(longest[254 * 32..], [0; 32]);
    assert_eq!(hkdf_expand(&Software, &counting(), Label::BootMac, [&[], &[]], &mut []), Ok(()));
}

#[test]
fn no_iterations_are_misuse() {
    let mut out = Secret::new([0x5a; 32]);
    assert_eq!(Software.pbkdf2(b"password", b"salt", 0, &mut out), Err(CryptoError::Misuse));
    assert_eq!(*out.expose(), [0x5a; 32]);
}

#[test]
fn a_software_root_key_is_an_hmac_of_the_context() {
    let mut root = SoftwareRootKey::new(counting(), Software);
    let mut out = [0; 32];
    root.derive(b"context", &mut out).unwrap();
    assert_eq!(out, Software.hmac_sha256(counting().expose(), &[b"context"]));
    root.derive(&[7; 64], &mut out).unwrap();
    assert_eq!(root.derive(&[7; 65], &mut out), Err(CryptoError::Misuse));
    assert!(!root.is_hardware_bound());
}

#[test]
fn algorithm_ids_that_are_not_assigned_mean_nothing() {
    for id in 0..=u8::MAX {
        match AeadAlgorithm::from_id(id) {
            Some(algorithm) => assert_eq!(algorithm.id(), id),
            None => assert!(id == 0 || id > 2),
        }
    }
}

/// One opaque refusal: nothing in the words tells what was wrong.
#[test]
fn refusal_has_no_reason() {
    assert_eq!(CryptoError::Refused.to_string(), "refused by cryptography");
    assert_eq!(size_of::<CryptoError>(), 1);
}
