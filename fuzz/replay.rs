//! Part of the stable tests: the corpus of a target through its body, without the fuzzer.

/// Reads the corpus of a target.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

/// Calls a body with each file of its corpus, each cut short and each with every byte changed.
pub fn replay(target: &str, least: usize, body: fn(&[u8])) {
    let seeds = corpus(target);
    for seed in &seeds {
        body(seed);
        for at in 0..seed.len() {
            body(&seed[..at]);
            for change in [1, 0x20, 0x80, 0xff] {
                let mut changed = seed.clone();
                changed[at] ^= change;
                body(&changed);
            }
        }
    }
    assert!(seeds.len() >= least, "the corpus is missing");
}
