//! Each test is named after the attack.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use gabion_codec::{CodecErrorKind, Sign1Prefix, Sign1View, cbor::Encoder};
use gabion_cose::{
    ContentKey, ContentType, CoseError, Encrypt0, Key, KeyOperation, Label, Mac0, MacAlgorithm,
    MacKey, NewHeaders, Payload, Rules, Sign1, Tag, VerifyingKey,
};
use gabion_crypto::{EcdsaP256Sign, HmacSha256, P256Signature, Secret, Sha256, Software};

const PRIVATE: Secret<[u8; 32]> = Secret::new([0x51; 32]);
const SHARED: [u8; 32] = [0x77; 32];
const PAYLOAD: &[u8] = b"open the valve";

fn public() -> VerifyingKey {
    VerifyingKey(Software.p256_public_key(&PRIVATE).unwrap())
}

fn signed(external: &[u8], payload: Payload<'_>) -> Vec<u8> {
    let mut out = [0; 300];
    let headers = NewHeaders { key_id: Some(b"11"), content_type: Some(ContentType::Number(60)) };
    Sign1::sign(&Software, &PRIVATE, &headers, payload, external, &mut out).unwrap().to_vec()
}

/// Signs whatever stands in the buckets, as an attacker with a key of his own, or a careless library, would.
fn signed_raw(protected: &[u8], unprotected: &[u8]) -> Vec<u8> {
    let mut to_be_signed = vec![0x84, 0x6a];
    to_be_signed.extend(b"Signature1");
    let bytes = |bytes: &[u8]| {
        let mut buffer = [0; 200];
        let mut encoder = Encoder::new(&mut buffer);
        encoder.bytes(bytes).unwrap();
        let end = encoder.position();
        buffer[..end].to_vec()
    };
    to_be_signed.extend(bytes(if protected == [0xa0] { &[] } else { protected }));
    to_be_signed.extend(bytes(&[]));
    to_be_signed.extend(bytes(PAYLOAD));
    let signature = Software.p256_sign(&PRIVATE, &Software.sha256(&[&to_be_signed])).unwrap();
    [&[0xd2, 0x84][..], &bytes(protected), unprotected, &bytes(PAYLOAD), &bytes(&signature.0)]
        .concat()
}

fn verdict(message: &[u8]) -> Result<(), CoseError> {
    Sign1::parse(message, &Rules::default())?.verify(&Software, &public(), &[]).map(drop)
}

#[test]
fn any_bit_of_any_message_flipped() {
    let content = ContentKey::new(&Software, &Secret::new(SHARED));
    let mac = MacKey::new(MacAlgorithm::Hmac256, &SHARED).unwrap();
    let headers = NewHeaders { key_id: Some(b"11"), content_type: None };
    let mut out = [0; 300];
    let payload = Payload::Attached(PAYLOAD);
    let authenticated =
        Mac0::authenticate(&Software, &mac, &headers, payload, b"x", &mut out).unwrap().to_vec();
    let encrypted =
        Encrypt0::encrypt(&content, &[3; 12], &headers, PAYLOAD, b"x", &mut out).unwrap().to_vec();
    let messages = [signed(b"x", payload), authenticated, encrypted];
    let open = |message: &[u8]| -> Result<Vec<u8>, CoseError> {
        let rules = Rules::default();
        let mut out = [0; 100];
        match message.first() {
            Some(0xd2) => {
                Ok(Sign1::parse(message, &rules)?.verify(&Software, &public(), b"x")?.to_vec())
            }
            Some(0xd1) => Ok(Mac0::parse(message, &rules)?.verify(&Software, &mac, b"x")?.to_vec()),
            _ => Ok(Encrypt0::parse(message, &rules)?.decrypt(&content, b"x", &mut out)?.to_vec()),
        }
    };
    for message in messages {
        assert_eq!(open(&message).unwrap(), PAYLOAD);
        let key_id = message.windows(3).position(|part| part == b"\x42\x31\x31").unwrap();
        for bit in 0..message.len() * 8 {
            let mut changed = message.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let hint = bit / 8 == key_id + 1 || bit / 8 == key_id + 2;
            // The name of the key is a hint, and its label may become another unknown one.
            if let Ok(payload) = open(&changed) {
                assert_eq!(payload, PAYLOAD);
                assert!(hint || bit / 8 + 1 == key_id, "bit {bit}");
            }
        }
        for end in 0..message.len() {
            assert!(open(&message[..end]).is_err(), "cut at {end}");
        }
        assert!(open(&[&message[..], &[0]].concat()).is_err());
    }
}

