//! Deterministic CBOR: one encoding for each value, and every other one refused at the place where it goes wrong.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use gabion_codec::{
    CodecError, CodecErrorKind,
    cbor::{Budget, Document, Encoder, Item},
};
use proptest::prelude::*;

const WIDE: Budget = Budget { bytes: 1 << 16, items: 1 << 16, depth: 32 };

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

fn refused(input: &[u8]) -> CodecError {
    Document::parse(input, WIDE).expect_err("accepted")
}

/// Writes an item as it was read.
fn emit(item: &Item<'_>, to: &mut Encoder<'_>) -> Result<(), CodecError> {
    match item {
        Item::Unsigned(number) => to.unsigned(*number),
        Item::Negative(number) => to.negative(*number),
        Item::Bytes(bytes) => to.bytes(bytes),
        Item::Text(text) => to.text(text),
        Item::Array(items) => {
            to.array(items.clone().count() as u64)?;
            items.clone().try_for_each(|item| emit(&item, to))
        }
        Item::Map(entries) => {
            to.map(entries.clone().count() as u64)?;
            entries.clone().try_for_each(|(key, value)| {
                emit(&key, to)?;
                emit(&value, to)
            })
        }
        Item::Tag(tag, content) => {
            to.tag(*tag)?;
            content.clone().try_for_each(|item| emit(&item, to))
        }
        Item::Bool(value) => to.bool(*value),
        Item::Null => to.null(),
        Item::Undefined => to.undefined(),
        Item::Simple(value) => to.simple(*value),
        Item::Float(number) => to.float(*number),
    }
}

/// What every accepted document must do.
fn comes_back(document: &Document<'_>) {
    let mut buffer = vec![0; document.as_bytes().len()];
    let mut encoder = Encoder::new(&mut buffer);
    emit(&document.root(), &mut encoder).unwrap();
    assert_eq!(encoder.finish(WIDE).unwrap(), document.as_bytes());
}

#[test]
fn rfc_8949_appendix_a() {
    let mut verdicts = [0; 2];
    for line in include_str!("data/rfc8949_appendix_a.txt").lines() {
        let [encoding, expected, _] = line.splitn(3, " | ").collect::<Vec<_>>()[..] else {
            assert!(line.starts_with('#'), "{line}");
            continue;
        };
        let input = hex(encoding);
        match Document::parse(&input, WIDE) {
            Ok(document) => {
                assert_eq!(expected, "accept", "{line}");
                comes_back(&document);
                verdicts[0] += 1;
            }
            Err(error) => {
                assert_eq!(expected, format!("{} {:?}", error.offset, error.kind), "{line}");
                verdicts[1] += 1;
            }
        }
        for end in 0..input.len() {
            assert!(refused(&input[..end]).offset <= end, "cut at {end}: {line}");
        }
        let long = [&input[..], &[0]].concat();
        if expected == "accept" {
            let trailing = CodecError::new(CodecErrorKind::Trailing, input.len());
            assert_eq!(refused(&long), trailing, "{line}");
        }
    }
    assert_eq!(verdicts, [64, 17]);
}

