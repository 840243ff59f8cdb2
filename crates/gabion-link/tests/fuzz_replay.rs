//! Replays the fuzzer's corpus, every chain of the suite in miniature, and changed ones through the fuzz body.
// A test may stop loudly.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "../../../fuzz/src/link_x509.rs"]
mod body;
mod mint;

use mint::*;
use proptest::prelude::*;

fn packed(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u16).to_be_bytes()[..], part].concat()).collect()
}

/// Root, leaf and intermediate, with every extension that is evaluated.
fn seeds() -> Vec<Vec<Vec<u8>>> {
    let root = Cert::root("Root", Key(1));
    let held = root.clone().with(Ext::new(
        NC,
        true,
        subtrees(&[dns("example.com"), range("192.0.2.0", 24)], &[dns("evil.example.com")]),
    ));
    let inter = Cert::inter("Inter", Key(2), &root).with(Ext::new(BC, true, basic(true, Some(0))));
    let names = [dns("*.example.com"), ip("192.0.2.7"), directory(&name("a"))];
    let leaf = Cert::leaf(Key(3), &inter).names(&names);
    let plain = Cert::leaf(Key(3), &inter);
    vec![
        vec![root.der(), leaf.der(), inter.der()],
        vec![held.der(), leaf.der(), inter.der()],
        vec![root.der(), plain.der(), root.der(), inter.der()],
    ]
}

#[test]
fn the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/link_x509");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        body::link_x509(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 3, "the corpus is missing");
}

/// Writes the corpus anew: `GABION_WRITE_CORPUS=1`.
#[test]
fn the_seeds_are_in_the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/link_x509");
    for (number, seed) in seeds().iter().enumerate() {
        let seed = packed(seed);
        let path = format!("{corpus}/chain-{number}");
        if std::env::var_os("GABION_WRITE_CORPUS").is_some() {
            std::fs::create_dir_all(corpus).unwrap();
            std::fs::write(&path, &seed).unwrap();
        }
        assert_eq!(std::fs::read(&path).unwrap(), seed, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_chains(
        seed in 0..3_usize,
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8),
            1..6,
        ),
    ) {
        let mut parts = SEEDS.with(|seeds| seeds[seed].clone());
        for (part, at, byte, how) in edits {
            let part = part.index(parts.len());
            let bytes = &mut parts[part];
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => bytes[at] ^= 1 << (byte & 7),
                _ => drop(bytes.remove(at)),
            }
        }
        body::link_x509(&packed(&parts));
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        body::link_x509(&bytes);
    }
}

thread_local! {
    static SEEDS: Vec<Vec<Vec<u8>>> = seeds();
}