#[test]
fn algorithm_taken_from_the_message() {
    // A message that says HMAC and is authenticated with the public key as the shared one.
    let key = public();
    let mac = MacKey::new(MacAlgorithm::Hmac256, &key.0.0).unwrap();
    let mut out = [0; 200];
    let payload = Payload::Attached(PAYLOAD);
    let forged =
        Mac0::authenticate(&Software, &mac, &NewHeaders::default(), payload, &[], &mut out)
            .unwrap()
            .to_vec();
    assert_eq!(verdict(&forged), Err(CoseError::Tag));
    let mut relabelled = forged.clone();
    relabelled[0] = 0xd2;
    assert_eq!(verdict(&relabelled), Err(CoseError::Algorithm));
}

#[test]
fn no_algorithm_at_all() {
    assert_eq!(verdict(&signed_raw(&[], &[0xa0])), Err(CoseError::Algorithm));
    assert_eq!(verdict(&signed_raw(&[0xa0], &[0xa0])), Err(CoseError::Algorithm));
}

#[test]
fn algorithm_that_is_none_or_text() {
    // ES384, a number nobody has, text
    for named in [&[0xa1, 1, 0x38, 0x22][..], &[0xa1, 1, 0x39, 3, 0xe6], &[0xa1, 1, 0x61, b'E']] {
        assert_eq!(verdict(&signed_raw(named, &[0xa0])), Err(CoseError::Algorithm));
    }
    assert_eq!(verdict(&signed_raw(&[0xa1, 1, 0xf6], &[0xa0])), Err(CoseError::Header(1)));
}

#[test]
fn same_header_in_both_buckets() {
    // The algorithm twice, the same or another; a header of nobody's twice.
    assert_eq!(verdict(&signed_raw(&[0xa1, 1, 0x26], &[0xa1, 1, 0x26])), Err(CoseError::Duplicate));
    assert_eq!(verdict(&signed_raw(&[0xa1, 1, 0x26], &[0xa1, 1, 5])), Err(CoseError::Duplicate));
    let both = signed_raw(&[0xa2, 1, 0x26, 0x18, 99, 1], &[0xa1, 0x18, 99, 2]);
    assert_eq!(verdict(&both), Err(CoseError::Duplicate));
}

#[test]
fn same_header_twice_in_one_bucket() {
    let error = verdict(&signed_raw(&[0xa2, 1, 0x26, 1, 0x26], &[0xa0])).unwrap_err();
    let CoseError::Encoding(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.offset), (CodecErrorKind::Duplicate, 6));
}

#[test]
fn critical_header_that_nobody_understands() {
    // {1: -7, 2: [99], 99: 0}
    let critical = signed_raw(&[0xa3, 1, 0x26, 2, 0x81, 0x18, 99, 0x18, 99, 0], &[0xa0]);
    assert_eq!(verdict(&critical), Err(CoseError::Critical));
    let rules = Rules { tag: Tag::Required, understood: &[Label::Number(99)] };
    let message = Sign1::parse(&critical, &rules).unwrap();
    assert_eq!(message.verify(&Software, &public(), &[]), Ok(PAYLOAD));
    assert!(message.headers().protected(Label::Number(99)).is_some());
    assert!(message.headers().unprotected(Label::Number(99)).is_none());
}

#[test]
fn critical_header_by_text() {
    let critical = [&[0xa3, 1, 0x26, 2, 0x81, 0x61, b'x'][..], &[0x61, b'x', 0]].concat();
    let critical = signed_raw(&critical, &[0xa0]);
    assert_eq!(verdict(&critical), Err(CoseError::Critical));
    let rules = Rules { tag: Tag::Required, understood: &[Label::Text("x")] };
    assert!(Sign1::parse(&critical, &rules).is_ok());
}