#[test]
fn each_rule_names_the_place() {
    use CodecErrorKind::{
        Duplicate, Indefinite, NotShortest, NotSorted, NotUtf8, Trailing, Truncated, Unexpected,
    };
    let cases: &[(&str, CodecErrorKind, usize)] = &[
        // heads in too many bytes, for every type
        ("1800", NotShortest, 0),
        ("1817", NotShortest, 0),
        ("1900ff", NotShortest, 0),
        ("1a0000ffff", NotShortest, 0),
        ("1b00000000ffffffff", NotShortest, 0),
        ("3817", NotShortest, 0),
        ("5801aa", NotShortest, 0),
        ("780161", NotShortest, 0),
        ("980100", NotShortest, 0),
        ("b8010000", NotShortest, 0),
        ("d80000", NotShortest, 0),
        ("8201 1801", NotShortest, 2),
        // floating-point numbers that fit fewer bits, and other NaNs
        ("fa3f800000", NotShortest, 0),
        ("fa33800000", NotShortest, 0),
        ("fb3ff0000000000000", NotShortest, 0),
        ("fb47efffffe0000000", NotShortest, 0),
        ("fb36a0000000000000", NotShortest, 0),
        ("fa00000000", NotShortest, 0),
        ("fb8000000000000000", NotShortest, 0),
        ("f97e01", NotShortest, 0),
        ("f97d00", NotShortest, 0),
        ("f9fe00", NotShortest, 0),
        ("fa7fc00001", NotShortest, 0),
        ("fb7ff8000000000001", NotShortest, 0),
        // bignums that are none
        ("c240", NotShortest, 0),
        ("c24101", NotShortest, 0),
        ("c248ffffffffffffffff", NotShortest, 0),
        ("c24900ffffffffffffffff", NotShortest, 0),
        ("c34101", NotShortest, 0),
        ("c201", Unexpected, 1),
        // reserved
        ("f814", NotShortest, 0),
        ("f818", NotShortest, 0),
        ("f81f", NotShortest, 0),
        ("1c", Unexpected, 0),
        ("3d", Unexpected, 0),
        ("5e00", Unexpected, 0),
        ("fc", Unexpected, 0),
        ("fe", Unexpected, 0),
        ("ff", Unexpected, 0),
        ("1f", Unexpected, 0),
        ("df00", Unexpected, 0),
        ("81ff", Unexpected, 1),
        // order
        ("a2 0200 0100", NotSorted, 3),
        ("a2 6162 00 6161 00", NotSorted, 4),
        ("a2 6162 00 01 00", NotSorted, 4),
        ("a2 626161 00 6162 00", NotSorted, 5),
        ("a2 20 00 1818 00", NotSorted, 3),
        ("a2 01 00 01 00", Duplicate, 3),
        ("a3 01 00 02 00 02 01", Duplicate, 5),
        ("a2 8101 00 8101 00", Duplicate, 4),
        ("a1 01 a2 0300 0200", NotSorted, 5),
        // text
        ("61ff", NotUtf8, 1),
        ("6361c328", NotUtf8, 2),
        ("62c080", NotUtf8, 1),
        ("63eda080", NotUtf8, 1),
        ("64f4908080", NotUtf8, 1),
        ("61c3", NotUtf8, 1),
        // ends
        ("", Truncated, 0),
        ("18", Truncated, 1),
        ("4201", Truncated, 1),
        ("8201", Truncated, 2),
        ("a101", Truncated, 2),
        ("c0", Truncated, 1),
        ("5bffffffffffffffff", Truncated, 9),
        ("9bffffffffffffffff 00", Truncated, 10),
        ("bbffffffffffffffff 00 00", Truncated, 11),
        ("0000", Trailing, 1),
        ("80f6", Trailing, 1),
        // lengths
        ("5fff", Indefinite, 0),
        ("7f6161ff", Indefinite, 0),
        ("bfff", Indefinite, 0),
        ("c19fff", Indefinite, 1),
    ];
    for (input, kind, offset) in cases {
        assert_eq!(refused(&hex(input)), CodecError::new(*kind, *offset), "{input}");
    }
}

#[test]
fn keys_may_be_anything_and_are_ordered_by_their_bytes() {
    let input = hex("a8 00 01 1818 01 20 01 40 01 60 01 80 01 8100 01 f4 01");
    let document = Document::parse(&input, WIDE).unwrap();
    comes_back(&document);
    let Item::Map(entries) = document.root() else { panic!() };
    assert_eq!(entries.get_unsigned(24), Some(Item::Unsigned(1)));
    assert_eq!(entries.get_integer(-1), Some(Item::Unsigned(1)));
    assert_eq!(entries.get_text(""), Some(Item::Unsigned(1)));
    assert_eq!(entries.get_text("a"), None);
    assert_eq!(entries.count(), 8);
}

#[test]
fn budgets_hold() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    let parse = |input: &[u8], bytes, items, depth| {
        Document::parse(input, Budget { bytes, items, depth })
            .map(|_| ())
            .map_err(|e| (e.kind, e.offset))
    };
    let over = |offset| Err((CodecErrorKind::OverBudget, offset));
    assert_eq!(parse(&nested(4), 5, 5, 4), Ok(()));
    assert_eq!(parse(&nested(4), 5, 5, 3), over(3));
    assert_eq!(parse(&nested(4), 5, 4, 4), over(4));
    assert_eq!(parse(&nested(4), 4, 5, 4), over(4));
    assert_eq!(parse(&nested(100_000), usize::MAX, usize::MAX, u8::MAX), over(255));
    assert_eq!(parse(&hex("c1c1c100"), 9, 9, 2), over(2));
    assert_eq!(parse(&hex("a10000"), 9, 9, 0), over(0));
    assert_eq!(parse(&hex("00"), 1, 1, 0), Ok(()));
    assert_eq!(parse(&hex("00"), 1, 0, 0), over(0));
}

