//! A small workspace that obeys every law, to be broken one law at a time.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::check::{CHECKS, Report};

/// A workspace in a folder of its own under `target/tmp`.
pub(crate) struct Tree {
    root: PathBuf,
}

const LIB: &str = "#![no_std]\n#![forbid(unsafe_code)]\n#![doc = include_str!(\"../README.md\")]\n";

impl Tree {
    /// Lays a tree of two library crates on floors 0 and 1 and a host crate that passes every check.
    pub(crate) fn good(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        let tree = Self { root };
        tree.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\nexclude = [\"fuzz\", \"vendor\"]\n\n\
             [workspace.package]\nedition = \"2024\"\nrust-version = \"1.89\"\nlicense = \"MIT\"\n\n\
             [workspace.dependencies]\n\
             low = { path = \"crates/low\", version = \"0.1.0\" }\n\
             high = { path = \"crates/high\", version = \"0.1.0\" }\n\
             rig = { path = \"crates/rig\" }\n\n\
             [workspace.lints.rust]\nmissing_docs = \"warn\"\n\n\
             [workspace.lints.clippy]\nunwrap_used = \"warn\"\n",
        );
        tree.member("low", "0", "");
        tree.member(
            "high",
            "1",
            "low.workspace = true\n\n[dev-dependencies]\nrig.workspace = true\n",
        );
        tree.member("rig", "\"host\"", "low.workspace = true\n");
        tree.write(
            "docs/CONTRIBUTING.md",
            "| floor | crates |\n|---|---|\n| 0 | `low` |\n| 1 | `high` |\n| host | `rig` |\n",
        );
        for file in [
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "examples/a",
            "fuzz/a",
            "benches/a",
            "fleet/a",
        ] {
            tree.write(file, "text\n");
        }
        tree
    }

    fn member(&self, name: &str, floor: &str, dependencies: &str) {
        self.write(
            &format!("crates/{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition.workspace = true\n\
                 license.workspace = true\npublish = false\n\n[package.metadata.gabion]\nfloor = {floor}\n\n\
                 [features]\ndefault = []\nsoftware = []\n\n[dependencies]\n{dependencies}\n\
                 [lints]\nworkspace = true\n"
            ),
        );
        self.write(&format!("crates/{name}/README.md"), &format!("# {name}\n"));
        self.write(&format!("crates/{name}/src/lib.rs"), LIB);
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Appends to a file that is there.
    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = fs::read_to_string(self.root.join(path)).unwrap();
        self.write(path, &(before + text));
    }

    /// Replaces text that must be there.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let before = fs::read_to_string(self.root.join(path)).unwrap();
        assert!(before.contains(from), "{path} does not hold {from:?}");
        self.write(path, &before.replace(from, to));
    }

    /// Removes a file.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// Runs a check.
    pub(crate) fn report(&self, check: &str) -> Report {
        let check = CHECKS.iter().find(|c| c.name == check).unwrap();
        (check.run)(&self.root).unwrap()
    }

    /// Asserts that a check finds nothing.
    pub(crate) fn passes(&self, check: &str) {
        let report = self.report(check);
        assert!(report.failures.is_empty(), "{check}: {:#?}", report.failures);
    }

    /// Asserts that a check finds exactly one fault, or several of one kind, and says what it is.
    pub(crate) fn fails(&self, check: &str, message: &str) {
        let report = self.report(check);
        assert!(!report.failures.is_empty(), "{check} did not see it; expected {message:?}");
        for failure in report.failures {
            assert!(failure.contains(message), "{check} says {failure:?}, expected {message:?}");
        }
    }
}
