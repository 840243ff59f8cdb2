//! Replays the bodies of the fuzz targets on stable: over the corpus, and over mutations of it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

#[path = "../../../fuzz/src/provision_label.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz target")]
mod provision_label;

use proptest::prelude::*;

#[test]
fn provision_label_over_the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/provision_label");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        provision_label::provision_label(&data);
        for at in 0..data.len() {
            for byte in [0, b'-', b':', b'2', b'X', b'x', 0xff, data[at] ^ 1] {
                let mut changed = data.clone();
                changed[at] = byte;
                provision_label::provision_label(&changed);
                changed.truncate(at);
                provision_label::provision_label(&changed);
            }
        }
        seen += 1;
    }
    assert!(seen >= 4);
}

proptest! {
    #[test]
    fn provision_label_over_anything(data in prop::collection::vec(any::<u8>(), 0..80)) {
        provision_label::provision_label(&data);
    }

    #[test]
    fn provision_label_over_what_looks_like_one(
        data in "GABION:1:[A-Z0-9-]{0,18}:[A-Z0-9-]{0,22}:[2-9CDFHJKMNPQRTVWX]{13,16}"
    ) {
        provision_label::provision_label(data.as_bytes());
    }
}