#[test]
fn integers_of_every_size_are_read() {
    let root = |text| Document::parse(&hex(text), WIDE).unwrap().root().as_i64();
    assert_eq!(root("1b7fffffffffffffff"), Some(i64::MAX));
    assert_eq!(root("1b8000000000000000"), None);
    assert_eq!(root("3b7fffffffffffffff"), Some(i64::MIN));
    assert_eq!(root("3b8000000000000000"), None);
    assert_eq!(root("20"), Some(-1));
    let mut buffer = [0; 9];
    for number in [i64::MIN, -1, 0, i64::MAX] {
        let mut encoder = Encoder::new(&mut buffer);
        encoder.integer(number).unwrap();
        let encoded = encoder.finish(WIDE).unwrap();
        assert_eq!(Document::parse(encoded, WIDE).unwrap().root().as_i64(), Some(number));
    }
}

#[test]
fn the_encoder_gives_nothing_that_the_decoder_refuses() {
    let mut buffer = [0; 16];
    let mut encode = |write: fn(&mut Encoder<'_>) -> Result<(), CodecError>| {
        let mut encoder = Encoder::new(&mut buffer);
        write(&mut encoder)?;
        encoder.finish(Budget::SMALL).map(<[u8]>::to_vec)
    };
    let wrong_order = encode(|to| {
        to.map(2)?;
        [2, 0, 1, 0].into_iter().try_for_each(|number| to.unsigned(number))
    });
    assert_eq!(wrong_order, Err(CodecError::new(CodecErrorKind::NotSorted, 3)));
    let too_few = encode(|to| to.array(1));
    assert_eq!(too_few, Err(CodecError::new(CodecErrorKind::Truncated, 1)));
    let too_many = encode(|to| to.null().and_then(|()| to.null()));
    assert_eq!(too_many, Err(CodecError::new(CodecErrorKind::Trailing, 1)));
    let no_room = encode(|to| to.bytes(&[0; 16]));
    assert_eq!(no_room, Err(CodecError::new(CodecErrorKind::NoRoom, 1)));
    for value in 0..=255 {
        let mut encoder = Encoder::new(&mut buffer);
        let written = encoder.simple(value).is_ok();
        assert_eq!(written, !(20..32).contains(&value));
        assert_eq!(encoder.finish(WIDE).is_ok(), written);
    }
}

/// Decodes 16 bits by the definition, with arithmetic.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

fn float_encoding(number: f64) -> Vec<u8> {
    let mut buffer = [0; 9];
    let mut encoder = Encoder::new(&mut buffer);
    encoder.float(number).unwrap();
    let encoded = encoder.finish(WIDE).unwrap();
    let Item::Float(read) = Document::parse(encoded, WIDE).unwrap().root() else { panic!() };
    assert!(read.to_bits() == number.to_bits() || read.is_nan() && number.is_nan());
    encoded.to_vec()
}

#[test]
fn every_half_is_its_own_shortest_form() {
    for bits in 0..=u16::MAX {
        let number = half(bits);
        let encoded = float_encoding(number);
        if number.is_nan() {
            assert_eq!(encoded, [0xf9, 0x7e, 0x00]);
            continue;
        }
        let [high, low] = bits.to_be_bytes();
        assert_eq!(encoded, [0xf9, high, low]);
        // and the same number in more bits is refused
        let single = [&[0xfa][..], &(number as f32).to_be_bytes()].concat();
        let double = [&[0xfb][..], &number.to_be_bytes()].concat();
        for longer in [single, double] {
            assert_eq!(refused(&longer), CodecError::new(CodecErrorKind::NotShortest, 0));
        }
    }
}

/// The length that the definition demands, found with arithmetic.
fn shortest_length(number: f64) -> usize {
    let in_half = || {
        let unit = (number.abs().log2().floor() as i32 - 10).max(-24);
        number.abs() <= 65504.0 && (number * 2_f64.powi(-unit)).fract() == 0.0
    };
    if number.is_nan() || number.is_infinite() || number == 0.0 {
        3
    } else if f64::from(number as f32) != number {
        9
    } else if number.abs() >= 2_f64.powi(-24) && in_half() {
        3
    } else {
        5
    }
}

