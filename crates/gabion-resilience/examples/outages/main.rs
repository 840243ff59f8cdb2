//! Outages: one device over thousands of virtual days, then a fleet whose power returns.
//!
//! `cargo run --release -p gabion-resilience --example outages -- --days 10000 --seed 1 --devices 10000 --svg outages.svg`

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a simulation on a host must stop loudly"
)]

mod chart;
mod fleet;
mod world;

use std::process::ExitCode;

const USAGE: &str =
    "usage: outages [--days N] [--seed N] [--outage-days N] [--devices N] [--svg FILE]";

fn main() -> ExitCode {
    let (mut days, mut seed, mut outage_days) = (10_000_u64, 1_u64, 6_u64);
    let (mut devices, mut svg) = (10_000_u32, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let Some(value) = arguments.next() else {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        };
        let parsed = match name.as_str() {
            "--days" => value.parse().map(|n| days = n).is_ok() && days <= 1_000_000,
            "--seed" => value.parse().map(|n| seed = n).is_ok(),
            "--devices" => value.parse().map(|n| devices = n).is_ok() && devices <= 1_000_000,
            "--outage-days" => {
                value.parse().map(|n| outage_days = n).is_ok()
                    && (1..=10_000).contains(&outage_days)
            }
            "--svg" => {
                svg = Some(value);
                true
            }
            _ => false,
        };
        if !parsed {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    let longest_ms = outage_days * world::DAY;
    let outcome = world::run(&world::Plan { longest_ms, ..world::Plan::new(days, seed) });
    println!("{} virtual days, seed {seed}", outcome.days);
    println!(
        "{} boots; {} power cuts within a write or an erase, {} within the recovery; {} connections",
        outcome.boots, outcome.cuts_in_operation, outcome.cuts_in_recovery, outcome.connections
    );
    println!(
        "{:>10} {:>9} {:>9} {:>6} {:>8} {:>8} {:>12}",
        "priority", "kept", "delivered", "lost", "dropped", "refused", "most erases"
    );
    for (lane, name) in ["urgent", "normal", "bulk"].into_iter().enumerate() {
        println!(
            "{name:>10} {:>9} {:>9} {:>6} {:>8} {:>8} {:>12}",
            outcome.kept[lane],
            outcome.delivered[lane],
            outcome.lost[lane],
            outcome.statistics.dropped[lane],
            outcome.statistics.refused[lane],
            outcome.worn[lane]
        );
    }
    println!(
        "journal page: {} erases; {} duplicates, at most {} in a row; longest wait {:.1} days",
        outcome.worn[3],
        outcome.duplicates,
        outcome.worst_window,
        outcome.longest_wait_for_delivery_ms as f64 / world::DAY as f64
    );
    println!("\npauses between attempts, by cause\n{}", chart::histogram(&outcome));
    let with = fleet::power_return(devices, 300_000, 100, seed);
    let without = fleet::power_return(devices, 0, 100, seed);
    println!("{devices} devices return to a server that takes 100 connections a second:");
    for (name, fleet) in [("without spread", &without), ("spread over 5 min", &with)] {
        println!(
            "{name:>18}: peak {:>5} attempts/s, {:>6} refused, complete after {} s",
            fleet.peak(),
            fleet.refused,
            fleet.complete_s
        );
    }
    if let Some(path) = svg
        && let Err(error) = std::fs::write(&path, chart::svg(&outcome, &with, &without))
    {
        eprintln!("{path}: {error}");
        return ExitCode::from(2);
    }
    for broken in &outcome.broken {
        println!("BROKEN: {broken}");
    }
    ExitCode::from(u8::from(!outcome.broken.is_empty()))
}