#[test]
fn critical_header_that_is_not_there_or_not_protected() {
    let rules = Rules { tag: Tag::Required, understood: &[Label::Number(99)] };
    // named, and absent or only in the other bucket
    for unprotected in [&[0xa0][..], &[0xa1, 0x18, 99, 0]] {
        let message = signed_raw(&[0xa2, 1, 0x26, 2, 0x81, 0x18, 99], unprotected);
        assert_eq!(Sign1::parse(&message, &rules).unwrap_err(), CoseError::Critical);
    }
    // the list itself unprotected, empty, or no list
    for (protected, unprotected) in [
        (&[0xa1, 1, 0x26][..], &[0xa1, 2, 0x81, 1][..]),
        (&[0xa2, 1, 0x26, 2, 0x80], &[0xa0]),
        (&[0xa2, 1, 0x26, 2, 1], &[0xa0]),
        (&[0xa2, 1, 0x26, 2, 0x81, 0xf5], &[0xa0]),
    ] {
        assert_eq!(verdict(&signed_raw(protected, unprotected)), Err(CoseError::Header(2)));
    }
    // what this crate heeds may be critical
    assert_eq!(verdict(&signed_raw(&[0xa2, 1, 0x26, 2, 0x81, 1], &[0xa0])), Ok(()));
}

#[test]
fn headers_of_other_types() {
    for (unprotected, label) in [
        (&[0xa1, 4, 0x61, b'x'][..], 4),
        (&[0xa1, 5, 1], 5),
        (&[0xa1, 6, 1], 6),
        (&[0xa1, 3, 0x40], 3),
        (&[0xa2, 5, 0x40, 6, 0x40], 6),
        (&[0xa1, 0xf5, 0], 0),
    ] {
        let message = signed_raw(&[0xa1, 1, 0x26], unprotected);
        assert_eq!(verdict(&message), Err(CoseError::Header(label)));
    }
}

#[test]
fn message_of_one_kind_sold_as_another() {
    let message = signed(&[], Payload::Attached(PAYLOAD));
    assert_eq!(Mac0::parse(&message, &Rules::default()).unwrap_err(), CoseError::Tag);
    assert_eq!(Encrypt0::parse(&message, &Rules::default()).unwrap_err(), CoseError::Tag);
    let rules = Rules { tag: Tag::Optional, understood: &[] };
    let untagged = &message[1..];
    assert!(Sign1::parse(untagged, &rules).is_ok());
    assert!(matches!(Encrypt0::parse(untagged, &rules), Err(CoseError::Encoding(_))));
    // As a MAC it parses without its tag; the key refuses it.
    let mac = MacKey::new(MacAlgorithm::Hmac256, &SHARED).unwrap();
    let verdict = Mac0::parse(untagged, &rules).unwrap().verify(&Software, &mac, &[]);
    assert_eq!(verdict, Err(CoseError::Algorithm));
    // Another tag around the right one.
    assert_eq!(verdict_of(&[&[0xd8, 61][..], &message].concat()), Err(CoseError::Tag));
}

fn verdict_of(message: &[u8]) -> Result<(), CoseError> {
    Sign1::parse(message, &Rules { tag: Tag::Optional, understood: &[] }).map(drop)
}

#[test]
fn detached_payload_swapped_or_missing() {
    let message = signed(b"", Payload::Detached(PAYLOAD));
    let view = Sign1::parse(&message, &Rules::default()).unwrap();
    assert_eq!(view.unverified_payload(), None);
    assert_eq!(view.verify(&Software, &public(), &[]), Err(CoseError::Detached));
    assert_eq!(view.verify_detached(&Software, &public(), &[], PAYLOAD), Ok(()));
    let other = view.verify_detached(&Software, &public(), &[], b"shut the valve");
    assert_eq!(other, Err(CoseError::Refused));
    // A message that has a payload takes no second one.
    let message = signed(b"", Payload::Attached(PAYLOAD));
    let view = Sign1::parse(&message, &Rules::default()).unwrap();
    let second = view.verify_detached(&Software, &public(), &[], PAYLOAD);
    assert_eq!(second, Err(CoseError::Detached));
}

#[test]
fn message_replayed_in_another_context() {
    let message = signed(b"valve 1", Payload::Attached(PAYLOAD));
    let view = Sign1::parse(&message, &Rules::default()).unwrap();
    assert_eq!(view.verify(&Software, &public(), b"valve 1"), Ok(PAYLOAD));
    assert_eq!(view.verify(&Software, &public(), b"valve 2"), Err(CoseError::Refused));
    assert_eq!(view.verify(&Software, &public(), b""), Err(CoseError::Refused));
}

