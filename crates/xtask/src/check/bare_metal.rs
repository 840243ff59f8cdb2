//! Each library crate alone on a chip: a build of the whole workspace would unify features and prove nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Report;
use crate::embedded::embedded_cargo;
use crate::process::capture;
use crate::workspace::{Member, Workspace};

/// The chips that each crate is proved on: no atomics and no division, floating point, and RISC-V.
pub const TARGETS: [&str; 3] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "riscv32imc-unknown-none-elf"];

/// Proves that each library crate compiles alone for each target, with no feature and with all, and that code
/// can be generated for all of them together.
///
/// # Errors
///
/// When there is no compiler for chips.
pub fn check(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    let mut seen = BTreeSet::new();
    for target in TARGETS {
        let mut prove = |subcommand: &str, members: &[&Member], features: &str, what: &str| {
            let mut cargo = embedded_cargo(root, subcommand, target)?;
            cargo.args([
                "--quiet",
                "--release",
                "--lib",
                "--message-format=short",
                "--features",
                features,
            ]);
            cargo.args(members.iter().flat_map(|member| ["--package", &member.name]));
            compiles(&mut report, &mut seen, &mut cargo, &format!("{what} for {target}"))
        };
        for member in workspace.libraries() {
            for features in feature_sets(member) {
                let with = if features.is_empty() {
                    "without features".to_owned()
                } else {
                    format!("with {features}")
                };
                prove(
                    "check",
                    &[member],
                    &features,
                    &format!("{} {with} does not compile alone", member.name),
                )?;
            }
        }
        let what = "all library crates with all features do not build";
        prove("build", &workspace.libraries(), &workspace.device_features(), what)?;
    }
    Ok(report)
}

/// The feature sets to prove: none, and all that make sense on a chip, where there are any.
pub fn feature_sets(member: &Member) -> Vec<String> {
    let all = member.device_features().join(",");
    if all.is_empty() { vec![String::new()] } else { vec![String::new(), all] }
}

/// Compiles one crate and notes a failure; `seen` holds what was printed before, since a broken crate breaks
/// every crate above it in the same words.
fn compiles(
    report: &mut Report,
    seen: &mut BTreeSet<String>,
    command: &mut Command,
    what: &str,
) -> Result<()> {
    let output = capture(command)?;
    if !output.success {
        let printed = output.head(20);
        let detail = if seen.contains(&printed) { "as above".to_owned() } else { printed.clone() };
        seen.insert(printed);
        report.fail(format!("{what}:\n{detail}"));
    }
    Ok(())
}
