//! Manifests: one lint table, one version table, no default features.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use toml::{Table, Value};

use super::Report;
use crate::process::succeed;
use crate::workspace::{Dependency, Kind, Member, Workspace};

/// The names a feature may have. A chip port may also name its chips.
pub const FEATURES: &[&str] = &["alloc", "defmt", "proptest", "qr", "serde", "software", "std"];

/// The crates that touch a chip: they name chips as features and may hold `unsafe` with its argument.
pub const CHIP_PORTS: &[&str] = &["gabion-nrf", "gabion-esp"];

/// Proves that each member has `[lints] workspace = true`, without which the lint table is silently inert.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn lints(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    let table = workspace.manifest["workspace"].get("lints").and_then(Value::as_table);
    if table.is_none_or(Table::is_empty) {
        report.fail("Cargo.toml: no [workspace.lints]");
    }
    for member in &workspace.members {
        let wired =
            member.manifest.get("lints").and_then(|l| l.get("workspace")).and_then(Value::as_bool);
        if wired != Some(true) {
            report.fail(format!("{}: add [lints] workspace = true", member.manifest_path()));
        }
    }
    Ok(report)
}

/// Proves that every dependency of every member is `workspace = true` and adds no version, path or source.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn versions(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in &workspace.members {
        for dependency in member.dependencies() {
            if is_itself(member, &dependency) {
                continue;
            }
            let spec = dependency.spec;
            let place = format!("{}: `{}`", member.manifest_path(), dependency.key);
            if spec.get("workspace").and_then(Value::as_bool) != Some(true) {
                report.fail(format!(
                    "{place} is not `workspace = true`; versions live in the root Cargo.toml"
                ));
            }
            for forbidden in ["version", "path", "git", "registry"] {
                if spec.get(forbidden).is_some() {
                    report.fail(format!(
                        "{place} writes its own {forbidden}; it belongs in the root Cargo.toml"
                    ));
                }
            }
        }
    }
    Ok(report)
}

/// Proves that the committed Cargo.lock is the one that cargo uses: it names the very code that is built, and
/// cargo rewrites it without a word when a manifest asks for more.
///
/// # Errors
///
/// When git cannot be started.
pub fn lock(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    if !root.join(".git").exists() {
        report.skipped = Some("not a git repository".to_owned());
        return Ok(report);
    }
    let mut git = Command::new("git");
    git.current_dir(root).args(["status", "--porcelain", "--", "Cargo.lock"]);
    if !succeed(&mut git)?.stdout.trim().is_empty() {
        report.fail(
            "Cargo.lock: not as committed; a manifest was committed without it, so commit it too",
        );
    }
    Ok(report)
}

/// Says whether this is a crate that tests itself with a feature on: by path only, so that it can be packaged.
fn is_itself(member: &Member, dependency: &Dependency<'_>) -> bool {
    let path = dependency.spec.get("path").and_then(Value::as_str);
    let keys = dependency
        .spec
        .as_table()
        .is_some_and(|t| t.keys().all(|k| k == "path" || k == "features"));
    dependency.kind == Kind::Dev && dependency.key == member.name && path == Some(".") && keys
}

/// Proves that each library crate has `default = []` and known feature names only, and that nothing it depends
/// on brings default features into firmware.
///
/// # Errors
///
/// When a manifest cannot be read.
pub fn features(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    for member in workspace.libraries() {
        let default = member
            .manifest
            .get("features")
            .and_then(|f| f.get("default"))
            .and_then(Value::as_array);
        if default.is_none_or(|names| !names.is_empty()) {
            report
                .fail(format!("{}: write `default = []` under [features]", member.manifest_path()));
        }
        feature_names(&mut report, member);
        for dependency in member.dependencies().iter().filter(|d| d.kind != Kind::Dev) {
            default_features(&mut report, &workspace, member, dependency);
        }
    }
    Ok(report)
}

fn feature_names(report: &mut Report, member: &Member) {
    if CHIP_PORTS.contains(&member.name.as_str()) {
        return;
    }
    let place = member.manifest_path();
    for name in member.features().into_iter().filter(|name| !FEATURES.contains(name)) {
        report.fail(format!("{place}: feature `{name}` is not one of {}", FEATURES.join(", ")));
    }
    // An optional dependency that no feature names with `dep:` becomes a feature by itself.
    let features = member.manifest.get("features").and_then(Value::as_table);
    let enabled: Vec<_> = features
        .into_iter()
        .flat_map(|table| table.values())
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for dependency in member.dependencies() {
        let optional = dependency.spec.get("optional").and_then(Value::as_bool) == Some(true);
        if optional && !enabled.contains(&format!("dep:{}", dependency.key).as_str()) {
            report.fail(format!(
                "{place}: optional `{}` is an unnamed feature; enable it as `dep:{0}` from a named one",
                dependency.key
            ));
        }
    }
}

fn default_features(
    report: &mut Report,
    workspace: &Workspace,
    member: &Member,
    dependency: &Dependency<'_>,
) {
    let key = dependency.key;
    if dependency.spec.get("default-features").and_then(Value::as_bool) == Some(true) {
        report.fail(format!("{}: `{key}` switches default features on", member.manifest_path()));
    }
    if workspace.ours(dependency).is_some() {
        return;
    }
    let entry = workspace.version_table_entry(key);
    let off = entry.and_then(|e| e.get("default-features")).and_then(Value::as_bool) == Some(false);
    if entry.is_some() && !off {
        report.fail(format!(
            "Cargo.toml: `{key}` reaches devices through {}; give it default-features = false",
            member.name
        ));
    }
}
