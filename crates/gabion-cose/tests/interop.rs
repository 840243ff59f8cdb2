//! What we write, `coset` reads; what `coset` and `pycose` write, we read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use coset::{CborSerializable, TaggedCborSerializable, iana};
use gabion_cose::{
    ContentKey, ContentType, Encrypt0, Key, KeyOperation, Mac0, MacAlgorithm, MacKey, NewHeaders,
    Payload, Rules, Sign1, VerifyingKey,
};
use gabion_crypto::{
    Aead, AeadKey, CryptoError, EcdsaP256Sign, EcdsaP256Verify, HmacSha256, P256Signature, Secret,
    Sha256, Software,
};

const PRIVATE: Secret<[u8; 32]> = Secret::new([0x51; 32]);
const SHARED: [u8; 32] = [0x77; 32];
const NONCE: [u8; 12] = [5; 12];

/// Payloads, external data, key ids of every length at which a head grows.
fn cases() -> impl Iterator<Item = (Vec<u8>, Vec<u8>, NewHeaders<'static>)> {
    let lengths = [0, 1, 23, 24, 255, 256, 300];
    let text = ContentType::Text("application/cbor");
    lengths.into_iter().flat_map(move |payload| {
        [None, Some(ContentType::Number(60)), Some(text)].into_iter().flat_map(
            move |content_type| {
                [None, Some(&b"11"[..])].map(|key_id| {
                    let headers = NewHeaders { content_type, key_id };
                    (vec![0xaa; payload], vec![0xbb; payload % 100], headers)
                })
            },
        )
    })
}

#[test]
fn coset_reads_what_we_sign() {
    let public = Software.p256_public_key(&PRIVATE).unwrap();
    for (payload, external, headers) in cases() {
        let mut out = [0; 600];
        let attached = Payload::Attached(&payload);
        let ours =
            Sign1::sign(&Software, &PRIVATE, &headers, attached, &external, &mut out).unwrap();
        let theirs = coset::CoseSign1::from_tagged_slice(ours).unwrap();
        assert_eq!(theirs.payload.as_deref(), Some(&payload[..]));
        assert_eq!(theirs.unprotected.key_id, headers.key_id.unwrap_or_default());
        theirs
            .verify_signature(&external, |signature, message| {
                let signature = P256Signature(signature.try_into().unwrap());
                Software.p256_verify(&public, &Software.sha256(&[message]), &signature)
            })
            .unwrap();
        assert_eq!(theirs.to_tagged_vec().unwrap(), ours, "and writes it the same");
    }
}

#[test]
fn we_read_what_coset_signs() {
    let key = VerifyingKey(Software.p256_public_key(&PRIVATE).unwrap());
    for (payload, external, headers) in cases() {
        let protected = coset::HeaderBuilder::new().algorithm(iana::Algorithm::ES256).build();
        let unprotected = coset::HeaderBuilder::new()
            .key_id(headers.key_id.unwrap_or(b"x").to_vec())
            .text_value("note".into(), coset::cbor::Value::Null)
            .build();
        let theirs = coset::CoseSign1Builder::new()
            .protected(protected)
            .unprotected(unprotected)
            .payload(payload.clone())
            .create_signature(&external, |message| {
                Software.p256_sign(&PRIVATE, &Software.sha256(&[message])).unwrap().0.to_vec()
            })
            .build()
            .to_tagged_vec()
            .unwrap();
        let ours = Sign1::parse(&theirs, &Rules::default()).unwrap();
        assert_eq!(ours.verify(&Software, &key, &external), Ok(&payload[..]));
    }
}

#[test]
fn coset_and_we_authenticate_alike() {
    let key = MacKey::new(MacAlgorithm::Hmac256, &SHARED).unwrap();
    for (payload, external, headers) in cases() {
        let mut out = [0; 600];
        let attached = Payload::Attached(&payload);
        let ours =
            Mac0::authenticate(&Software, &key, &headers, attached, &external, &mut out).unwrap();
        let theirs = coset::CoseMac0::from_tagged_slice(ours).unwrap();
        let verified = theirs.verify_payload_tag(
            &external,
            || (),
            |tag, message| {
                if Software.hmac_sha256(&SHARED, &[message]) == tag { Ok(()) } else { Err(()) }
            },
        );
        assert_eq!(verified, Ok(()));
        let header = coset::HeaderBuilder::new().algorithm(iana::Algorithm::HMAC_256_256).build();
        let theirs = coset::CoseMac0Builder::new()
            .protected(header)
            .payload(payload.clone())
            .create_tag(&external, |message| Software.hmac_sha256(&SHARED, &[message]).to_vec())
            .build()
            .to_tagged_vec()
            .unwrap();
        let ours = Mac0::parse(&theirs, &Rules::default()).unwrap();
        assert_eq!(ours.verify(&Software, &key, &external), Ok(&payload[..]));
    }
}

