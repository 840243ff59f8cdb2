//! `cargo xtask check`: the laws of the house. Each is a function of the repository's root.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::totals::Totals;

pub mod bare_metal;
pub mod compile;
pub mod deny;
pub mod floors;
pub mod fuzz;
pub mod layout;
pub mod manifests;
pub mod source;
pub mod tree;
pub mod words;

/// What one check found.
#[derive(Debug, Default)]
pub struct Report {
    /// Broken laws, each a line that says where and what to do. Empty means that the law holds.
    pub failures: Vec<String>,
    /// Worth a look, but lawful.
    pub warnings: Vec<String>,
    /// Why the check was not made at all.
    pub skipped: Option<String>,
}

impl Report {
    /// Notes a broken law.
    pub fn fail(&mut self, message: impl Into<String>) {
        self.failures.push(message.into());
    }

    /// Notes something worth a look.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(message.into());
    }
}

/// What a check costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// It reads files: milliseconds.
    Reads,
    /// It runs cargo: seconds to minutes.
    Compiles,
}

/// A law and the function that proves it.
pub struct Check {
    /// What to type.
    pub name: &'static str,
    /// What holds when it passes.
    pub promise: &'static str,
    /// What it costs.
    pub cost: Cost,
    /// Proves it for the repository at a root.
    pub run: fn(&Path) -> Result<Report>,
}

/// Every check, cheapest first.
pub const CHECKS: &[Check] = &[
    reads(
        "floors",
        "each crate declares its floor, and an arrow only ever points down",
        floors::check,
    ),
    reads("lints", "each member wires in the one lint table", manifests::lints),
    reads(
        "versions",
        "no member writes a version; every dependency comes from the one table",
        manifests::versions,
    ),
    reads("lock", "the committed Cargo.lock is the one in use", manifests::lock),
    reads(
        "features",
        "`default = []`, known names, and no default feature of a device dependency",
        manifests::features,
    ),
    reads("no-std", "each library crate is no_std and forbids unsafe code", source::no_std),
    reads("layout", "the top level holds what is agreed and nothing else", layout::top_level),
    reads("readme", "each crate has a README.md that is its root doc", layout::readmes),
    reads("spec", "each crate with a format.rs has its page in docs/spec", layout::specs),
    reads("length", "no source file is over 700 lines (450: a warning)", source::length),
    reads(
        "unfinished",
        "nothing is unfinished by its own words, no test is switched off",
        source::unfinished,
    ),
    reads(
        "fuzz",
        "each parser of a library crate has a fuzz target, and each target is whole",
        fuzz::check,
    ),
    reads("words", "no file names a package host or a path of somebody's machine", words::check),
    compiles("fmt", "every package is formatted", compile::fmt),
    compiles(
        "clippy",
        "no lint: library code strict, tests and programs may panic",
        compile::clippy,
    ),
    compiles("doc", "the documentation builds without a warning", compile::doc),
    compiles("no-getrandom", "no device crate pulls getrandom into firmware", tree::no_getrandom),
    compiles("duplicates", "firmware holds one version of each crate", tree::duplicates),
    compiles(
        "bare-metal",
        "each library crate builds alone for three chips, plain and with all features",
        bare_metal::check,
    ),
    compiles("deny", "licences, bans and sources hold (cargo-deny)", deny::check),
];

type Run = fn(&Path) -> Result<Report>;

const fn reads(name: &'static str, promise: &'static str, run: Run) -> Check {
    Check { name, promise, cost: Cost::Reads, run }
}

const fn compiles(name: &'static str, promise: &'static str, run: Run) -> Check {
    Check { name, promise, cost: Cost::Compiles, run }
}

/// Runs the checks named in `args`, or all, or lists them; returns whether all held.
///
/// # Errors
///
/// When a name is not a check.
pub fn run(root: &Path, args: &[String]) -> Result<bool> {
    if args.iter().any(|a| a == "--list") {
        for check in CHECKS {
            println!("{:<13} {}", check.name, check.promise);
        }
        return Ok(true);
    }
    if let Some(unknown) = args.iter().find(|a| !CHECKS.iter().any(|c| c.name == **a)) {
        bail!("no check `{unknown}`; `cargo xtask check --list` names them");
    }
    let wanted = |check: &&Check| args.is_empty() || args.iter().any(|a| a == check.name);
    let totals = prove(root, CHECKS.iter().filter(wanted));
    println!("{totals}");
    Ok(totals.failed == 0)
}

/// Runs `checks`, prints what each found, and counts.
pub fn prove<'a>(root: &Path, checks: impl Iterator<Item = &'a Check>) -> Totals {
    let mut totals = Totals::default();
    for check in checks {
        let start = Instant::now();
        let report = (check.run)(root).unwrap_or_else(|error| Report {
            failures: vec![format!("could not be checked: {error:#}")],
            ..Report::default()
        });
        let (verdict, count) = match &report {
            Report { failures, .. } if !failures.is_empty() => ("FAIL", &mut totals.failed),
            Report { skipped: Some(_), .. } => ("skip", &mut totals.skipped),
            _ => ("ok", &mut totals.passed),
        };
        *count += 1;
        println!(
            "{verdict:<4} {:<13} {:>6.1} s  {}",
            check.name,
            start.elapsed().as_secs_f64(),
            check.promise
        );
        if let Some(reason) = &report.skipped {
            println!("       skipped: {reason}");
        }
        for warning in &report.warnings {
            println!("       warning: {}", indent(warning));
        }
        for failure in &report.failures {
            println!("       {}", indent(failure));
        }
    }
    totals
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n       ")
}
