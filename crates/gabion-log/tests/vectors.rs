//! Golden bytes: what an earlier version wrote must be read for ever, and what is written does not change by accident.
//!
//! `GABION_BLESS=1` writes the files anew: only together with a new suite or magic.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::{HmacSha256, Label, Secret, Software, hkdf_expand};
use gabion_log::{Bundle, Lane, Position};

fn data(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn golden(name: &str, bytes: &[u8]) {
    if std::env::var_os("GABION_BLESS").is_some() {
        std::fs::write(data(name), bytes).unwrap();
    }
    assert_eq!(std::fs::read(data(name)).unwrap(), bytes, "{name} has changed");
}

fn device() -> gabion_sim::Off<Nor> {
    let mut board = new_device().power_on(None);
    let mut log = open(&mut board);
    write(&mut log, Lane::Main, 0..24);
    write(&mut log, Lane::Critical, 500..502);
    drop(log);
    board.power_off()
}

#[test]
fn flash_and_bundles_are_as_they_always_were() {
    let off = device();
    golden("log.flash", &off.medium.bytes()[1024..]);
    let mut board = off.power_on(None);
    let mut log = open(&mut board);
    golden("first.bundle", &export(&mut log, Position::default(), 1));
    let position = log.position();
    golden("checkpoint.bundle", &export(&mut log, position, 1));
    write(&mut log, Lane::Main, 24..26);
    golden("second.bundle", &export(&mut log, position, 1));
}

#[test]
fn stored_bundles_verify() {
    let key = public_key(1);
    let [first, second] =
        ["first.bundle", "second.bundle"].map(|name| std::fs::read(data(name)).unwrap());
    let [first, second] =
        [&first, &second].map(|bytes| Bundle::verify(&Software, bytes, &key).unwrap());
    second.follows(&first).unwrap();
    let details: Vec<u16> = events(&first).unwrap().iter().map(|event| event.2).collect();
    assert_eq!(details, (0..24).chain(500..502).collect::<Vec<u16>>());
}

/// The first record of the image, sealed again from the words of `docs/spec/log.md` alone.
#[test]
fn a_record_is_sealed_as_the_specification_says() {
    let off = device();
    let page = &off.medium.bytes()[1024..1024 + 512];
    assert_eq!(&page[..12], b"GbL1\x01\x00\x01\x00\x00\x00\x00\x00");
    let expand = |key: &[u8; 32], purpose: &[u8], info: &[u8]| {
        let mut out = [0; 32];
        hkdf_expand(&Software, &Secret::new(*key), Label::LogEpoch, [purpose, info], &mut out)
            .unwrap();
        out
    };
    let chain = expand(seed().expose(), b"first   ", &[0]);
    let (mac, stream) = (expand(&chain, b"mac     ", b""), expand(&chain, b"stream  ", b""));
    let header = Software.hmac_sha256(&mac, &[&page[..32]]);
    assert_eq!(page[32..48], header[..16]);

    let mut body = Vec::new();
    body.extend(1_u32.to_le_bytes()); // boot
    body.extend(12_u32.to_le_bytes()); // tenths of a second
    body.extend([0, 0, 0, 0, 0xff, 0, 0, 0]); // no time of day, nothing lost
    body.extend([0x02, 0x04, 0, 0, 2, 4, 1, 0, 5, 0, 0, 0]); // LoginFailed, detail 0, warning, auth, once, 0.5 s
    let mut context = vec![b'R', 0, 0, 0, 0, 0, 0, 0, 0, 0, 28];
    context.extend(&header[..16]);
    let tag = &Software.hmac_sha256(&mac, &[&context, &body])[..16];
    let pad = Software.hmac_sha256(&stream, &[tag, &[0]]);
    body.iter_mut().zip(pad).for_each(|(byte, key)| *byte ^= key);
    assert_eq!(page[48..52], [0xff; 4], "one unit stays free after a start");
    assert_eq!(page[52..56], [28, !28 ^ 0x5a, 0, 0]);
    assert_eq!(page[56..84], body);
    assert_eq!(page[84..100], *tag);
    assert_eq!(page[100..104], [0xc3; 4]);
}
