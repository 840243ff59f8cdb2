//! The law of every crash test, for the store: small geometries exhaustively, on every kind of flash.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::subject::*;
use gabion_sim::{Multi, Plain, Rig};

/// Fills, updates, removes, batches, erases and rotates; long enough to go round a ring of four pages.
fn script() -> Vec<Op> {
    let mut ops = vec![
        Op::Put(0, 1),
        Op::Put(1, 2),
        Op::Put(0, 3),
        Op::Remove(1),
        Op::Batch(vec![(1, Some(4)), (2, Some(5)), (0, None)]),
        Op::Erase,
        Op::Put(3, 6),
        Op::Batch(vec![(3, None), (0, Some(7)), (0, Some(8))]),
        Op::Rekey,
    ];
    for round in 0..24 {
        ops.push(Op::Put(usize::from(round % 3), 16 + round));
    }
    ops.push(Op::Remove(0));
    ops.push(Op::Put(3, 80));
    ops
}

fn sweep<const W: usize, const P: usize, K: Nor, A: Anchor>(seeds: u64, cuts: usize, ops: &[Op]) {
    let subject = Sealed::<W, P, K, A>::new(6);
    let base = subject.made();
    let rig = Rig::on(subject, base).seeds(seeds).recovery_cuts(cuts).max_erases(6);
    let report = rig.opens_write().unstable().sweep(ops);
    report.assert_clean();
}

#[test]
fn zz_debug() {
    let subject = Sealed::<4, 512, Multi, Anchored>::new(6);
    let base = subject.made();
    let rig = Rig::on(subject, base).seeds(2).recovery_cuts(1).max_erases(6);
    let report = rig.opens_write().unstable().sweep(&script()[..1]);
    report.assert_clean();
}

#[test]
fn words_of_4_multiwrite_with_counter() {
    sweep::<4, 512, Multi, Anchored>(2, 1, &script());
}

#[test]
fn words_of_4_plain_without_counter() {
    sweep::<4, 512, Plain, Unanchored>(2, 1, &script());
}

#[test]
fn zz_dump() {
    use gabion_sim::{Cut, Fault, Subject};
    let subject = Sealed::<4, 512, Multi, Anchored>::new(6);
    let mut off = subject.made();
    let dump = |off: &gabion_sim::Off<gabion_sim::SimFlash<4, 512>>| {
        for line in off.medium.bytes()[2560..3072].chunks(32) {
            println!("{}", line.iter().map(|b| format!("{b:02x}")).collect::<String>());
        }
        println!("counter {}", off.chip.counter);
    };
    for (cut, put) in [
        (Some(Cut::new(7, Fault::Clean, 0).unstable()), true),
        (Some(Cut::new(3, Fault::Clean, 1).unstable()), false),
        (None, false),
        (None, true),
        (None, false),
    ] {
        let mut board = off.power_on(cut);
        let done = gabion_flash::block_on(async {
            let mut live = subject.open(&mut board).await?;
            if put {
                subject.apply(&mut live, &Op::Put(0, 1)).await?;
            }
            subject.observe(&mut live).await
        });
        println!("{done:?}");
        off = board.power_off();
        dump(&off);
    }
}
