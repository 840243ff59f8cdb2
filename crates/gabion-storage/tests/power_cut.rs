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

/// Planted bug: under a driver that acknowledges a write before it is done, the same lives must lose something.
#[test]
fn a_driver_that_acknowledges_too_early_is_caught() {
    let subject = Sealed::<4, 512, Cached, Unanchored>::new(6);
    let mut board = gabion_sim::Off::new(gabion_sim::Setup::new(8 * 512)).power_on(None);
    let mut made = subject.mount(&mut board, true).unwrap();
    gabion_flash::block_on(gabion_sim::Subject::apply(&subject, &mut made, &Op::Put(0, 1)))
        .unwrap();
    drop(made);
    let base = board.power_off();
    let rig = Rig::on(subject, base).recovery_cuts(2).max_erases(30).opens_write();
    rig.sample(17, 60, |rng, _| pick(rng)).assert_caught();
}

/// A device that nobody writes to is not written by starting it.
#[test]
fn a_second_start_writes_nothing() {
    let subject = Sealed::<4, 512, Multi, Anchored>::new(6);
    let mut off = subject.made();
    for round in 0..40 {
        let mut board = off.power_on(None);
        gabion_flash::block_on(async {
            let mut live = gabion_sim::Subject::open(&subject, &mut board).await.unwrap();
            let op = pick(&mut Rng::new(round));
            gabion_sim::Subject::apply(&subject, &mut live, &op).await.unwrap();
        });
        off = board.power_off();
        let mut board = off.power_on(None);
        drop(subject.mount(&mut board, false).unwrap());
        off = board.power_off();
        let before = off.medium.clone();
        let mut board = off.power_on(None);
        drop(subject.mount(&mut board, false).unwrap());
        off = board.power_off();
        assert!(off.medium == before, "round {round}");
    }
}
