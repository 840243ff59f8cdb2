//! `gabion-fleet`: what the logs of a whole fleet show.

mod chart;
mod device;
mod examine;
mod folder;
mod labels;
mod report;
mod rules;
mod simulate;
mod story;
mod table;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::story::Attack;

/// Examines the security event logs of a fleet.
#[derive(Parser)]
#[command(name = "gabion-fleet", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a labelled fleet: simulated devices with real logs, real bundles, and the truth about them in labels.json.
    Simulate {
        /// How many devices.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        devices: u32,
        /// How many days.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        /// What is done to a part of the devices.
        #[arg(long, value_enum)]
        attack: Attack,
        /// How many devices of a thousand suffer it (each attack, for `mixed`).
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
        per_mille: u32,
        /// The same seed makes the same fleet.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// A folder that does not exist yet.
        #[arg(long)]
        out: PathBuf,
    },
    /// Verify the bundles of a fleet, write Parquet, run the detection rules, draw a report. Exit code 0 nothing found, 1 findings
    /// or refused bundles, 2 misuse.
    Examine {
        /// The fleet: devices.ndjson and bundles/.
        fleet: PathBuf,
        /// A folder for Parquet, findings.json and report.html; made if need be.
        #[arg(long)]
        out: PathBuf,
        /// The truth, to state precision and recall against.
        #[arg(long)]
        labels: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Simulate { devices, days, attack, per_mille, seed, out } => {
            let plan = simulate::Plan { devices, days, attack, per_mille, seed };
            simulate::simulate(&plan, &out).map(|()| false)
        }
        Command::Examine { fleet, out, labels } => {
            examine::examine(&fleet, &out, labels.as_deref())
        }
    };
    match outcome {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
