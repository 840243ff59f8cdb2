//! Words that no committed file may hold: hosts of packages, and paths of somebody's machine.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Report;
use crate::workspace::files;

/// Package hosts, in lower case. Spelt in pieces, so that this file does not hold them itself.
pub const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("docs", ".rs/"),
    concat!("py", "pi"),
    concat!("git", "hub"),
    concat!("git", "lab"),
    concat!("bit", "bucket"),
    concat!("npm", "js"),
    concat!("rust", "-lang.org"),
    concat!("deb", "ian.org"),
];

/// Absolute paths that exist on one machine only.
pub const PATHS: &[&str] = &[
    concat!("/wo", "rk"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/opt/", "wheels"),
];

/// Files that cargo writes and that name its registry in every entry.
const EXEMPT: &str = "Cargo.lock";

/// Proves that the committed files name no package host and no path of a machine.
///
/// # Errors
///
/// When the tree cannot be listed.
pub fn check(root: &Path) -> Result<Report> {
    let mut report = Report::default();
    for path in files(root)? {
        if path.file_name().is_some_and(|name| name == EXEMPT) {
            continue;
        }
        let text = fs::read(root.join(&path))?;
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = String::from_utf8_lossy(line).to_ascii_lowercase();
            let hosts = HOSTS
                .iter()
                .filter(|word| line.contains(**word))
                .map(|word| ("names a package host", word));
            let paths = PATHS
                .iter()
                .filter(|word| holds_path(&line, word))
                .map(|word| ("holds a machine's path", word));
            for (what, word) in hosts.chain(paths) {
                report.fail(format!("{}:{}: {what}: {word}", path.display(), number + 1));
            }
        }
    }
    Ok(report)
}

/// Says whether `line` holds `path` as an absolute path: not the tail of a relative one, nor a longer name.
fn holds_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        let starts = before.is_none_or(|c| !c.is_alphanumeric() && !"_-./}".contains(c));
        let ends =
            path.ends_with('/') || after.is_none_or(|c| !c.is_alphanumeric() && !"_-".contains(c));
        starts && ends
    })
}