#[test]
fn every_power_of_two_and_its_neighbours_are_as_short_as_they_can_be() {
    for power in -1074..=1023 {
        // in two steps, because 2^-1074 is too small for one
        let number = 2_f64.powi(power / 2) * 2_f64.powi(power - power / 2);
        let single = f64::from(f32::from_bits((number as f32).to_bits().wrapping_sub(1)));
        for near in [number, number * 1.5, number.next_up(), number.next_down(), single, -number] {
            assert_eq!(float_encoding(near).len(), shortest_length(near), "{near:e}");
        }
    }
    assert_eq!(float_encoding(65504.0), hex("f97bff"));
    assert_eq!(float_encoding(65536.0), hex("fa47800000"));
    assert_eq!(float_encoding(65535.0), hex("fa477fff00"));
    assert_eq!(float_encoding(2_f64.powi(128)), hex("fb47f0000000000000"));
}

proptest! {
    #[test]
    fn floats_are_as_short_as_their_value_allows(bits: u64, single: u32, shift in 0..64) {
        let near = f64::from(f32::from_bits(single));
        for number in [f64::from_bits(bits), f64::from_bits(bits >> shift << shift), near, f64::from_bits(near.to_bits() ^ 1)] {
            prop_assert_eq!(float_encoding(number).len(), shortest_length(number));
        }
    }
}

/// A value, to be written in order.
#[derive(Debug, Clone)]
enum Value {
    Unsigned(u64),
    Negative(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Tag(u64, Box<Value>),
    Simple(u8),
    Float(f64),
}

impl Value {
    fn encode(&self) -> Vec<u8> {
        let mut buffer = vec![0; 1 << 14];
        let mut encoder = Encoder::new(&mut buffer);
        self.put(&mut encoder);
        let length = encoder.position();
        buffer.truncate(length);
        buffer
    }

    fn put(&self, to: &mut Encoder<'_>) {
        match self {
            Self::Unsigned(number) => to.unsigned(*number).unwrap(),
            Self::Negative(number) => to.negative(*number).unwrap(),
            Self::Bytes(bytes) => to.bytes(bytes).unwrap(),
            Self::Text(text) => to.text(text).unwrap(),
            Self::Array(items) => {
                to.array(items.len() as u64).unwrap();
                items.iter().for_each(|item| item.put(to));
            }
            Self::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|(k, v)| (k.encode(), k, v)).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                entries.dedup_by(|a, b| a.0 == b.0);
                to.map(entries.len() as u64).unwrap();
                for (_, key, value) in entries {
                    key.put(to);
                    value.put(to);
                }
            }
            // a bignum would have its own rule
            Self::Tag(tag, content) => {
                to.tag(if matches!(tag, 2 | 3) { 4 } else { *tag }).unwrap();
                content.put(to);
            }
            Self::Simple(value) => match value {
                20 | 21 => to.bool(*value == 21).unwrap(),
                22 => to.null().unwrap(),
                23..32 => to.undefined().unwrap(),
                _ => to.simple(*value).unwrap(),
            },
            Self::Float(number) => to.float(*number).unwrap(),
        }
    }
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..30,
        250_u64..260,
        65_530_u64..65_540,
        (1_u64 << 32) - 3..(1 << 32) + 3,
        any::<u64>()
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        number().prop_map(Value::Unsigned),
        number().prop_map(Value::Negative),
        proptest::collection::vec(any::<u8>(), 0..30).prop_map(Value::Bytes),
        ".{0,12}".prop_map(Value::Text),
        any::<u8>().prop_map(Value::Simple),
        any::<f64>().prop_map(Value::Float),
        any::<f32>().prop_map(|number| Value::Float(number.into())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::Map),
            (number(), inner).prop_map(|(tag, content)| Value::Tag(tag, Box::new(content))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_in_order_is_accepted_and_comes_back(value in value()) {
        let encoded = value.encode();
        comes_back(&Document::parse(&encoded, WIDE).unwrap());
    }

    /// A changed document is refused, or it is another document in its only encoding.
    #[test]
    fn changed_documents(value in value(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4)) {
        let mut encoded = value.encode();
        for (at, byte, kind) in edits {
            let at = at.index(encoded.len().max(1));
            match kind {
                0 if at < encoded.len() => encoded[at] = byte,
                1 if at < encoded.len() => { encoded.remove(at); }
                _ => encoded.insert(at, byte),
            }
        }
        match Document::parse(&encoded, WIDE) {
            Ok(document) => comes_back(&document),
            Err(error) => prop_assert!(error.offset <= encoded.len()),
        }
    }

    #[test]
    fn any_bytes(input in proptest::collection::vec(any::<u8>(), 0..64)) {
        match Document::parse(&input, WIDE) {
            Ok(document) => comes_back(&document),
            Err(error) => prop_assert!(error.offset <= input.len()),
        }
    }
}
