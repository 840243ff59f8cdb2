//! Golden bytes of receipts, exports and records. `GABION_BLESS=1` writes the files anew: only together with a new version.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

use device::*;
use gabion_crypto::{Secret, Software};
use gabion_flash::block_on;
use gabion_hal::TimeQuality;
use gabion_privacy::*;

fn golden(name: &str, bytes: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("GABION_BLESS").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(std::fs::read(path).unwrap(), bytes, "{name}");
}

#[test]
fn what_a_device_writes_is_as_it_always_was() {
    let mut people = People::at_home();
    let mut store = MemoryStore::default();
    let mut clock = Hands::at(1_800_000_000, TimeQuality::Authenticated);
    let mut lamp = start(&mut store, &mut clock).unwrap();
    for (who, purpose) in [(Subject::User0, &SLEEP), (Subject::Household, &GREETING)] {
        let ports = ports!(&mut store, &mut clock);
        block_on(lamp.answer(ports, people.ada(), who, purpose, Answer::Yes)).unwrap();
    }
    clock.pass(100);
    for (what, bytes) in [
        ((SNORING, Subject::User0), &b"\x2a\x01"[..]),
        ((DIARY, Subject::User0), "slept \"well\", Grüße".as_bytes()),
        ((GUESTS, Subject::Household), b"\xff\x00"),
    ] {
        block_on(keep(&lamp, &mut store, &mut clock, what, bytes)).unwrap();
    }
    golden("answers.bin", &store.values[&0x8f60]);
    golden("value.bin", &store.values[&0x8001]);
    let key = Secret::new(IDENTITY);
    let mut room = [0; 2048];
    let ports = ports!(&mut store, &mut clock, &Software, Some(&key));
    let export = block_on(lamp.export_cbor(ports, people.ada(), &mut room)).unwrap();
    golden("export.cbor", export.show(people.ada()));
    drop(export);
    let export = block_on(lamp.export_json(ports, people.ada(), &mut room)).unwrap();
    golden("export.json", export.show(people.ada()));
    golden("export.jws", export.jws().unwrap());
    drop(export);
    block_on(lamp.delete(ports, people.ada(), Subject::User0)).unwrap();
    let mut bytes = [0; DELETION_RECEIPT_LEN];
    block_on(lamp.newest_receipt(ports, &mut bytes)).unwrap();
    golden("deletion.receipt", &bytes);
    golden("requests.bin", &store.values[&0x5f63]);
}

/// The numbers of `docs/spec/privacy.md`, read straight from the bytes.
#[test]
fn the_bytes_read_as_the_specification_says() {
    let data = |name: &str| {
        std::fs::read(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name),
        )
        .unwrap()
    };
    let value = data("value.bin");
    assert_eq!(value[..8], [1, 2, 0, 0, 100, 0, 0, 0], "version 1, authenticated, 100 s powered");
    assert_eq!(value[8..16], 1_800_000_100_u64.to_le_bytes());
    assert_eq!(value[16..], [0x2a, 1]);
    let answers = data("answers.bin");
    assert_eq!(answers[..8], [1, 1, 0, 0, 0, 0, 0, 0], "one answer, nothing lost, nothing folded");
    assert_eq!(answers[8..40], [0; 32]);
    assert_eq!(answers[40..48], [0, 1, 1, 0, 2, 0, 0, 0], "purpose 0, yes, version 1");
    assert_eq!(answers.len(), 56);
    let receipt = data("deletion.receipt");
    assert_eq!(receipt[..9], [0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x58, 68]);
    assert_eq!(receipt[9..17], *b"GbD1\x01\x02\x03\x00", "account 0, authenticated, three items");
    assert_eq!(receipt[49..57], [1, 0, 0, 0, 1, 0, 0, 0], "first deletion, request 1");
    assert_eq!(receipt.len(), 143);
    let requests = data("requests.bin");
    assert_eq!(requests, [1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 0, 0, 0]);
}
