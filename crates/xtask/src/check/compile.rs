//! Formatting, lints and documentation, as cargo sees them.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::Report;
use crate::process::{capture, cargo, line};
use crate::workspace::Workspace;

/// What tests, benches and programs may do and a library may not: stop with a panic, and leave it undocumented.
const RELAXED: &[&str] = &[
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::indexing_slicing",
    "clippy::arithmetic_side_effects",
    "clippy::missing_errors_doc",
    "clippy::missing_panics_doc",
    "missing_docs",
    "unreachable_pub",
];

/// Proves that every package is formatted, those outside the workspace included.
///
/// # Errors
///
/// When cargo cannot be started.
pub fn fmt(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    passes(&mut report, cargo(root).args(["fmt", "--all", "--check", "--", "--color=never"]))?;
    for manifest in outside_manifests(root)? {
        passes(
            &mut report,
            cargo(root).args([
                "fmt",
                "--check",
                "--manifest-path",
                &manifest,
                "--",
                "--color=never",
            ]),
        )?;
    }
    Ok(report)
}

/// Proves that there is no lint: the libraries under the strict table, everything else under the relaxed one.
///
/// # Errors
///
/// When cargo cannot be started.
pub fn clippy(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    let common = [
        "clippy",
        "--quiet",
        "--keep-going",
        "--message-format=short",
        "--workspace",
        "--all-features",
    ];
    passes(&mut report, cargo(root).args(common).args(["--lib", "--", "-D", "warnings"]))?;
    let mut rest = cargo(root);
    rest.args(common).args([
        "--bins",
        "--tests",
        "--benches",
        "--examples",
        "--",
        "-D",
        "warnings",
    ]);
    passes(&mut report, rest.args(RELAXED.iter().flat_map(|lint| ["-A", lint])))?;
    Ok(report)
}

/// Proves that the documentation builds without a warning.
///
/// # Errors
///
/// When cargo cannot be started.
pub fn doc(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    let mut doc = cargo(root);
    // Libraries only: the facade and the host tool's program share a name, and cargo would warn of that.
    doc.args([
        "doc",
        "--quiet",
        "--workspace",
        "--lib",
        "--no-deps",
        "--all-features",
        "--keep-going",
        "--message-format=short",
    ]);
    passes(&mut report, doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(report)
}

/// The packages that are workspaces of their own, as the root manifest excludes them.
fn outside_manifests(root: &Path) -> Result<Vec<String>> {
    let workspace = Workspace::load(root)?;
    let excluded = workspace.manifest["workspace"].get("exclude").and_then(toml::Value::as_array);
    let names = excluded.into_iter().flatten().filter_map(toml::Value::as_str);
    let manifests = names.map(|dir| format!("{dir}/Cargo.toml"));
    Ok(manifests.filter(|manifest| root.join(manifest).is_file()).collect())
}

fn passes(report: &mut Report, command: &mut Command) -> Result<()> {
    let output = capture(command)?;
    if !output.success {
        report.fail(format!("`{}`:\n{}", line(command), output.head(40)));
    }
    Ok(())
}
