//! What is linked into firmware, as `cargo tree` sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

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
            let features = member.device_features().join(",");
            let tree = || tree(root, target, &[member], &features);
            if linked(&mut tree())?.contains_key("getrandom") {
                // The same command, upside down, says who asked for it.
                let why = succeed(tree().args(["--invert", "getrandom"]))?.stdout;
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

/// Proves that firmware which uses every library crate with every feature holds one version of each crate.
///
/// # Errors
///
/// When `cargo tree` fails.
pub fn duplicates(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for target in TARGETS {
        let mut tree = tree(root, target, &workspace.libraries(), &workspace.device_features());
        for (name, versions) in linked(&mut tree)? {
            let allowed = ALLOWED_TWICE.iter().any(|(allowed, _)| *allowed == name);
            if versions.len() > 1 && !allowed {
                let versions = versions.into_iter().collect::<Vec<_>>().join(" and ");
                report.fail(format!("firmware for {target} holds {name} {versions}; `cargo tree --duplicates` says why"));
            }
        }
    }
    Ok(report)
}

/// Prepares `cargo tree` over what is linked; procedural macros are left out, they run on the host.
fn tree(root: &Path, target: &str, members: &[&Member], features: &str) -> Command {
    let mut command = cargo(root);
    command.args([
        "tree",
        "--target",
        target,
        "--edges",
        "normal,no-proc-macro",
        "--features",
        features,
    ]);
    command.args(members.iter().flat_map(|member| ["--package", &member.name]));
    command.args(["--format", "{p}"]);
    command
}

/// The versions of each crate in a tree.
fn linked(tree: &mut Command) -> Result<BTreeMap<String, BTreeSet<String>>> {
    Ok(parse(&succeed(tree.args(["--prefix", "none"]))?.stdout))
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
