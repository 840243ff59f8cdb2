//! The sample images: each gets the verdict that its index expects.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_boot::{KeySet, Refusal, VerifyError, verify_bytes, verify_bytes_or_pure};
use gabion_crypto::{Sha512, Software};
use support::{Sample, samples};

/// What each refused sample is refused for.
fn reason(id: &str) -> Option<Refusal> {
    Some(match id {
        // Ed25519 over the bytes themselves needs them in memory: see below.
        "public-09" => Refusal::UnsupportedAlgorithm,
        "public-10" | "public-11" | "public-12" => Refusal::HashMismatch,
        "public-13" | "public-15" => Refusal::SignatureInvalid,
        "public-14" | "public-19" => Refusal::TlvInfoMagic,
        "public-16" => Refusal::UnknownKey,
        "public-17" => Refusal::BadMagic,
        "public-18" => Refusal::Rollback,
        "public-20" => Refusal::SizeOutOfRange,
        _ => return None,
    })
}

#[test]
fn every_sample_gets_its_verdict() {
    let samples = samples();
    assert_eq!(samples.len(), 20);
    for sample in &samples {
        let verdict = sample.verify();
        match (reason(&sample.id), verdict) {
            (None, Ok(image)) => {
                let parsed = &sample.json["parsed"];
                assert_eq!(parsed["image_end"], image.end(), "{}", sample.id);
                assert_eq!(parsed["version"], image.version().to_string(), "{}", sample.id);
                assert_eq!(parsed["digest"], hex(image.digest()), "{}", sample.id);
                assert_eq!(
                    parsed["security_counter"].as_u64(),
                    image.security_counter().map(u64::from)
                );
                assert_eq!(parsed["hdr_size"], image.header().hdr_size, "{}", sample.id);
                assert_eq!(parsed["img_size"], image.header().img_size, "{}", sample.id);
                assert_eq!(parsed["prot_size"], image.header().protected_size, "{}", sample.id);
                let body = usize::from(image.header().hdr_size);
                assert_eq!(*image.body_start(), sample.bytes[body..body + 8], "{}", sample.id);
            }
            (Some(reason), Err(VerifyError::Refused(refusal))) => {
                assert_eq!(refusal, reason, "{}", sample.id);
            }
            (expected, found) => panic!("{}: {expected:?}, got {found:?}", sample.id),
        }
    }
}

#[test]
fn the_pure_sample_is_accepted_in_memory_and_no_flipped_bit_of_it_is() {
    let sample = support::sample("public-09");
    let keys = KeySet::new(&sample.keys);
    let verify = |bytes: &[u8]| verify_bytes_or_pure(bytes, keys, &sample.policy, &Software);
    let image = verify(&sample.bytes).unwrap();
    assert_eq!(image.end() as usize, sample.bytes.len());
    let signed = &sample.bytes[..image.header().signed_len().unwrap() as usize];
    assert_eq!(hex(&Software.sha512(&[signed])), sample.json["parsed"]["digest"]);
    for at in (0..0x200).chain(signed.len() - 8..sample.bytes.len()) {
        for bit in 0..8 {
            let mut flipped = sample.bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(verify(&flipped).is_err(), "byte {at}, bit {bit}");
        }
    }
    // All other samples get the same verdict as without.
    for sample in support::samples().iter().filter(|sample| sample.id != "public-09") {
        let keys = KeySet::new(&sample.keys);
        let slot = [&sample.bytes[..], &[0xff; 1 << 17]].concat();
        let without = verify_bytes(&slot, keys, &sample.policy, &Software);
        assert_eq!(verify_bytes_or_pure(&slot, keys, &sample.policy, &Software), without);
    }
}

#[test]
fn expectations_agree_with_the_index() {
    for Sample { id, json, .. } in samples() {
        let optional = json["cls"] == "optional-alg";
        assert_eq!(json["expect"] == "accept" && !optional, reason(&id).is_none(), "{id}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
