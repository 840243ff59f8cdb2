//! Source files: attributes, length, and what they say about themselves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Report;
use super::manifests::CHIP_PORTS;
use crate::workspace::{Workspace, files};

/// More lines than this in one source file is a warning.
pub const LONG: usize = 450;
/// More lines than this is a failure.
pub const TOO_LONG: usize = 700;

/// Proves that each library crate is `no_std` and forbids unsafe code. Chip ports may hold unsafe code.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn no_std(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in workspace.libraries() {
        let path = member.dir.join("src/lib.rs");
        let text = fs::read_to_string(root.join(&path)).unwrap_or_default();
        let mut attributes = vec!["#![no_std]"];
        if !CHIP_PORTS.contains(&member.name.as_str()) {
            attributes.push("#![forbid(unsafe_code)]");
        }
        for attribute in attributes {
            if !text.lines().any(|line| line.trim() == attribute) {
                report.fail(format!("{}: add {attribute}", path.display()));
            }
        }
    }
    Ok(report)
}

/// Proves that no source file outgrew its noun.
///
/// # Errors
///
/// When the tree cannot be listed.
pub fn length(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    for path in rust_files(root)? {
        if !path.components().any(|part| part.as_os_str() == "src") {
            continue;
        }
        let lines = String::from_utf8_lossy(&fs::read(root.join(&path))?).lines().count();
        let message =
            format!("{}: {lines} lines; move a noun into a file of its own", path.display());
        if lines > TOO_LONG {
            report.fail(message);
        } else if lines > LONG {
            report.warn(message);
        }
    }
    Ok(report)
}

/// Words that admit unfinished work. Spelt in pieces, so that this file does not admit any itself.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ig", "nore"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
];

/// Proves that no Rust file says of itself that it is unfinished, and that no test is switched off.
///
/// # Errors
///
/// When the tree cannot be listed.
pub fn unfinished(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    for path in rust_files(root)? {
        let text = fs::read(root.join(&path))?;
        for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
                report.fail(format!(
                    "{}:{}: {word}: finish it, or take it out",
                    path.display(),
                    number + 1
                ));
            }
        }
    }
    Ok(report)
}

fn rust_files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = files(root)?;
    found.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    Ok(found)
}
