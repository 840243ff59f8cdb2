//! The cipher without a nonce: bytes computed apart from this code, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use gabion_crypto::{Secret, Sha256, Siv, Software};

fn cipher() -> Siv {
    let key = |first: u8| Secret::new(core::array::from_fn(|at| first + at as u8));
    Siv::new(key(0), key(32))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let mut data: Vec<u8> = (0..70).collect();
    let tag = cipher().seal(&Software, b"context 7", &mut data);
    assert_eq!(hex(&tag), "b9d1d0d89273575c714f8987fd6e5e54");
    assert_eq!(
        hex(&data),
        "7b98ff935aadd6feb3379070fe8166180f029dbfdba136321f7e3a6f9724daba11956dbd47c136c666881e15ae12925c\
         119f8732763111c8ab78a83e2fb0a6d4aa1f5f4c9f16"
    );
}

#[test]
fn nothing_stays_in_clear_however_long_it_is() {
    let plain: Vec<u8> = (0..9000_u16).map(|at| (at % 251) as u8).collect();
    let mut data = plain.clone();
    let tag = cipher().seal(&Software, b"context 7", &mut data);
    assert_eq!(hex(&tag), "88dd40df35e60342e621f91a63e63751");
    let digest = Software.sha256(&[&data]);
    assert_eq!(hex(&digest), "a967c0485e94acd5e9d3237e5ff08e6afddbd97ea676b00a434a8e1eef719d65");
    // 8,192 bytes are what a counter of one byte reaches.
    assert!(data[8192..].iter().zip(&plain[8192..]).filter(|(a, b)| a == b).count() < 20);
}

#[test]
fn what_was_changed_is_refused() {
    let mut sealed = *b"a record of some length, two blocks long";
    let tag = cipher().seal(&Software, b"7", &mut sealed);
    let opens = |context: &[u8], tag: &[u8; 16], sealed: &[u8]| {
        let mut plain = sealed.to_vec();
        cipher().apply_stream(&Software, tag, &mut plain);
        cipher().accepts(&Software, context, &plain, tag)
    };
    assert!(opens(b"7", &tag, &sealed));
    assert!(!opens(b"8", &tag, &sealed));
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(b"7", &tag, &changed), "bit {bit}");
    }
    for bit in 0..128 {
        let mut changed = tag;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(b"7", &changed, &sealed), "bit {bit} of the tag");
    }
}
