//! Replays the body of the fuzz target on stable: over the corpus, and over mutations of it.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[macro_use]
mod ics_support;
#[path = "../../../fuzz/src/cli_profile.rs"]
mod body;

/// A generator that gives the same numbers every time.
fn next(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below.max(1)
}

#[test]
fn cli_profile_over_the_corpus_and_mutations_of_it() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/cli_profile");
    let section = section!(ics_device::PROFILE);
    if std::env::var_os("GABION_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(format!("{corpus}/lamp.elf"), ics_support::image_file(section)).unwrap();
        std::fs::write(format!("{corpus}/lamp.section"), section).unwrap();
        std::fs::write(format!("{corpus}/lamp.cbor"), &section[gabion_profile::HEADER_LEN..])
            .unwrap();
    }
    let mut files: Vec<Vec<u8>> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(files.len() >= 3);
    // The corpus may be older than the lamp; the lamp of today is in as well.
    files.push(section.to_vec());
    let mut state = 7;
    let mut accepted = 0;
    for data in files {
        body::cli_profile(&data);
        accepted += usize::from(
            gabion_cli::conformance::profile::Profile::parse(
                gabion_cli::conformance::image::content(&data).unwrap_or(&data),
            )
            .is_ok(),
        );
        for round in 0..400 {
            let mut changed = data.clone();
            for _ in 0..=next(&mut state, 3) {
                let at = next(&mut state, changed.len());
                changed[at] = next(&mut state, 256) as u8;
            }
            if round % 4 == 0 {
                changed.truncate(next(&mut state, changed.len() + 1));
            }
            body::cli_profile(&changed);
        }
    }
    assert!(accepted >= 3, "the corpus reaches behind the parser");
}
