//! Makes the file of test results for an image: runs the tests that its mechanisms name, or takes what a test runner wrote.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::evidence::{Head, Outcome, Test, links};
use super::image::Image;
use super::statement::TOOL;

/// Why there are no results.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError {
    /// A mechanism's evidence cannot be read.
    Evidence {
        /// The mechanism.
        mechanism: String,
        /// What is wrong.
        message: String,
    },
    /// Cargo cannot be started.
    Cargo(std::io::Error),
    /// A target did not build, or is not there.
    Target {
        /// The package.
        package: String,
        /// The target.
        target: String,
        /// The end of what cargo said.
        said: String,
    },
    /// A line of a runner's file is not understood.
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evidence { mechanism, message } => write!(f, "mechanism {mechanism}: {message}"),
            Self::Cargo(error) => write!(f, "cannot start cargo: {error}"),
            Self::Target { package, target, said } => {
                write!(f, "the tests of {package} {target} do not run: {said}")
            }
            Self::Line { line, message } => write!(f, "line {line}: {message}"),
        }
    }
}

impl std::error::Error for RunError {}

/// Returns the packages and targets whose tests an image names, in order.
///
/// # Errors
///
/// [`RunError::Evidence`].
pub fn targets(image: &Image) -> Result<BTreeSet<(String, String)>, RunError> {
    let mut all = BTreeSet::new();
    for mechanism in &image.profile.mechanisms {
        let links = links(&mechanism.evidence)
            .map_err(|message| RunError::Evidence { mechanism: mechanism.name.clone(), message })?;
        for link in links {
            let unit = link.target.starts_with("src/");
            all.insert((link.package, if unit { "src/lib.rs".to_owned() } else { link.target }));
        }
    }
    Ok(all)
}

/// Runs the tests of one target with cargo, in the workspace of `folder`.
///
/// # Errors
///
/// [`RunError::Cargo`], [`RunError::Target`]. A test that fails is no error: it is a result.
pub fn run(folder: &Path, package: &str, target: &str) -> Result<Vec<Test>, RunError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).args(["test", "--package", package]);
    match target.strip_prefix("tests/") {
        Some(file) => cargo.args(["--test", file.trim_end_matches(".rs")]),
        None => cargo.arg("--lib"),
    };
    let out = cargo.output().map_err(RunError::Cargo)?;
    let tests = libtest(package, target, &String::from_utf8_lossy(&out.stdout));
    if tests.is_empty() {
        let said = String::from_utf8_lossy(&out.stderr);
        let last: Vec<&str> =
            said.lines().rev().filter(|l| l.starts_with("error")).take(3).collect();
        return Err(RunError::Target {
            package: package.to_owned(),
            target: target.to_owned(),
            said: if last.is_empty() { "no test in it".to_owned() } else { last.join("; ") },
        });
    }
    Ok(tests)
}

/// Reads what the built-in test harness prints of one target.
#[must_use]
pub fn libtest(package: &str, target: &str, text: &str) -> Vec<Test> {
    let mut tests = Vec::new();
    for line in text.lines() {
        let Some((name, result)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        else {
            continue;
        };
        let name = name.trim_end_matches(" - should panic");
        let result = match result.split([' ', ',']).next() {
            Some("ok") => Outcome::Passed,
            Some("ignored") => Outcome::Ignored,
            _ => Outcome::Failed,
        };
        tests.push(Test {
            package: package.to_owned(),
            target: target.to_owned(),
            name: name.to_owned(),
            result,
        });
    }
    tests
}

/// Reads what `cargo nextest run --message-format libtest-json` writes: names are `package::target$test`.
///
/// # Errors
///
/// [`RunError::Line`].
pub fn nextest(text: &str) -> Result<Vec<Test>, RunError> {
    let mut tests = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |message: String| RunError::Line { line: at + 1, message };
        let value: Value =
            serde_json::from_str(line).map_err(|e| wrong(format!("not JSON: {e}")))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("");
        let result = match (text("type"), text("event")) {
            ("test", "ok") => Outcome::Passed,
            ("test", "failed") => Outcome::Failed,
            ("test", "ignored") => Outcome::Ignored,
            ("test", "started") | ("suite", _) => continue,
            _ => return Err(wrong("neither a test nor a suite of libtest-json".to_owned())),
        };
        let (binary, name) = text("name")
            .split_once('$')
            .ok_or_else(|| wrong("the name is not `package::target$test`".to_owned()))?;
        let (package, target) = match binary.split_once("::") {
            None => (binary, "src/lib.rs".to_owned()),
            Some((package, bin)) if bin.starts_with("bin/") => (package, "src/main.rs".to_owned()),
            Some((package, test)) => (package, format!("tests/{test}.rs")),
        };
        // A test that ran again after a failure stands there twice: the last run counts.
        tests.retain(|t: &Test| !(t.package == package && t.target == target && t.name == name));
        tests.push(Test { package: package.to_owned(), target, name: name.to_owned(), result });
    }
    Ok(tests)
}

/// Writes the file of results: the image first, then the tests in order.
#[must_use]
pub fn results(image: &Image, mut tests: Vec<Test>) -> String {
    let head = Head {
        gabion_tests: 1,
        code: image.identity.code.clone(),
        profile: image.identity.profile.clone(),
        tool: TOOL.to_owned(),
    };
    tests.sort_by(|a, b| (&a.package, &a.target, &a.name).cmp(&(&b.package, &b.target, &b.name)));
    let mut out = serde_json::to_string(&head).unwrap_or_default();
    out.push('\n');
    for test in &tests {
        out.push_str(&serde_json::to_string(test).unwrap_or_default());
        out.push('\n');
    }
    out
}
