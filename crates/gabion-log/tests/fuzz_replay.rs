//! Replays the body of the fuzz target on stable: over the corpus, and over mutations of it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[path = "../../../fuzz/src/log_bundle.rs"]
mod body;
#[path = "../../../fuzz/mutate.rs"]
mod mutate;
#[path = "../../../fuzz/replay.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod replay;

#[test]
fn log_bundle_over_the_corpus_and_mutations_of_it() {
    mutate::mutate("log_bundle", 3, body::log_bundle);
}
