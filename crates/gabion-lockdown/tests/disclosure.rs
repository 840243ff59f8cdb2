//! The disclosure record: its bytes as the specification has them, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

use gabion_lockdown::{DisclosureError, DisclosureRecord};

const RECORD: DisclosureRecord<'static> = DisclosureRecord {
    manufacturer: "Example Lamps",
    model: "Lamp 1",
    contact: "mailto:security@lamps.example",
    policy: "https://lamps.example/security",
    support_until: "2031-12-31",
    sbom_sha256: Some([0xab; 32]),
};

fn encoded(record: &DisclosureRecord<'_>) -> Result<Vec<u8>, DisclosureError> {
    let mut buffer = [0; 512];
    record.encode(&mut buffer).map(<[u8]>::to_vec)
}

#[test]
fn the_example_of_the_specification_is_what_is_encoded() {
    let spec = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/spec/lockdown.md"
    ))
    .unwrap();
    let example = spec.split("```hex\n").nth(1).unwrap().split("```").next().unwrap();
    let digits: Vec<u8> = example.bytes().filter(u8::is_ascii_hexdigit).collect();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    assert_eq!(encoded(&RECORD).unwrap(), bytes);
    assert_eq!(DisclosureRecord::decode(&bytes).unwrap(), RECORD);
}

#[test]
fn it_comes_back_with_and_without_a_digest() {
    for record in [RECORD, DisclosureRecord { sbom_sha256: None, ..RECORD }] {
        let bytes = encoded(&record).unwrap();
        assert_eq!(DisclosureRecord::decode(&bytes).unwrap(), record);
    }
}

#[test]
fn every_cut_and_every_flipped_bit_is_refused_or_another_record() {
    let bytes = encoded(&RECORD).unwrap();
    for length in 0..bytes.len() {
        assert!(DisclosureRecord::decode(&bytes[..length]).is_err(), "{length}");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = DisclosureRecord::decode(&flipped) {
            assert_ne!(other, RECORD, "bit {bit}");
            assert_eq!(encoded(&other).unwrap(), flipped, "one record, one encoding: bit {bit}");
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(DisclosureRecord::decode(&longer), Err(DisclosureError::NoRecord));
}

#[test]
fn dates_are_dates() {
    for (date, good) in [
        ("2031-12-31", true),
        ("2028-02-29", true),
        ("2000-02-29", true),
        ("2100-02-29", false),
        ("2031-02-29", false),
        ("2031-04-31", false),
        ("2031-13-01", false),
        ("2031-00-10", false),
        ("2031-01-00", false),
        ("2031-1-01", false),
        ("31-12-2031", false),
        ("2031-12-3x", false),
        ("", false),
    ] {
        assert_eq!(
            encoded(&DisclosureRecord { support_until: date, ..RECORD }).is_ok(),
            good,
            "{date}"
        );
    }
}

#[test]
fn facts_that_are_empty_long_or_not_text_are_refused() {
    let long = "x".repeat(129);
    for text in ["", "a\nb", long.as_str()] {
        assert_eq!(
            encoded(&DisclosureRecord { model: text, ..RECORD }),
            Err(DisclosureError::Fact)
        );
        assert_eq!(
            encoded(&DisclosureRecord { contact: text, ..RECORD }),
            Err(DisclosureError::Fact)
        );
    }
    assert_eq!(RECORD.encode(&mut [0; 100]), Err(DisclosureError::NoRoom));
}