#[test]
fn tag_cut_short_or_empty() {
    let key = MacKey::new(MacAlgorithm::Hmac256, &SHARED).unwrap();
    let front = [&[0xd1, 0x84, 0x43, 0xa1, 1, 5, 0xa0, 0x4e][..], PAYLOAD].concat();
    let to_be_tagged = [&b"\x84\x64MAC0\x43\xa1\x01\x05\x40\x4e"[..], PAYLOAD].concat();
    let tag = Software.hmac_sha256(&SHARED, &[&to_be_tagged]);
    for length in 0..=32_u8 {
        let head = if length < 24 { vec![0x40 | length] } else { vec![0x58, length] };
        let message = [&front[..], &head, &tag[..length.into()]].concat();
        let verdict =
            Mac0::parse(&message, &Rules::default()).unwrap().verify(&Software, &key, &[]);
        assert_eq!(verdict.is_ok(), length == 32, "{length}");
    }
    // The short algorithm and its key do not open the long one's messages, nor the reverse.
    let short = MacKey::new(MacAlgorithm::Hmac256Short, &SHARED).unwrap();
    let message = [&front[..], &[0x48], &tag[..8]].concat();
    let view = Mac0::parse(&message, &Rules::default()).unwrap();
    assert_eq!(view.verify(&Software, &short, &[]), Err(CoseError::Algorithm));
}

#[test]
fn plaintext_left_behind_by_a_refused_message() {
    let key = ContentKey::new(&Software, &Secret::new(SHARED));
    let mut out = [0; 200];
    let message =
        Encrypt0::encrypt(&key, &[9; 12], &NewHeaders::default(), PAYLOAD, &[], &mut out).unwrap();
    let mut message = message.to_vec();
    *message.last_mut().unwrap() ^= 1;
    let mut plain = [0xee; 40];
    let view = Encrypt0::parse(&message, &Rules::default()).unwrap();
    assert_eq!(view.decrypt(&key, &[], &mut plain).unwrap_err(), CoseError::Refused);
    assert_eq!(plain[..PAYLOAD.len()], [0; 14]);
    // and what does not fit leaves nothing of itself either
    let mut small = [0; 40];
    let result =
        Encrypt0::encrypt(&key, &[9; 12], &NewHeaders::default(), PAYLOAD, &[], &mut small);
    assert!(result.is_err());
    assert!(!small.windows(4).any(|part| PAYLOAD.starts_with(part)));
}

#[test]
fn nonce_missing_short_or_partial() {
    for unprotected in [&[0xa0][..], &[0xa1, 5, 0x41, 1], &[0xa1, 6, 0x42, 1, 2]] {
        let message =
            [&[0xd0, 0x83, 0x43, 0xa1, 1, 3][..], unprotected, &[0x50], &[0; 16]].concat();
        let error = Encrypt0::parse(&message, &Rules::default()).unwrap_err();
        assert_eq!(error, CoseError::Header(5));
    }
}

#[test]
fn authenticated_data_too_long_for_the_stack() {
    let key = ContentKey::new(&Software, &Secret::new(SHARED));
    let mut out = [0; 100];
    let external = [0; 600];
    let result =
        Encrypt0::encrypt(&key, &[9; 12], &NewHeaders::default(), PAYLOAD, &external, &mut out);
    assert_eq!(result, Err(CoseError::TooMuchAuthenticated));
}

