//! Power cuts at every step of a device's update, torn ones included, and again while it recovers.
//!
//! A *point* is one device whose power failed at one step with one outcome and that was judged until it reached its goal.
//! `GABION_POINTS=1000000 cargo test --release -p gabion-update --test power_cut` is the soak; it prints what it counted.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_sim::{Cut, Fault, Kind, Multi, Plain, Rng, Wide};
use support::life::{Broken, Bug, History, Life, Plan};

/// Cuts every step of every power cycle of a clean life; every `every`-th of these devices is also cut at each step of its
/// recovery. Returns the points that were judged and the first broken promise.
fn sweep<const W: usize, const P: usize, K: Kind>(
    life: &Life<W, P, K>,
    seeds: u64,
    every: usize,
) -> Result<u64, Broken> {
    let mut points = 0;
    let mut rng = Rng::new(W as u64);
    let mut off = life.factory();
    let mut history = History::default();
    for number in 0..12 {
        let mut after = history;
        let clean = life.cycle(off.clone(), None, &mut after)?;
        for (index, cut) in life.cuts(&clean.steps, seeds).into_iter().enumerate() {
            let named = |broken| format!("cycle {number}, {cut:?}: {broken}");
            let mut h = history;
            let first = life.cycle(off.clone(), Some(cut), &mut h).map_err(named)?;
            life.live_on(first.off.clone(), h).map_err(named)?;
            points += 1;
            if index % every == 0 {
                points += recovery(life, &first.off, h, &mut rng).map_err(named)?;
            }
        }
        if life.reached(&clean) {
            return Ok(points);
        }
        (off, history) = (clean.off, after);
    }
    Err("a clean life does not reach its goal".into())
}

/// Cuts the power cycle after a cut at each of its steps, with one outcome of each.
fn recovery<const W: usize, const P: usize, K: Kind>(
    life: &Life<W, P, K>,
    off: &gabion_sim::Off<gabion_sim::SimFlash<W, P, K>>,
    history: History,
    rng: &mut Rng,
) -> Result<u64, Broken> {
    let mut points = 0;
    let mut h = history;
    let clean = life.cycle(off.clone(), None, &mut h)?;
    for (at, step) in clean.steps.iter().enumerate() {
        let faults: Vec<Fault> =
            Fault::ALL.into_iter().filter(|fault| fault.applies(*step)).collect();
        let cut = Cut::new(at as u64, faults[rng.index(faults.len())], rng.next());
        let cut = if life.unstable { cut.unstable() } else { cut };
        let named = |broken| format!("then {cut:?}: {broken}");
        let mut h = history;
        let second = life.cycle(off.clone(), Some(cut), &mut h).map_err(named)?;
        life.live_on(second.off, h).map_err(named)?;
        points += 1;
    }
    Ok(points)
}

fn both<const W: usize, const P: usize, K: Kind>(body: usize, every: usize) -> u64 {
    let mut points = 0;
    for plan in [Plan::Confirm, Plan::Reject] {
        for unstable in [false, true] {
            let mut life = Life::<W, P, K>::new(plan, Bug::None, body);
            life.unstable = unstable;
            points += sweep(&life, 3, every).unwrap_or_else(|broken| panic!("{broken}"));
        }
    }
    println!("{points} points judged, words of {W} bytes, pages of {P} bytes");
    points
}

#[test]
fn mcuboot_1966_829_1588_every_cut_of_an_update_on_4_byte_words() {
    assert!(both::<4, 512, Plain>(700, 97) > 10_000);
}

#[test]
fn every_cut_of_an_update_on_single_bytes() {
    assert!(both::<1, 256, Multi>(300, 997) > 10_000);
}

#[test]
fn every_cut_of_an_update_on_wide_words() {
    assert!(both::<16, 1024, Wide<4>>(700, 41) > 3_000);
    assert!(both::<32, 2048, Plain>(1100, 41) > 3_000);
}

#[test]
fn wolfboot_315_planted_bugs_are_caught() {
    let caught = |bug, plan| {
        let life = Life::<4, 512, Plain>::new(plan, bug, 300);
        sweep(&life, 2, usize::MAX).expect_err("a planted bug was not caught")
    };
    assert!(caught(Bug::FloorFirst, Plan::Confirm).contains("floor"));
    assert!(caught(Bug::ForgetsToConfirm, Plan::Confirm).contains("lost update"));
    assert!(caught(Bug::NoFloor, Plan::Confirm).contains("floor"));
}

#[test]
fn the_soak() {
    let Ok(wanted) = std::env::var("GABION_POINTS").map(|text| text.parse::<u64>().unwrap()) else {
        println!("GABION_POINTS is not set: nothing is soaked");
        return;
    };
    let mut points = 0;
    for every in [7, 5, 3, 2, 1] {
        points += both::<4, 512, Plain>(700, every);
        points += both::<8, 512, Multi>(700, every);
        points += both::<1, 256, Multi>(300, every * 97);
        points += both::<32, 2048, Plain>(1100, every);
        println!("{points} points judged so far");
        if points >= wanted {
            return;
        }
    }
    panic!("only {points} points");
}
