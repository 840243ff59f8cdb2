//! Floors: which crate may stand on which.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Report;
use crate::workspace::{Floor, Kind, Member, Workspace};

/// The page whose table names each crate beside its floor.
pub const TABLE: &str = "docs/CONTRIBUTING.md";

/// Proves that each crate declares a floor, that the table in the docs agrees, and that normal and build
/// dependencies among our crates only ever point to a lower floor. Only host crates and dev-dependencies may
/// use a host crate.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn check(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let table = fs::read_to_string(root.join(TABLE)).unwrap_or_default();
    let mut report = Report::default();
    for member in &workspace.members {
        let Some(floor) = member.floor else {
            report.fail(format!(
                "{}: no floor; write [package.metadata.gabion] floor = 0 to 5, or \"host\"",
                member.manifest_path()
            ));
            continue;
        };
        if !table_names(&table, floor, &member.name) {
            report.fail(format!(
                "{TABLE}: the floor table does not name `{}` on floor {}",
                member.name,
                label(floor)
            ));
        }
        for dependency in member.dependencies().iter().filter(|d| d.kind != Kind::Dev) {
            if let Some(below) = workspace.ours(dependency) {
                arrow(&mut report, member, floor, below);
            }
        }
    }
    Ok(report)
}

fn arrow(report: &mut Report, member: &Member, floor: Floor, below: &Member) {
    let Some(target) = below.floor else { return };
    let problem = match (floor, target) {
        (Floor::Host, _) => return,
        (Floor::Level(_), Floor::Host) => {
            "only host crates and dev-dependencies may use a host crate"
        }
        (Floor::Level(from), Floor::Level(to)) if to < from => return,
        (Floor::Level(_), Floor::Level(_)) => "an arrow only ever points down",
    };
    report.fail(format!(
        "{}: {} (floor {}) depends on {} (floor {}): {problem}",
        member.manifest_path(),
        member.name,
        label(floor),
        below.name,
        label(target)
    ));
}

fn table_names(table: &str, floor: Floor, name: &str) -> bool {
    let row = format!("| {} |", label(floor));
    table.lines().any(|line| line.starts_with(&row) && line.contains(&format!("`{name}`")))
}

fn label(floor: Floor) -> String {
    match floor {
        Floor::Level(level) => level.to_string(),
        Floor::Host => "host".to_owned(),
    }
}
