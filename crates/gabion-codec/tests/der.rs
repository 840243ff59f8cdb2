//! DER has one encoding for each value, and the parser accepts that one only.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use gabion_codec::{CodecError, CodecErrorKind, Reader, Writer, der};
use proptest::prelude::*;

fn emit(signature: &[u8; 64]) -> Vec<u8> {
    let mut buffer = [0; 72];
    let mut writer = Writer::new(&mut buffer);
    der::emit_p256_signature(signature, &mut writer).unwrap();
    writer.finish().to_vec()
}

#[test]
fn the_longest_signature_has_72_bytes_and_the_shortest_8() {
    assert_eq!(emit(&[0xff; 64]).len(), 72);
    let mut one = [0; 64];
    (one[31], one[63]) = (1, 1);
    assert_eq!(emit(&one), [0x30, 6, 2, 1, 1, 2, 1, 1]);
    let mut writer = Writer::new(&mut []);
    let no_room = Err(CodecError::new(CodecErrorKind::NoRoom, 0));
    assert_eq!(der::emit_p256_signature(&one, &mut writer), no_room);
    one[63] = 0;
    let zero = Err(CodecError::new(CodecErrorKind::OutOfRange, 0));
    assert_eq!(der::emit_p256_signature(&one, &mut writer), zero);
}

/// Each of these is a way in which lax parsers let a signature be rewritten.
#[test]
fn lax_encodings_are_refused_where_they_go_wrong() {
    use CodecErrorKind::{NotShortest, OutOfRange, Trailing, Truncated, Unexpected};
    let cases: &[(&[u8], CodecErrorKind, usize)] = &[
        (&[], Truncated, 0),
        (&[0x30], Truncated, 1),
        (&[0x31, 6, 2, 1, 1, 2, 1, 1], Unexpected, 0),
        (&[0x30, 6, 2, 1, 1, 2, 1], Truncated, 2),
        (&[0x30, 6, 2, 1, 1, 2, 1, 1, 0], Trailing, 8),
        (&[0x30, 8, 2, 1, 1, 2, 1, 1, 5, 0], Trailing, 8),
        (&[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1], NotShortest, 1),
        (&[0x30, 0x82, 0, 6, 2, 1, 1, 2, 1, 1], NotShortest, 1),
        (&[0x30, 0x83, 0, 0, 6, 2, 1, 1, 2, 1, 1], NotShortest, 1),
        (&[0x30, 0x84, 0, 0, 0, 6, 2, 1, 1, 2, 1, 1], NotShortest, 1),
        (&[0x30, 0x85, 0, 0, 0, 0, 6, 2, 1, 1, 2, 1, 1], OutOfRange, 1),
        (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 1], Truncated, 6),
        (&[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0], OutOfRange, 1),
        (&[0x30, 7, 2, 0x81, 1, 1, 2, 1, 1], NotShortest, 3),
        (&[0x30, 7, 2, 2, 0, 1, 2, 1, 1], NotShortest, 4),
        (&[0x30, 7, 2, 1, 1, 2, 2, 0, 0x7f], NotShortest, 7),
        (&[0x30, 6, 2, 1, 0x80, 2, 1, 1], OutOfRange, 4),
        (&[0x30, 6, 2, 1, 0, 2, 1, 1], OutOfRange, 4),
        (&[0x30, 5, 2, 0, 2, 1, 1], OutOfRange, 4),
        (&[0x30, 6, 2, 1, 1, 3, 1, 1], Unexpected, 5),
        (&[0x30, 3, 2, 1, 1], Truncated, 5),
        (&[0x30, 3, 2, 2, 1], Truncated, 4),
        (&[0x30, 0], Truncated, 2),
    ];
    for (input, kind, offset) in cases {
        let expected = Err(CodecError::new(*kind, *offset));
        assert_eq!(der::p256_signature(input), expected, "{input:x?}");
    }
    let mut long = vec![0x30, 38, 2, 33, 1];
    long.extend([0; 32]);
    long.extend([2, 1, 1]);
    assert_eq!(der::p256_signature(&long), Err(CodecError::new(OutOfRange, 2)));
}

#[test]
fn long_lengths_are_read_when_they_are_needed() {
    for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
        let mut input = vec![0x04];
        match length {
            0..0x80 => input.push(length as u8),
            0x80..0x100 => input.extend([0x81, length as u8]),
            0x100..0x1_0000 => input.extend([0x82, (length >> 8) as u8, length as u8]),
            _ => input.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
        }
        input.resize(input.len() + length, 0);
        let mut reader = Reader::new(&input);
        assert_eq!(der::element(&mut reader, 0x04).unwrap().remaining(), length);
        reader.finish().unwrap();
    }
}

fn spki(key: der::PublicKey<'_>) -> Vec<u8> {
    let mut buffer = [0; der::PublicKey::MAX_LEN];
    let mut writer = Writer::new(&mut buffer);
    key.emit(&mut writer).unwrap();
    writer.finish().to_vec()
}

/// Every byte of the frame counts: no two encodings mean the same key.
#[test]
fn public_keys_have_one_encoding() {
    for key in [der::PublicKey::P256(&[0x5a; 64]), der::PublicKey::Ed25519(&[0x5a; 32])] {
        let good = spki(key);
        assert_eq!(der::PublicKey::parse(&good), Ok(key));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(der::PublicKey::parse(&bad), Ok(key), "bit {bit}");
        }
        for end in 0..good.len() {
            assert!(der::PublicKey::parse(&good[..end]).is_err());
        }
        let mut long = good.clone();
        long.push(0);
        let expected = Err(CodecError::new(CodecErrorKind::Trailing, good.len()));
        assert_eq!(der::PublicKey::parse(&long), expected);
    }
}

proptest! {
    #[test]
    fn signatures_come_back(mut fixed in any::<[[u8; 32]; 2]>(), zeros in [0_usize..32, 0_usize..32]) {
        for (half, zeros) in fixed.iter_mut().zip(zeros) {
            half[..zeros].fill(0);
            half[31] |= 1;
        }
        let fixed = <[u8; 64]>::try_from(fixed.as_flattened()).unwrap();
        prop_assert_eq!(der::p256_signature(&emit(&fixed)), Ok(fixed));
    }

    /// Mutated encodings are refused or are the canonical encoding of what they give.
    #[test]
    fn what_is_accepted_is_canonical(fixed in any::<[[u8; 32]; 2]>(), edits in proptest::collection::vec((0_usize..9, any::<u8>()), 0..4), cut in 0_usize..3) {
        let mut fixed = <[u8; 64]>::try_from(fixed.as_flattened()).unwrap();
        (fixed[31], fixed[63]) = (1, 1);
        let mut input = emit(&fixed);
        for (at, byte) in edits {
            let at = if at < 6 { at } else { 36 + at - 6 };
            input[at] = byte;
        }
        input.truncate(input.len() - cut);
        if let Ok(read) = der::p256_signature(&input) {
            prop_assert_eq!(emit(&read), input);
        }
    }

    #[test]
    fn any_bytes_are_survived(input in proptest::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(read) = der::p256_signature(&input) {
            prop_assert_eq!(emit(&read), input.clone());
        }
        if let Ok(key) = der::PublicKey::parse(&input) {
            prop_assert_eq!(spki(key), input);
        }
    }
}
