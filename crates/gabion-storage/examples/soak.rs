//! The long run of goal N1: lives of many power cuts on every kind of flash.
//!
//! `cargo run --release -p gabion-storage --example soak -- [cycles] [seed]`; 20,000 cycles by default. A find is printed with the
//! seed and the number of cycles that repeat it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a host tool that must stop loudly"
)]

#[path = "../tests/device/mod.rs"]
mod device;

use device::subject::*;
use gabion_sim::{Multi, Plain, Rig};

fn live<const W: usize, const P: usize, K: Nor, A: Anchor>(
    name: &str,
    cycles: u64,
    seed: u64,
) -> u64 {
    let subject = Sealed::<W, P, K, A>::new(6);
    let base = subject.made();
    let rig = Rig::on(subject, base).named(name).recovery_cuts(4).max_erases(30);
    let report = rig.opens_write().unstable().sample(seed, cycles, |rng, _| pick(rng));
    println!("{report}");
    report.violation_count()
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|n| n.parse().unwrap());
    let cycles = arguments.next().unwrap_or(20_000);
    let seed = arguments.next().unwrap_or(1);
    println!("{cycles} cycles per kind of flash, all 8 fault models, seed {seed}");
    let mut violations = 0;
    violations += live::<1, 512, Plain, Unanchored>("words of 1, plain", cycles, seed);
    violations += live::<2, 512, Multi, Anchored>("words of 2, multiwrite, counter", cycles, seed);
    violations += live::<4, 512, Multi, Anchored>("words of 4, multiwrite, counter", cycles, seed);
    violations += live::<4, 512, Plain, Anchored>("words of 4, plain, counter", cycles, seed);
    violations += live::<8, 512, Plain, Unanchored>("words of 8, plain", cycles, seed);
    violations += live::<16, 1024, Plain, Anchored>("words of 16, plain, counter", cycles, seed);
    violations += live::<32, 1024, Plain, Unanchored>("words of 32, plain", cycles, seed);
    std::process::exit(i32::from(violations > 0));
}
