//! Replays the bodies of the fuzz targets on stable: over the corpus, and over mutations of it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

#[path = "../../../fuzz/src/auth_secret.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz target")]
mod auth_secret;

use proptest::prelude::*;

#[test]
fn auth_secret_over_the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/auth_secret");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        auth_secret::auth_secret(&data);
        for at in 0..data.len() {
            for byte in [0, b' ', b'0', b'a', b'Z', 0xc3, 0xff, data[at] ^ 1] {
                let mut changed = data.clone();
                changed[at] = byte;
                auth_secret::auth_secret(&changed);
            }
        }
        seen += 1;
    }
    assert!(seen >= 4);
}

proptest! {
    #[test]
    fn auth_secret_over_anything(data in prop::collection::vec(any::<u8>(), 0..160)) {
        auth_secret::auth_secret(&data);
    }

    #[test]
    fn auth_secret_over_what_looks_like_one(cut in 0..24_u8, text in "[a-zA-Z0-9 .!-]{0,60}") {
        auth_secret::auth_secret(&[&[cut], text.as_bytes()].concat());
    }
}