#[test]
fn coset_and_we_encrypt_alike() {
    let key = ContentKey::new(&Software, &Secret::new(SHARED));
    let raw = Software.aead_key(&Secret::new(SHARED));
    for (payload, external, headers) in cases() {
        let mut out = [0; 600];
        let ours =
            Encrypt0::encrypt(&key, &NONCE, &headers, &payload, &external, &mut out).unwrap();
        let theirs = coset::CoseEncrypt0::from_tagged_slice(ours).unwrap();
        let plain: Result<Vec<u8>, CryptoError> = theirs.decrypt_ciphertext(
            &external,
            || panic!("no ciphertext"),
            |sealed, aad| {
                let (sealed, tag) = sealed.split_last_chunk::<16>().unwrap();
                let mut data = sealed.to_vec();
                raw.unseal(&NONCE, aad, &mut data, tag).map(|()| data)
            },
        );
        assert_eq!(plain.as_deref(), Ok(&payload[..]));
        let theirs = coset::CoseEncrypt0Builder::new()
            .protected(coset::HeaderBuilder::new().algorithm(iana::Algorithm::A256GCM).build())
            .unprotected(coset::HeaderBuilder::new().iv(NONCE.to_vec()).build())
            .create_ciphertext(&payload, &external, |plain, aad| {
                let mut data = plain.to_vec();
                let tag = raw.seal(&NONCE, aad, &mut data).unwrap();
                [&data[..], &tag].concat()
            })
            .build()
            .to_tagged_vec()
            .unwrap();
        let mut out = [0; 600];
        let ours = Encrypt0::parse(&theirs, &Rules::default()).unwrap();
        assert_eq!(&*ours.decrypt(&key, &external, &mut out).unwrap(), &payload[..]);
    }
}

#[test]
fn coset_reads_our_keys_and_we_read_its() {
    let public = Software.p256_public_key(&PRIVATE).unwrap();
    let mut out = [0; 100];
    let ours = Key::emit_public(&VerifyingKey(public), Some(b"11"), &mut out).unwrap();
    let theirs = coset::CoseKey::from_slice(ours).unwrap();
    assert_eq!(theirs.key_id, b"11");
    assert_eq!(theirs.to_vec().unwrap(), ours);
    let theirs = coset::CoseKeyBuilder::new_symmetric_key(SHARED.to_vec())
        .algorithm(iana::Algorithm::HMAC_256_256)
        .add_key_op(iana::KeyOperation::MacVerify)
        .build()
        .to_vec()
        .unwrap();
    let ours = Key::parse(&theirs).unwrap();
    assert!(ours.mac(KeyOperation::MacVerify).is_ok());
    assert!(ours.mac(KeyOperation::MacCreate).is_err());
}

/// Messages that pycose wrote: `tests/data/make_pycose.py` says how.
#[test]
fn we_read_what_pycose_wrote() {
    let fixtures: serde_json::Value =
        serde_json::from_str(include_str!("data/pycose.json")).unwrap();
    let hex = |value: &serde_json::Value| -> Vec<u8> {
        let digits: Vec<_> =
            value.as_str().unwrap().chars().map(|c| c.to_digit(16).unwrap()).collect();
        digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
    };
    let (key, external) = (hex(&fixtures["key"]), hex(&fixtures["external"]));
    let public = Key::parse(&key).unwrap().verifying().unwrap();
    let shared = hex(&fixtures["shared"]);
    let mut count = 0;
    for message in fixtures["messages"].as_array().unwrap() {
        let (encoded, payload) = (hex(&message["message"]), hex(&message["payload"]));
        let rules = Rules::default();
        let mut out = [0; 600];
        let opened = match message["kind"].as_str().unwrap() {
            "sign1" => {
                let view = Sign1::parse(&encoded, &rules).unwrap();
                view.verify(&Software, &public, &external).unwrap()
            }
            "sign1-detached" => {
                let view = Sign1::parse(&encoded, &rules).unwrap();
                view.verify_detached(&Software, &public, &external, &payload).unwrap();
                &payload
            }
            "mac0" => {
                let key = MacKey::new(MacAlgorithm::Hmac256, &shared).unwrap();
                let view = Mac0::parse(&encoded, &rules).unwrap();
                view.verify(&Software, &key, &external).unwrap()
            }
            "mac0-64" => {
                let key = MacKey::new(MacAlgorithm::Hmac256Short, &shared).unwrap();
                let view = Mac0::parse(&encoded, &rules).unwrap();
                view.verify(&Software, &key, &external).unwrap()
            }
            _ => {
                let key = Secret::new(shared[..].try_into().unwrap());
                let key = ContentKey::new(&Software, &key);
                let view = Encrypt0::parse(&encoded, &rules).unwrap();
                &*view.decrypt(&key, &external, &mut out).unwrap()
            }
        };
        assert_eq!(opened, payload);
        count += 1;
    }
    assert_eq!(count, 20);
}