#[test]
fn key_used_for_another_purpose() {
    let symmetric = |algorithm: &[u8], rest: &[u8]| {
        let entries = 3 + u8::from(!rest.is_empty());
        [&[0xa0 | entries, 1, 4, 3][..], algorithm, rest, &[0x20, 0x58, 32], &SHARED].concat()
    };
    let hmac = symmetric(&[5], &[]);
    let hmac = Key::parse(&hmac).unwrap();
    assert!(hmac.mac(KeyOperation::MacVerify).is_ok());
    assert_eq!(hmac.content(&Software, KeyOperation::Decrypt).unwrap_err(), CoseError::Key);
    assert_eq!(hmac.verifying().unwrap_err(), CoseError::Key);
    let aes = symmetric(&[3], &[]);
    let aes = Key::parse(&aes).unwrap();
    assert!(aes.content(&Software, KeyOperation::Decrypt).is_ok());
    assert_eq!(aes.mac(KeyOperation::MacVerify).unwrap_err(), CoseError::Key);
    // allowed to make tags only: {4: [9]}
    let maker = symmetric(&[5], &[4, 0x81, 9]);
    let maker = Key::parse(&maker).unwrap();
    assert!(maker.mac(KeyOperation::MacCreate).is_ok());
    assert_eq!(maker.mac(KeyOperation::MacVerify).unwrap_err(), CoseError::Key);
    // a symmetric key that says ES256, and one without any algorithm
    assert_eq!(Key::parse(&symmetric(&[0x26], &[])).unwrap_err(), CoseError::Algorithm);
    let bare = [&[0xa2, 1, 4, 0x20, 0x58, 32][..], &SHARED].concat();
    assert_eq!(
        Key::parse(&bare).unwrap().mac(KeyOperation::MacVerify).unwrap_err(),
        CoseError::Key
    );
}

#[test]
fn key_off_the_curve_or_of_another() {
    let mut out = [0; 100];
    let encoded = Key::emit_public(&public(), Some(b"11"), &mut out).unwrap().to_vec();
    let key = Key::parse(&encoded).unwrap();
    assert_eq!((key.verifying(), key.id()), (Ok(public()), Some(&b"11"[..])));
    assert_eq!(key.signing().unwrap_err(), CoseError::Key);
    // P-384; a compressed point; x one byte short
    for (from, to) in
        [(&[0x20, 1, 0x21][..], &[0x20, 2, 0x21][..]), (&[0x22, 0x58, 0x20], &[0x22, 0x58, 0x1f])]
    {
        let at = encoded.windows(from.len()).position(|part| part == from).unwrap();
        let mut other = encoded.clone();
        other.splice(at..at + from.len(), to.iter().copied());
        if to == [0x22, 0x58, 0x1f] {
            other.pop();
        }
        assert_eq!(Key::parse(&other).unwrap_err(), CoseError::Key);
    }
    let y = encoded.windows(3).position(|part| part == [0x22, 0x58, 0x20]).unwrap();
    let compressed = [&encoded[..=y], &[0xf5]].concat();
    assert_eq!(Key::parse(&compressed).unwrap_err(), CoseError::Header(-3));
    // A point that is none makes every signature fail.
    let mut off = encoded.clone();
    *off.last_mut().unwrap() ^= 1;
    let message = signed(&[], Payload::Attached(PAYLOAD));
    let off = Key::parse(&off).unwrap().verifying().unwrap();
    let verdict = Sign1::parse(&message, &Rules::default()).unwrap().verify(&Software, &off, &[]);
    assert_eq!(verdict, Err(CoseError::Refused));
}

#[test]
fn secrets_in_a_log() {
    let encoded = [&[0xa3, 1, 4, 3, 5, 0x20, 0x58, 32][..], &[0xab; 32]].concat();
    let key = Key::parse(&encoded).unwrap();
    let shown = format!(
        "{key:?} {:?} {:?}",
        key.mac(KeyOperation::MacVerify).unwrap(),
        ContentKey::new(&Software, &Secret::new([0xab; 32]))
    );
    assert!(!shown.to_lowercase().contains("ab, ") && !shown.contains("171"), "{shown}");
}

#[test]
fn what_the_event_log_and_receipts_write_is_this_format() {
    let prefix = Sign1Prefix::new(PAYLOAD.len() as u32);
    let hash = Software.sha256(&[prefix.to_be_signed(), PAYLOAD]);
    let signature = Software.p256_sign(&PRIVATE, &hash).unwrap();
    let theirs = [prefix.bytes(), PAYLOAD, &Sign1Prefix::suffix(&signature.0)].concat();
    assert_eq!(verdict(&theirs), Ok(()));
    let mut out = [0; 200];
    let payload = Payload::Attached(PAYLOAD);
    let ours =
        Sign1::sign(&Software, &PRIVATE, &NewHeaders::default(), payload, &[], &mut out).unwrap();
    assert_eq!(ours, theirs);
    let view = Sign1View::parse(ours).unwrap();
    assert_eq!((view.payload, P256Signature(view.signature)), (PAYLOAD, signature));
}
