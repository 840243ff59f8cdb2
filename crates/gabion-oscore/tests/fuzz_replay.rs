//! Replays the fuzzer's corpus, and changed messages, through the fuzz body.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

#[path = "../../../fuzz/src/oscore_message.rs"]
mod body;
#[path = "../../../fuzz/replay.rs"]
#[allow(dead_code, reason = "each test uses a part")]
mod replay;

use replay::corpus;

#[test]
fn the_corpus() {
    let seeds = corpus("oscore_message");
    assert!(seeds.len() >= 6, "the corpus is missing");
    seeds.iter().for_each(|seed| body::oscore_message(seed));
}

#[test]
fn changed_messages() {
    let seeds = corpus("oscore_message");
    let mut state = 1_u64;
    let mut below = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % limit.max(1) as u64) as usize
    };
    for _ in 0..20_000 {
        let mut message = seeds[below(seeds.len())].clone();
        for _ in 0..=below(4) {
            let at = below(message.len());
            match below(5) {
                0 if !message.is_empty() => message[at] ^= 1 << below(8),
                1 => message.insert(at, below(256) as u8),
                2 => message.truncate(at.max(4)),
                3 => message.extend([0xff, 1, 0]),
                _ if !message.is_empty() => message[at] = [0, 0xd1, 0xe1, 0xff, 0xf0][below(5)],
                _ => {}
            }
        }
        body::oscore_message(&message);
    }
}
