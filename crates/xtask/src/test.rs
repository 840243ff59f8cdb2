//! `cargo xtask test`: the README's test command. Every stage runs, whatever happened to the one before.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::check::{self, CHECKS, Cost};
use crate::process::{capture, cargo, stream};
use crate::totals::Totals;
use crate::{boards, chip, setup};

/// One stage: its name and what it does.
type Stage<'a> = (&'static str, Box<dyn Fn() -> Result<Totals> + 'a>);

/// Runs all stages, or only the quick ones, and prints the totals; returns whether all held.
///
/// # Errors
///
/// Never for a failing test; only when nothing could be run at all.
pub fn run(root: &Path, fast: bool) -> Result<bool> {
    let mut stages: Vec<Stage<'_>> = Vec::new();
    if !fast {
        stages.push(("setup", Box::new(|| set_up(root))));
    }
    stages.push(("host tests", Box::new(|| host_tests(root))));
    if !fast {
        stages.push(("doc tests", Box::new(|| doc_tests(root))));
        stages.push(("on chip", Box::new(|| chip::run(&[]))));
        stages.push(("boards", Box::new(|| boards::run(&[]))));
    }
    stages.push(("checks", Box::new(|| Ok(checks(root, fast)))));

    let mut rows = Vec::new();
    for (name, stage) in stages {
        println!("\n== {name}");
        let start = Instant::now();
        let totals = stage().unwrap_or_else(|error| {
            println!("{name}: {error:#}");
            Totals { failed: 1, ..Totals::default() }
        });
        rows.push((name, totals, start.elapsed()));
    }
    Ok(summarise(&rows))
}

fn summarise(rows: &[(&str, Totals, Duration)]) -> bool {
    println!("\n{:<12} {:>8} {:>8} {:>8} {:>9}", "stage", "passed", "failed", "skipped", "time");
    let mut all = Totals::default();
    for (name, totals, time) in rows {
        let Totals { passed, failed, skipped } = totals;
        println!("{name:<12} {passed:>8} {failed:>8} {skipped:>8} {:>7.0} s", time.as_secs_f64());
        all += *totals;
    }
    println!("{all}");
    all.succeeded()
}

/// Set-up proves nothing, so it counts for nothing, unless it fails.
fn set_up(root: &Path) -> Result<Totals> {
    let complete = setup::run(root, setup::Options::default())?;
    Ok(Totals { failed: u64::from(!complete), ..Totals::default() })
}

/// What every host run covers: a test behind a feature is a test all the same.
const ALL: [&str; 3] = ["--workspace", "--all-features", "--no-fail-fast"];

fn host_tests(root: &Path) -> Result<Totals> {
    let mut command = cargo(root);
    let nextest = capture(cargo(root).args(["nextest", "--version"])).is_ok_and(|out| out.success);
    if nextest {
        command.args(["nextest", "run"]).args(ALL);
        command.args(["--status-level", "slow", "--final-status-level", "fail"]);
        counted(&mut command, Totals::from_nextest)
    } else {
        command.arg("test").args(ALL).args(["--lib", "--bins", "--tests"]);
        counted(&mut command, Totals::from_libtest)
    }
}

fn doc_tests(root: &Path) -> Result<Totals> {
    let mut command = cargo(root);
    counted(command.arg("test").args(ALL).args(["--doc", "--quiet"]), Totals::from_libtest)
}

/// Runs a test runner, adds up its result lines, and counts a failure that it did not count itself (a crate
/// that does not compile) as one.
fn counted(command: &mut Command, read: fn(&str) -> Option<Totals>) -> Result<Totals> {
    let mut totals = Totals::default();
    let success = stream(command, |line| {
        if let Some(counts) = read(line) {
            totals += counts;
        }
    })?;
    if !success && totals.failed == 0 {
        totals.failed = 1;
    }
    Ok(totals)
}

fn checks(root: &Path, fast: bool) -> Totals {
    check::prove(root, CHECKS.iter().filter(|check| !fast || check.cost == Cost::Reads))
}
