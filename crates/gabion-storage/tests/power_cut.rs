//! The law of every crash test, for the store: a small ring exhaustively, then lives of many cuts on every kind of flash.
//!
//! `GABION_CYCLES` and `GABION_SEED` make the lives longer and repeat a find; `GABION_FULL=1` sweeps the long script.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::subject::*;
use gabion_sim::{Multi, Plain, Rig, Rng};

/// Every kind of operation once, short enough to cut everywhere.
fn short_script() -> Vec<Op> {
    vec![
        Op::Put(0, 1),
        Op::Batch(vec![(1, Some(4)), (2, Some(5)), (0, None)]),
        Op::Remove(1),
        Op::Erase,
        Op::Put(3, 6),
        Op::Rekey,
    ]
}

/// Goes round a ring of four pages.
fn long_script() -> Vec<Op> {
    let mut ops = short_script();
    for round in 0..24 {
        ops.push(Op::Put(usize::from(round % 3), 16 + round));
    }
    ops.push(Op::Remove(0));
    ops.push(Op::Put(3, 80));
    ops
}

fn is_full_run() -> bool {
    std::env::var_os("GABION_FULL").is_some()
}

fn sweep<const W: usize, const P: usize, K: Nor, A: Anchor>(cuts: usize) {
    let subject = Sealed::<W, P, K, A>::new(6);
    let base = subject.made();
    let (script, seeds) = if is_full_run() { (long_script(), 3) } else { (short_script(), 2) };
    let rig = Rig::on(subject, base).seeds(seeds).recovery_cuts(cuts).max_erases(8);
    rig.opens_write().unstable().sweep(&script).assert_clean();
}

fn pick(rng: &mut Rng) -> Op {
    match rng.below(20) {
        0..=11 => Op::Put(rng.index(4), rng.byte()),
        12..=14 => Op::Remove(rng.index(4)),
        15..=17 => {
            let mut changes = Vec::new();
            for _ in 0..=rng.below(3) {
                let value = rng.chance(2, 3).then(|| rng.byte());
                changes.push((rng.index(4), value));
            }
            Op::Batch(changes)
        }
        18 => Op::Erase,
        _ => Op::Rekey,
    }
}

fn live<const W: usize, const P: usize, K: Nor, A: Anchor>(seed: u64, scrub: bool) {
    let mut subject = Sealed::<W, P, K, A>::new(6);
    if scrub {
        subject = subject.scrub();
    }
    let base = subject.made();
    let rig = Rig::on(subject, base).recovery_cuts(4).max_erases(30).opens_write().unstable();
    rig.sample(seed, 300, |rng, _| pick(rng)).assert_clean();
}

#[test]
fn every_cut_of_a_short_script_multiwrite_with_counter() {
    sweep::<4, 512, Multi, Anchored>(usize::from(is_full_run()));
}

#[test]
fn every_cut_of_a_short_script_plain_without_counter() {
    sweep::<8, 512, Plain, Unanchored>(usize::from(is_full_run()));
}

macro_rules! lives {
    ($($name:ident: $word:literal, $page:literal, $kind:ty, $anchor:ty, $scrub:literal;)*) => {
        $(
            #[test]
            fn $name() {
                live::<$word, $page, $kind, $anchor>(0x9a8 + $word, $scrub);
            }
        )*
    };
}

lives! {
    a_life_of_cuts_words_of_1_plain: 1, 512, Plain, Unanchored, false;
    a_life_of_cuts_words_of_2_multiwrite: 2, 512, Multi, Anchored, false;
    a_life_of_cuts_words_of_4_multiwrite: 4, 512, Multi, Anchored, false;
    a_life_of_cuts_words_of_4_plain: 4, 512, Plain, Anchored, false;
    a_life_of_cuts_words_of_8_plain: 8, 512, Plain, Unanchored, false;
    a_life_of_cuts_words_of_16_plain: 16, 1024, Plain, Anchored, false;
    a_life_of_cuts_words_of_32_plain: 32, 1024, Plain, Unanchored, false;
    a_life_of_cuts_words_of_4_multiwrite_scrubbed: 4, 512, Multi, Anchored, true;
    a_life_of_cuts_words_of_4_plain_scrubbed: 4, 512, Plain, Unanchored, true;
}
