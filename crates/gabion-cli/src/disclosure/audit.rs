//! Known vulnerabilities: a lock file held against a local copy of the RustSec database.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use semver::{Version, VersionReq};
use serde::Deserialize;

/// A crate of the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
}

/// An advisory that touches a locked crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The advisory's id.
    pub id: String,
    /// The crate.
    pub locked: Locked,
    /// The advisory's title.
    pub title: String,
    /// What kind it is where it is no vulnerability, such as `unmaintained`.
    pub informational: Option<String>,
    /// The versions in which it is mended.
    pub patched: Vec<String>,
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.informational.as_deref().unwrap_or("VULNERABLE");
        write!(
            f,
            "{kind} {} {} {}: {}",
            self.id, self.locked.name, self.locked.version, self.title
        )?;
        match self.patched.as_slice() {
            [] => f.write_str("; no version is mended"),
            patched => write!(f, "; mended in {}", patched.join(", ")),
        }
    }
}

#[derive(Deserialize)]
struct Advisory {
    advisory: Header,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Header {
    id: String,
    package: String,
    #[serde(default)]
    collection: Option<String>,
    withdrawn: Option<String>,
    informational: Option<String>,
}

#[derive(Deserialize, Default)]
struct Versions {
    #[serde(default)]
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

/// Reads the crates of a lock file that come from a registry or elsewhere outside.
///
/// # Errors
///
/// When it is no lock file.
pub fn locked(lock: &str) -> anyhow::Result<Vec<Locked>> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        source: Option<String>,
    }
    let lock: Lock = toml::from_str(lock)?;
    ensure!(!lock.package.is_empty(), "it names no package");
    lock.package
        .into_iter()
        .filter(|package| package.source.is_some())
        .map(|package| {
            let version = package
                .version
                .parse()
                .with_context(|| format!("{} {}", package.name, package.version))?;
            Ok(Locked { name: package.name, version })
        })
        .collect()
}

/// Holds locked crates against a database folder (with `crates/NAME/ID.md` in it). Returns the hits and the number of advisories
/// that were read.
///
/// # Errors
///
/// When the folder holds no advisory, or one that cannot be read: what is not understood must not count as harmless.
pub fn audit(locked: &[Locked], database: &Path) -> anyhow::Result<(Vec<Hit>, usize)> {
    let mut read = 0;
    let mut hits = Vec::new();
    let crates = database.join("crates");
    let mut folders =
        files(&crates).with_context(|| format!("{} holds no database", database.display()))?;
    folders.sort();
    for folder in folders {
        if !folder.is_dir() {
            continue;
        }
        let mut advisories = files(&folder)?;
        advisories.sort();
        for file in advisories {
            let is_advisory = file
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with("RUSTSEC-"));
            if is_advisory {
                read += 1;
                hits.extend(judge(&file, locked).with_context(|| file.display().to_string())?);
            }
        }
    }
    ensure!(read > 0, "{} holds no advisory", database.display());
    Ok((hits, read))
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn judge(file: &Path, locked: &[Locked]) -> anyhow::Result<Vec<Hit>> {
    let text = std::fs::read_to_string(file)?;
    let (front, rest) =
        match text.strip_prefix("```toml\n").or_else(|| text.strip_prefix("```toml\r\n")) {
            Some(body) => body.split_once("```").context("its front matter has no end")?,
            None => (text.as_str(), ""),
        };
    let Advisory { advisory, versions } = toml::from_str(front)?;
    if advisory.withdrawn.is_some()
        || advisory.collection.as_deref().is_some_and(|kind| kind != "crates")
    {
        return Ok(Vec::new());
    }
    let requirements = |texts: &[String]| -> anyhow::Result<Vec<VersionReq>> {
        texts.iter().map(|text| text.parse().with_context(|| format!("version {text:?}"))).collect()
    };
    let safe = [requirements(&versions.patched)?, requirements(&versions.unaffected)?].concat();
    let title = rest
        .lines()
        .find_map(|line| line.strip_prefix("# "))
        .unwrap_or("(no title)")
        .trim()
        .to_owned();
    let hits = locked
        .iter()
        .filter(|own| {
            own.name == advisory.package
                && !safe.iter().any(|versions| matches(versions, &own.version))
        })
        .map(|own| Hit {
            id: advisory.id.clone(),
            locked: own.clone(),
            title: title.clone(),
            informational: advisory.informational.clone(),
            patched: versions.patched.clone(),
        });
    Ok(hits.collect())
}

/// Compares as the database means it: a pre-release counts by its order, not as cargo picks versions.
fn matches(requirement: &VersionReq, version: &Version) -> bool {
    if requirement.matches(version) {
        return true;
    }
    // 1.2.3-rc.1 satisfies ">= 1.2.0" there; cargo says no. Its release version decides unless the bound is that very one.
    if version.pre.is_empty() {
        return false;
    }
    let release = Version::new(version.major, version.minor, version.patch);
    requirement.matches(&release)
        && !requirement.comparators.iter().any(|c| {
            c.op == semver::Op::GreaterEq
                && (c.major, c.minor.unwrap_or(0), c.patch.unwrap_or(0))
                    == (release.major, release.minor, release.patch)
                && c.pre.is_empty()
        })
}
