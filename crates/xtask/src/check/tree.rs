//! What is linked into firmware, as `cargo tree` sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use super::Report;
use super::bare_metal::TARGETS;
use crate::process::{cargo, succeed};
use crate::workspace::{Member, Workspace};

/// Crates that firmware may hold in two versions, each with its reason. Cryptography never belongs here: a
/// second P-256 costs 30 KB of flash.
const ALLOWED_TWICE: &[(&str, &str)] = &[];

/// Proves that no library crate pulls `getrandom` into firmware, with every feature on: it does not compile
/// there, and one forgotten `default-features = false` anywhere brings it in.
///
/// # Errors
///
/// When `cargo tree` fails.
pub fn no_getrandom(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in workspace.libraries() {
        for target in TARGETS {
            if linked(root, member, target)?.contains_key("getrandom") {
                let mut why = tree(root, member, target);
                let why = succeed(why.args(["--invert", "getrandom"]))?.stdout;
                report.fail(format!(
                    "{} pulls in getrandom for {target}:\n{}",
                    member.name,
                    why.trim_end()
                ));
            }
        }
    }
    Ok(report)
}

/// Proves that firmware holds one version of each crate.
///
/// # Errors
///
/// When `cargo tree` fails.
pub fn duplicates(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in workspace.firmware_roots() {
        for target in TARGETS {
            for (name, versions) in linked(root, member, target)? {
                let allowed = ALLOWED_TWICE.iter().any(|(allowed, _)| *allowed == name);
                if versions.len() > 1 && !allowed {
                    let versions = versions.into_iter().collect::<Vec<_>>().join(" and ");
                    report.fail(format!("{} holds {name} {versions} for {target}", member.name));
                }
            }
        }
    }
    Ok(report)
}

/// The versions of each crate that is linked, procedural macros left out: they run on the host.
fn linked(
    root: &Path,
    member: &Member,
    target: &str,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut command = tree(root, member, target);
    let listing = succeed(command.args(["--prefix", "none", "--format", "{p}"]))?.stdout;
    Ok(parse(&listing))
}

fn tree(root: &Path, member: &Member, target: &str) -> std::process::Command {
    let mut command = cargo(root);
    command.args([
        "tree",
        "--target",
        target,
        "--edges",
        "normal,no-proc-macro",
        "--package",
        &member.name,
    ]);
    command.args(["--features", &member.device_features().join(",")]);
    command
}

/// Reads lines of `name vVERSION …`.
pub fn parse(listing: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in listing.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            found
                .entry(name.to_owned())
                .or_default()
                .insert(version.trim_start_matches('v').to_owned());
        }
    }
    found
}
