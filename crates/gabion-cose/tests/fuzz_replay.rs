//! Replays the fuzzer's corpus, and changed copies of it, through the fuzz bodies.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic; the fuzz targets see the bodies as public"
)]

#[path = "../../../fuzz/src/cose_message.rs"]
mod cose;

/// Calls a body with each file of its corpus, each cut short and each with every byte changed.
fn replay(target: &str, body: fn(&[u8])) {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        body(&seed);
        for at in 0..seed.len() {
            body(&seed[..at]);
            for change in [1, 0x20, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] ^= change;
                body(&changed);
            }
        }
        count += 1;
    }
    assert!(count >= 3, "the corpus is missing");
}

#[test]
fn cose_message() {
    replay("cose_message", cose::cose_message);
}
