//! The repository as its manifests describe it, read without cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use toml::{Table, Value};

/// Where a crate stands: arrows between crates only ever point down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// A library crate for devices; 0 is the ground.
    Level(u8),
    /// A program or rig that runs on a developer's machine.
    Host,
}

/// One package of the workspace.
#[derive(Debug)]
pub struct Member {
    /// The package's name.
    pub name: String,
    /// Its folder, relative to the root.
    pub dir: PathBuf,
    /// The declared floor, or `None` when there is none or it is not a floor.
    pub floor: Option<Floor>,
    /// The manifest as written.
    pub manifest: Table,
}

/// The kind of a dependency table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[dependencies]`
    Normal,
    /// `[dev-dependencies]`
    Dev,
    /// `[build-dependencies]`
    Build,
}

/// One line of a dependency table.
#[derive(Debug)]
pub struct Dependency<'a> {
    /// The name as written in the table.
    pub key: &'a str,
    /// The table it stands in.
    pub kind: Kind,
    /// What is written behind the name.
    pub spec: &'a Value,
}

impl Member {
    /// Says whether this is a library crate for devices.
    pub fn is_library(&self) -> bool {
        matches!(self.floor, Some(Floor::Level(_)))
    }

    /// The manifest's path, for messages.
    pub fn manifest_path(&self) -> String {
        self.dir.join("Cargo.toml").display().to_string()
    }

    /// Every dependency of every kind, target-specific tables included.
    pub fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut found = Vec::new();
        collect(&self.manifest, &mut found);
        if let Some(Value::Table(targets)) = self.manifest.get("target") {
            for target in targets.values().filter_map(Value::as_table) {
                collect(target, &mut found);
            }
        }
        found
    }

    /// The names in `[features]`, `default` excluded.
    pub fn features(&self) -> Vec<&str> {
        let table = self.manifest.get("features").and_then(Value::as_table);
        table
            .into_iter()
            .flat_map(Table::keys)
            .map(String::as_str)
            .filter(|f| *f != "default")
            .collect()
    }

    /// The features that make sense on a chip: all but `std`.
    pub fn device_features(&self) -> Vec<&str> {
        self.features().into_iter().filter(|f| *f != "std").collect()
    }
}

fn collect<'a>(table: &'a Table, found: &mut Vec<Dependency<'a>>) {
    let kinds = [
        ("dependencies", Kind::Normal),
        ("dev-dependencies", Kind::Dev),
        ("build-dependencies", Kind::Build),
    ];
    for (name, kind) in kinds {
        let entries = table.get(name).and_then(Value::as_table);
        for (key, spec) in entries.into_iter().flatten() {
            found.push(Dependency { key, kind, spec });
        }
    }
}

/// The root manifest and every member's.
#[derive(Debug)]
pub struct Workspace {
    /// The repository's root.
    pub root: PathBuf,
    /// The root manifest as written.
    pub manifest: Table,
    /// The members, by folder.
    pub members: Vec<Member>,
}

impl Workspace {
    /// Reads the root manifest and those of its members.
    ///
    /// # Errors
    ///
    /// When a manifest cannot be read or is not TOML.
    pub fn load(root: &Path) -> Result<Self> {
        let manifest = read_manifest(&root.join("Cargo.toml"))?;
        let listed =
            manifest.get("workspace").and_then(|w| w.get("members")).and_then(Value::as_array);
        let Some(listed) = listed else { bail!("Cargo.toml: no [workspace] members") };
        let mut dirs = Vec::new();
        for pattern in listed.iter().filter_map(Value::as_str) {
            match pattern.strip_suffix("/*") {
                Some(parent) => dirs.extend(packages_in(root, parent)?),
                None => dirs.push(PathBuf::from(pattern)),
            }
        }
        let excluded =
            manifest.get("workspace").and_then(|w| w.get("exclude")).and_then(Value::as_array);
        let excluded: Vec<_> =
            excluded.into_iter().flatten().filter_map(Value::as_str).map(Path::new).collect();
        dirs.retain(|dir| !excluded.contains(&dir.as_path()));
        dirs.sort();
        let members = dirs.into_iter().map(|dir| read_member(root, dir)).collect::<Result<_>>()?;
        Ok(Self { root: root.to_owned(), manifest, members })
    }

