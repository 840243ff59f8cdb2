//! Fuzz targets: every parser of a library crate has one, and every target is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::Table;

use super::Report;
use crate::workspace::{Workspace, files};

/// The list of who tries what.
pub const REGISTRY: &str = "fuzz/parsers.toml";

/// How the names of functions begin that read bytes from outside.
pub const NAMES: &[&str] =
    &["parse", "decode", "from_bytes", "from_slice", "from_wire", "read_from"];

/// Proves that the registry names each parser of the library crates, that it names nothing that is gone, and that each of its
/// targets has a body that calls its parsers, an entry, seeds and a replay on stable.
///
/// # Errors
///
/// When a file cannot be read, or the registry is none.
pub fn check(root: &Path) -> Result<Report> {
    let workspace = Workspace::load(root)?;
    let mut report = Report::default();
    let all = files(root)?;
    let mut sources = BTreeMap::new();
    for member in workspace.libraries() {
        let folder = member.dir.join("src");
        for path in all.iter().filter(|path| path.starts_with(&folder)) {
            if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&folder)?.display();
                sources.insert(
                    format!("{}/{below}", member.name),
                    fs::read_to_string(root.join(path))?,
                );
            }
        }
    }
    let parsers: BTreeSet<String> = sources
        .iter()
        .flat_map(|(file, text)| {
            parsers_in(text).into_iter().map(move |name| format!("{file}: {name}"))
        })
        .collect();
    let Ok(text) = fs::read_to_string(root.join(REGISTRY)) else {
        if !parsers.is_empty() {
            report.fail(format!("{REGISTRY}: missing; it says which target tries which parser"));
        }
        return Ok(report);
    };
    let registry: Table = text.parse().with_context(|| REGISTRY.to_owned())?;
    let tables = |name: &str| {
        registry.get(name).and_then(toml::Value::as_table).cloned().unwrap_or_default()
    };
    let (targets, without) = (tables("targets"), tables("without"));

    let mut named: BTreeMap<String, &str> = BTreeMap::new();
    for (target, list) in &targets {
        for parser in list.as_array().into_iter().flatten().filter_map(toml::Value::as_str) {
            named.insert(parser.to_owned(), target);
        }
    }
    for parser in without.keys() {
        named.insert(parser.clone(), "");
    }
    for parser in parsers.iter().filter(|parser| !named.contains_key(*parser)) {
        report.fail(format!(
            "{parser}: no fuzz target; add one and name it in {REGISTRY} (fuzz/README.md says how)"
        ));
    }
    for parser in named.keys() {
        let exists = parser.split_once(": ").is_some_and(|(file, name)| {
            sources.get(file).is_some_and(|text| {
                text.contains(&format!("fn {name}")) || text.contains(&format!(" {name}"))
            })
        });
        if !exists {
            report.fail(format!("{REGISTRY}: {parser} is not there any more"));
        }
    }
    let replays = replays(root)?;
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap_or_default();
    for target in targets.keys() {
        let mine: Vec<_> =
            named.iter().filter(|(_, t)| *t == target).map(|(p, _)| p.as_str()).collect();
        whole(root, target, &mine, &manifest, &replays, &mut report);
    }
    // A target that nobody registered is one whose removal nobody would see.
    for path in all.iter().filter(|path| path.starts_with("fuzz/fuzz_targets")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if !targets.contains_key(&*name) {
            report.fail(format!("{}: not in {REGISTRY}", path.display()));
        }
    }
    Ok(report)
}

/// Proves that one target has everything.
fn whole(
    root: &Path,
    target: &str,
    parsers: &[&str],
    manifest: &str,
    replays: &str,
    report: &mut Report,
) {
    let body = format!("fuzz/src/{target}.rs");
    let text = fs::read_to_string(root.join(&body)).unwrap_or_default();
    if text.is_empty() {
        report.fail(format!("{body}: missing; it is the body of the target `{target}`"));
        return;
    }
    for parser in parsers {
        let name = parser.rsplit(": ").next().unwrap_or_default();
        let calls = text.contains(&format!("{name}("))
            || text.contains(&format!("{name}::"))
            || text.contains(&format!("{name}<"))
            || text.contains(&format!("{name}>"));
        if !calls {
            report.fail(format!(
                "{body}: does not call `{name}`, which {REGISTRY} says it tries ({parser})"
            ));
        }
    }
    let file = format!("fuzz/fuzz_targets/{target}.rs");
    if !root.join(&file).is_file() {
        report.fail(format!("{file}: missing; it is one line over {body}"));
    }
    if !manifest.contains(&format!("name = \"{target}\"")) {
        report.fail(format!("fuzz/Cargo.toml: no [[bin]] `{target}`"));
    }
    let seeds = fs::read_dir(root.join("fuzz/corpus").join(target)).map_or(0, Iterator::count);
    if seeds == 0 {
        report.fail(format!("fuzz/corpus/{target}: no seeds"));
    }
    if !replays.contains(&format!("fuzz/src/{target}.rs")) {
        report.fail(format!("{body}: no test in crates/*/tests replays it on stable"));
    }
}

/// The text of all tests that replay bodies.
fn replays(root: &Path) -> Result<String> {
    let mut text = String::new();
    for path in files(root)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.starts_with("crates") && name.ends_with("fuzz_replay.rs") {
            text += &fs::read_to_string(root.join(path))?;
        }
    }
    Ok(text)
}

/// The parsers of a source file: public functions by their names, and kinds of input by their trait.
fn parsers_in(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().map(str::trim) {
        if let Some(kind) = line.strip_prefix("impl<'a> Input<'a> for ") {
            found.insert(identifier(kind).to_owned());
        }
        let Some(rest) = line.strip_prefix("pub ") else { continue };
        let rest = rest.strip_prefix("const ").unwrap_or(rest);
        let rest = rest.strip_prefix("async ").unwrap_or(rest);
        let Some(name) = rest.strip_prefix("fn ").map(identifier) else { continue };
        let is_parser = |begin: &str| {
            name == begin || name.strip_prefix(begin).is_some_and(|rest| rest.starts_with('_'))
        };
        if NAMES.iter().copied().any(is_parser) {
            found.insert(name.to_owned());
        }
    }
    found
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}
