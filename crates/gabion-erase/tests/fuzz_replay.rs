//! Replays the body of the fuzz target on stable: over the corpus, and over mutations of it.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[path = "../../../fuzz/src/erase_receipt.rs"]
mod body;

#[test]
fn erase_receipt_over_the_corpus_and_mutations_of_it() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/erase_receipt");
    let mut seen = 0;
    let mut rng = gabion_sim::Rng::new(11);
    for entry in std::fs::read_dir(corpus).unwrap() {
        let data = std::fs::read(entry.unwrap().path()).unwrap();
        body::erase_receipt(&data);
        for round in 0..3_000 {
            let mut changed = data.clone();
            for _ in 0..=rng.index(3) {
                let at = rng.index(changed.len());
                changed[at] = rng.byte();
            }
            match round % 4 {
                0 => changed.truncate(rng.index(changed.len() + 1)),
                1 => {
                    let (from, to) = (rng.index(data.len()), rng.index(data.len()));
                    changed.splice(
                        from.min(to)..from.min(to),
                        data[from.min(to)..from.max(to)].to_vec(),
                    );
                }
                _ => {}
            }
            body::erase_receipt(&changed);
        }
        seen += 1;
    }
    assert!(seen >= 1);
}
