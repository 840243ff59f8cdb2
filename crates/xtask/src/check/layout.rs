//! Layout: the same name is the same thing everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path};

use anyhow::Result;

use super::Report;
use crate::workspace::{Workspace, files};

const REQUIRED: &[&str] = &[
    "Cargo.toml",
    "crates",
    "examples",
    "fuzz",
    "benches",
    "fleet",
    "docs",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
];
const ALLOWED: &[&str] =
    &["Cargo.lock", "CHANGELOG.md", "SECURITY.md", "deny.toml", "clippy.toml", "rustfmt.toml"];

/// Proves that the top level holds exactly what is agreed, and dotfiles.
///
/// # Errors
///
/// When the tree cannot be listed.
pub fn top_level(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    let mut present = BTreeSet::new();
    for file in files(root)? {
        if let Some(Component::Normal(first)) = file.components().next() {
            present.insert(first.to_string_lossy().into_owned());
        }
    }
    for name in REQUIRED.iter().filter(|name| !present.contains(**name)) {
        report.fail(format!("{name}: missing at the top level (git keeps no empty folder)"));
    }
    for name in &present {
        let known = REQUIRED.contains(&name.as_str()) || ALLOWED.contains(&name.as_str());
        if !known && !name.starts_with('.') {
            report.fail(format!(
                "{name}: not part of the agreed top level; move it into one of its folders"
            ));
        }
    }
    Ok(report)
}

/// Proves that each crate has a README.md and that its root doc is that file.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn readmes(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in &workspace.members {
        let dir = &member.dir;
        let text = fs::read_to_string(root.join(dir).join("README.md")).unwrap_or_default();
        if text.trim().is_empty() {
            report.fail(format!(
                "{}/README.md: missing or empty; it is the crate's root doc",
                dir.display()
            ));
        }
        let Ok(lib) = fs::read_to_string(root.join(dir).join("src/lib.rs")) else { continue };
        if !lib.lines().any(|line| line.trim() == r#"#![doc = include_str!("../README.md")]"#) {
            report.fail(format!(
                r#"{}/src/lib.rs: add #![doc = include_str!("../README.md")]"#,
                dir.display()
            ));
        }
    }
    Ok(report)
}

/// Proves that bytes on flash or wire are specified: a `format.rs` has a page in `docs/spec`.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn specs(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in &workspace.members {
        let noun = member.name.strip_prefix("gabion-").unwrap_or(&member.name);
        let page = format!("docs/spec/{noun}.md");
        if root.join(&member.dir).join("src/format.rs").is_file() && !root.join(&page).is_file() {
            report.fail(format!(
                "{page}: missing; {}/src/format.rs needs its specification",
                member.dir.display()
            ));
        }
    }
    Ok(report)
}
