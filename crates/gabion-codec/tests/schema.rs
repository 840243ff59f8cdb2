//! Tables of fields: what they take, what they refuse and where.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use gabion_codec::cbor::{
    Budget, Encoder, Field, FieldKey, FieldType, Item, Schema, UnknownFields,
};
use gabion_codec::{CodecErrorKind, CodecErrorKind::*};

const FIELDS: [Field; 8] = [
    Field::required(FieldKey::Number(1), FieldType::Number(-5, 5)),
    Field::optional(FieldKey::Number(2), FieldType::Unsigned),
    Field::optional(FieldKey::Number(-1), FieldType::Bool),
    Field::optional(FieldKey::Number(-2), FieldType::Bytes(1, 2)),
    Field::optional(FieldKey::Text("a"), FieldType::Text(1, 2)),
    Field::optional(FieldKey::Text("b"), FieldType::Array(2)),
    Field::optional(FieldKey::Text("aa"), FieldType::Map(1)),
    Field::required(FieldKey::Text("zz"), FieldType::Any),
];
const STRICT: Schema<8> = Schema::new(UnknownFields::Refuse, FIELDS);
const TOLERANT: Schema<8> = Schema::new(UnknownFields::Ignore, FIELDS);

/// A map of these entries, each a key and a value in hex.
fn map(entries: &[&str]) -> Vec<u8> {
    let mut out = vec![0xa0 | entries.len() as u8];
    for entry in entries {
        let digits: Vec<_> = entry.chars().filter_map(|c| c.to_digit(16)).collect();
        out.extend(digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8));
    }
    out
}

const ALL: [&str; 8] = [
    "01 24",
    "02 05",
    "20 f5",
    "21 41 07",
    "6161 6178",
    "6162 82 01 02",
    "626161 a1 00 00",
    "627a7a f6",
];

fn strict(entries: &[&str]) -> Result<(), (CodecErrorKind, usize)> {
    let found = STRICT.parse(&map(entries), Budget::SMALL).map(|_| ());
    found.map_err(|error| (error.kind, error.offset))
}

#[test]
fn every_field_is_found_by_its_line() {
    let input = map(&ALL);
    let record = STRICT.parse(&input, Budget::SMALL).unwrap();
    assert_eq!(
        (record.number(0), record.unsigned(1), record.bool(2)),
        (Some(-5), Some(5), Some(true))
    );
    assert_eq!((record.bytes(3), record.text(4)), (Some(&[7][..]), Some("x")));
    assert!(matches!(record.get(5), Some(Item::Array(items)) if items.len() == 2));
    assert!(matches!(record.get(6), Some(Item::Map(entries)) if entries.len() == 1));
    assert_eq!((record.get(7), record.get(8)), (Some(&Item::Null), None));
    // Of another type there is nothing.
    assert_eq!((record.text(0), record.bool(0)), (None, None));
}

#[test]
fn any_subset_of_the_optional_ones() {
    for subset in 0..256_u32 {
        let chosen: Vec<_> = ALL
            .iter()
            .zip(0..)
            .filter(|(_, bit)| subset >> bit & 1 == 1)
            .map(|(e, _)| *e)
            .collect();
        let has_both = subset & 0x81 == 0x81;
        match strict(&chosen) {
            Ok(()) => assert!(has_both),
            Err((kind, _)) => assert!(!has_both && kind == Missing),
        }
    }
}

#[test]
fn missing_fields_are_told_where_they_are_missed() {
    assert_eq!(strict(&[]), Err((Missing, 1)));
    assert_eq!(strict(&["02 05", "627a7a 00"]), Err((Missing, 1)));
    assert_eq!(strict(&["01 00"]), Err((Missing, 3)));
}

#[test]
fn unknown_fields_by_policy() {
    // between any two lines, and of every type that a key can have
    for (entries, at) in [
        (&["00 00", "01 00", "627a7a 00"][..], 1),
        (&["01 00", "03 00", "627a7a 00"], 3),
        (&["01 00", "22 00", "627a7a 00"], 3),
        (&["01 00", "41 00 00", "627a7a 00"], 3),
        (&["01 00", "60 00", "627a7a 00"], 3),
        (&["01 00", "626162 00", "627a7a 00"], 3),
        (&["01 00", "627a7a 00", "63616161 00"], 7),
        (&["01 00", "627a7a 00", "80 00"], 7),
        (&["01 00", "627a7a 00", "f5 00"], 7),
        (&["01 00", "1bffffffffffffffff 00", "627a7a 00"], 3),
        (&["01 00", "3bffffffffffffffff 00", "627a7a 00"], 3),
    ] {
        assert_eq!(strict(entries), Err((Unknown, at)), "{entries:?}");
        let input = map(entries);
        let record = TOLERANT.parse(&input, Budget::SMALL);
        assert!(record.is_ok_and(|record| record.number(0) == Some(0)), "{entries:?}");
    }
}

#[test]
fn values_of_another_type_or_size() {
    for (entry, kind) in [
        ("01 06", OutOfRange),
        ("01 25", OutOfRange),
        ("01 1bffffffffffffffff", OutOfRange),
        ("01 60", Unexpected),
        ("01 f5", Unexpected),
        ("01 f90000", Unexpected),
    ] {
        assert_eq!(strict(&[entry, "627a7a 00"]), Err((kind, 2)), "{entry}");
    }
    for (entry, at, kind) in [
        ("02 20", 4, Unexpected),
        ("20 00", 4, Unexpected),
        ("21 40", 4, TooShort),
        ("21 43 010203", 4, TooLong),
        ("6161 60", 5, TooShort),
        ("6161 63 616161", 5, TooLong),
        ("6161 41 61", 5, Unexpected),
        ("6162 83 010203", 5, TooLong),
        ("626161 a2 0000 0100", 6, TooLong),
        ("626161 80", 6, Unexpected),
    ] {
        assert_eq!(strict(&["01 00", entry, "627a7a 00"]), Err((kind, at)), "{entry}");
    }
}

#[test]
fn what_is_no_map_or_not_deterministic() {
    assert_eq!(STRICT.parse(&[0x80], Budget::SMALL).unwrap_err().kind, Unexpected);
    let twice = map(&["01 00", "01 00", "627a7a 00"]);
    assert_eq!(STRICT.parse(&twice, Budget::SMALL).unwrap_err().kind, Duplicate);
    let mut buffer = [0; 20];
    let mut encoder = Encoder::new(&mut buffer);
    encoder.map(1).unwrap();
    encoder.text("zz").unwrap();
    encoder.null().unwrap();
    let input = encoder.finish(Budget::SMALL).unwrap();
    assert_eq!(STRICT.parse(input, Budget::SMALL).unwrap_err().kind, Missing);
}