    /// The member called `name`.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.name == name)
    }

    /// The library crates, ground floor first.
    pub fn libraries(&self) -> Vec<&Member> {
        let mut found: Vec<_> = self.members.iter().filter(|m| m.is_library()).collect();
        found.sort_by(|a, b| (a.floor, &a.name).cmp(&(b.floor, &b.name)));
        found
    }

    /// Every device feature of every library crate, as `crate/feature`: the most that firmware can hold.
    pub fn device_features(&self) -> String {
        let named = |m: &Member| {
            m.device_features().iter().map(|f| format!("{}/{f}", m.name)).collect::<Vec<_>>()
        };
        self.libraries().into_iter().flat_map(named).collect::<Vec<_>>().join(",")
    }

    /// The line of `[workspace.dependencies]` for `key`.
    pub fn version_table_entry(&self, key: &str) -> Option<&Value> {
        self.manifest.get("workspace")?.get("dependencies")?.get(key)
    }

    /// The package that a dependency named `key` really is, if it is one of ours.
    pub fn ours(&self, dependency: &Dependency<'_>) -> Option<&Member> {
        let renamed = |spec: &Value| spec.get("package").and_then(Value::as_str).map(str::to_owned);
        let name = renamed(dependency.spec)
            .or_else(|| self.version_table_entry(dependency.key).and_then(renamed))
            .unwrap_or_else(|| dependency.key.to_owned());
        self.member(&name)
    }
}

fn read_manifest(path: &Path) -> Result<Table> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("{} is not TOML", path.display()))
}

fn packages_in(root: &Path, parent: &str) -> Result<Vec<PathBuf>> {
    let dir = root.join(parent);
    let entries = fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        if dir.join(&name).join("Cargo.toml").is_file() {
            found.push(Path::new(parent).join(name));
        }
    }
    Ok(found)
}

fn read_member(root: &Path, dir: PathBuf) -> Result<Member> {
    let manifest = read_manifest(&root.join(&dir).join("Cargo.toml"))?;
    let package = manifest.get("package");
    let name = package.and_then(|p| p.get("name")).and_then(Value::as_str);
    let name = name.with_context(|| format!("{}: no package name", dir.display()))?.to_owned();
    let declared = package
        .and_then(|p| p.get("metadata"))
        .and_then(|m| m.get("gabion"))
        .and_then(|g| g.get("floor"));
    let floor = match declared {
        Some(Value::Integer(level)) => {
            u8::try_from(*level).ok().filter(|l| *l <= 5).map(Floor::Level)
        }
        Some(Value::String(word)) if word == "host" => Some(Floor::Host),
        _ => None,
    };
    Ok(Member { name, dir, floor, manifest })
}

/// The repository that this program belongs to.
///
/// Taken from the environment first, so that a program built in one clone and run in another looks at the
/// clone it was started in.
pub fn root() -> PathBuf {
    let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.ancestors().nth(2).map_or_else(|| manifest_dir.clone(), Path::to_owned)
}

/// Every file that is committed or would be by `git add`, relative to the root, sorted.
///
/// A tree without a `.git` (an unpacked archive) is walked instead, build output and dot folders left out.
///
/// # Errors
///
/// When the tree cannot be listed.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = if root.join(".git").exists() {
        let mut git = Command::new("git");
        git.current_dir(root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = crate::process::succeed(&mut git)?.stdout;
        let names = listed.split('\0').filter(|name| !name.is_empty());
        names.map(PathBuf::from).filter(|name| root.join(name).is_file()).collect()
    } else {
        let mut found = Vec::new();
        walk(root, Path::new(""), &mut found)?;
        found
    };
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(root: &Path, dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(root.join(dir))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = dir.join(&name);
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if name != "target" && name != ".git" {
            walk(root, &path, found)?;
        }
    }
    Ok(())
}
