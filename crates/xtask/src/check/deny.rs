//! Licences, bans and sources, by cargo-deny and `deny.toml`.

use std::path::Path;

use anyhow::Result;

use super::Report;
use crate::process::{capture, cargo, find};

/// Proves what `deny.toml` says, where cargo-deny is installed. Advisories need a database from the network,
/// so they are not part of this check.
///
/// # Errors
///
/// When cargo-deny cannot be started.
pub fn check(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    if find("cargo-deny").is_none() {
        report.skipped = Some("cargo-deny not installed (cargo xtask setup --deny)".to_owned());
        return Ok(report);
    }
    let mut deny = cargo(root);
    deny.args([
        "deny",
        "--all-features",
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]);
    let output = capture(&mut deny)?;
    if !output.success {
        report.fail(format!("cargo deny:\n{}", output.head(40)));
    }
    report.warn("advisories skipped: their database is not part of the repository (cargo deny check advisories)");
    Ok(report)
}
