//! Part of the stable tests: seeded random changes of a corpus.

use gabion_sim::Rng;

use super::replay::corpus;

/// Calls a body with each file of its corpus, and with 3,000 changed ones of each: up to three bytes, an end cut off, a piece doubled.
pub fn mutate(target: &str, least: usize, body: fn(&[u8])) {
    let mut rng = Rng::new(11);
    let seeds = corpus(target);
    for data in &seeds {
        body(data);
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
            body(&changed);
        }
    }
    assert!(seeds.len() >= least, "the corpus is missing");
}
