//! Each library crate alone on a chip: a build of the whole workspace would unify features and prove nothing.

use std::path::Path;

use anyhow::Result;

use super::Report;
use crate::embedded::embedded_cargo;
use crate::process::capture;
use crate::workspace::{Member, Workspace};

/// The chips that each crate is proved on: no atomics and no division, floating point, and RISC-V.
pub const TARGETS: [&str; 3] =
    ["thumbv6m-none-eabi", "thumbv7em-none-eabihf", "riscv32imc-unknown-none-elf"];

/// Proves that each library crate compiles alone for each target, with no feature and with all, and that code
/// can be generated for the facade, which pulls in all of them.
///
/// # Errors
///
/// When there is no compiler for chips.
pub fn check(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for target in TARGETS {
        for member in workspace.libraries() {
            for features in feature_sets(member) {
                compiles(&mut report, root, "check", target, member, &features)?;
            }
        }
        for member in workspace.firmware_roots() {
            compiles(
                &mut report,
                root,
                "build",
                target,
                member,
                &member.device_features().join(","),
            )?;
        }
    }
    Ok(report)
}

/// The feature sets to prove: none, and all that make sense on a chip, where there are any.
pub fn feature_sets(member: &Member) -> Vec<String> {
    let all = member.device_features().join(",");
    if all.is_empty() { vec![String::new()] } else { vec![String::new(), all] }
}

fn compiles(
    report: &mut Report,
    root: &Path,
    subcommand: &str,
    target: &str,
    member: &Member,
    features: &str,
) -> Result<()> {
    let mut cargo = embedded_cargo(root, subcommand, target)?;
    cargo.args([
        "--quiet",
        "--release",
        "--lib",
        "--package",
        &member.name,
        "--features",
        features,
    ]);
    let output = capture(&mut cargo)?;
    if !output.success {
        let with = if features.is_empty() {
            "without features".to_owned()
        } else {
            format!("with {features}")
        };
        report.fail(format!(
            "{} does not {subcommand} alone for {target} {with}:\n{}",
            member.name,
            output.tail(20)
        ));
    }
    Ok(())
}
