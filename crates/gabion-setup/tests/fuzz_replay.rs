//! Replays the body of the fuzz target on stable: over the corpus, over mutations of it, and over anything.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

#[allow(unreachable_pub, reason = "shared with the fuzz target")]
#[path = "../../../fuzz/src/setup_link.rs"]
mod setup_link;

use proptest::prelude::*;

#[test]
fn setup_link_over_the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/setup_link");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        setup_link::setup_link(&data);
        for at in 0..data.len().min(8) {
            for byte in [0, 1, 0x7f, 0xff, data[at] ^ 1] {
                let mut changed = data.clone();
                changed[at] = byte;
                setup_link::setup_link(&changed);
            }
        }
        seen += 1;
    }
    assert!(seen >= 9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn setup_link_over_anything(data in prop::collection::vec(any::<u8>(), 0..400)) {
        setup_link::setup_link(&data);
    }

    #[test]
    fn setup_link_over_what_looks_like_frames(
        turns in 0..8_u8,
        piece in 1..80_u8,
        frames in prop::collection::vec((1..8_u8, prop::collection::vec(any::<u8>(), 0..100)), 1..4),
    ) {
        let mut data = vec![turns, piece];
        for (kind, body) in frames {
            data.extend([kind, 0, u8::try_from(body.len()).unwrap()]);
            data.extend(body);
        }
        setup_link::setup_link(&data);
    }
}
