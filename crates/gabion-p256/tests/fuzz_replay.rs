//! Replays the fuzzer's corpus through the fuzz body.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test may panic; the fuzz target sees the body as public"
)]

#[path = "../../../fuzz/src/p256_small.rs"]
mod body;

#[test]
fn the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/p256_small");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(entry.unwrap().path()).unwrap();
        body::p256_small(&seed);
        for mode in 0..=u8::MAX {
            let mut other = seed.clone();
            if let Some(first) = other.first_mut() {
                *first = mode;
            }
            body::p256_small(&other);
        }
        count += 1;
    }
    assert!(count >= 3, "the corpus is missing");
}
