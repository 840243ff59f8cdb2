//! Replays the fuzzer's corpus, the samples, and changed samples through the fuzz body.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "../../../fuzz/src/boot_image.rs"]
#[allow(unreachable_pub, dead_code, reason = "the fuzz targets see it as public")]
mod body;
mod support;

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use support::mint::Mint;

#[test]
fn the_corpus() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/boot_image");
    let mut count = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        body::boot_image(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count > 20, "the corpus is missing");
    assert!(body::ACCEPTED.load(Ordering::Relaxed) >= 5, "the corpus reaches the end");
}

#[test]
fn the_samples() {
    for sample in support::samples() {
        for piece in [0_u16, 1, 3, 32, 699] {
            body::boot_image(&[&piece.to_le_bytes()[..], &sample.bytes].concat());
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        (0..4).map(|n| Mint::new(n, 40 + n as usize * 100).build()).collect();
    // The hash, the key hash and the signature that the body's lenient provider takes.
    for seed in &mut seeds {
        let at = find(seed, 0x22);
        let area = at - 4 - 36 - 36;
        let hash = body::sums(&seed[..area]);
        seed[area + 8..area + 40].copy_from_slice(&hash);
        seed[at - 32..at].fill(1);
        let r_end = at + 4 + 4 + usize::from(seed[at + 4 + 3]) - 1;
        seed[r_end] = hash[0];
    }
    seeds
}

/// Where the entry of a type begins that is the last of an image.
fn find(image: &[u8], kind: u8) -> usize {
    (0..image.len() - 4)
        .rev()
        .find(|at| {
            let len = usize::from(u16::from_le_bytes([image[at + 2], image[at + 3]]));
            image[*at..at + 2] == [kind, 0] && at + 4 + len == image.len()
        })
        .unwrap()
}

#[test]
fn the_lenient_provider_lets_images_through() {
    // Otherwise the body would only ever look at refusals.
    let before = body::ACCEPTED.load(Ordering::Relaxed);
    for seed in seeds() {
        body::boot_image(&[&[0, 0][..], &seed].concat());
    }
    assert!(body::ACCEPTED.load(Ordering::Relaxed) >= before + 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..600)) {
        body::boot_image(&data);
    }

    #[test]
    fn changed_images(
        which in 0..4_usize,
        piece in any::<u16>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut data = [&piece.to_le_bytes()[..], &seeds()[which]].concat();
        for (at, value) in changes {
            let at = at.index(data.len());
            data[at] = value;
        }
        if !whole {
            data.truncate(cut.index(data.len()));
        }
        body::boot_image(&data);
    }
}
