//! Which tests passed for this image (`docs/spec/profile.md`, section 6): JSON lines, the first of which names the image.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::image::{Identity, digest};

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It did not run.
    Ignored,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The package.
    pub package: String,
    /// The target: `tests/api.rs`, or `src/lib.rs` for unit tests.
    pub target: String,
    /// The test's name.
    pub name: String,
    /// How it ended.
    pub result: Outcome,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the format.
    pub gabion_tests: u32,
    /// Digest of the image's code.
    pub code: String,
    /// Digest of the image's profile.
    pub profile: String,
    /// What made the file.
    pub tool: String,
}

/// A file of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// The first line.
    pub head: Head,
    /// The tests.
    pub tests: Vec<Test>,
    /// Digest of the file.
    pub digest: String,
}

/// Why results were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultsError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ResultsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ResultsError {}

impl Results {
    /// Reads a file of results.
    ///
    /// # Errors
    ///
    /// The first line that is wrong: no JSON, an unknown field, another version, a test that stands there twice.
    pub fn parse(text: &str) -> Result<Self, ResultsError> {
        let wrong = |line: usize, message: String| ResultsError { line, message };
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (at, first) = lines.next().ok_or_else(|| {
            wrong(1, "the file is empty; the first line names the image".to_owned())
        })?;
        let head: Head = serde_json::from_str(first)
            .map_err(|e| wrong(at + 1, format!("not the line that names the image: {e}")))?;
        if head.gabion_tests != 1 {
            return Err(wrong(
                at + 1,
                format!("format version {} is not known", head.gabion_tests),
            ));
        }
        let mut seen = BTreeSet::new();
        let mut tests = Vec::new();
        for (at, line) in lines {
            let test: Test = serde_json::from_str(line)
                .map_err(|e| wrong(at + 1, format!("not a test: {e}")))?;
            if !seen.insert((test.package.clone(), test.target.clone(), test.name.clone())) {
                return Err(wrong(
                    at + 1,
                    format!(
                        "test {} {} {} stands here twice",
                        test.package, test.target, test.name
                    ),
                ));
            }
            tests.push(test);
        }
        Ok(Self { head, tests, digest: digest(&[text.as_bytes()]) })
    }

    /// Says what differs when the results are of another image.
    #[must_use]
    pub fn differs_from(&self, image: &Identity) -> Option<&'static str> {
        if self.head.code != image.code {
            Some("the code")
        } else if self.head.profile != image.profile {
            Some("the profile")
        } else {
            None
        }
    }
}

/// A link from a mechanism to tests: those of a target whose names fit a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The package.
    pub package: String,
    /// The target, or a source file for the unit tests in it.
    pub target: String,
    /// The pattern, in which `*` stands for anything.
    pub pattern: Option<String>,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.package, self.target)?;
        self.pattern.as_ref().map_or(Ok(()), |pattern| write!(f, " {pattern}"))
    }
}

/// Reads the links of a mechanism: `package target [pattern][, [target] [pattern]]…[; package …]`.
///
/// # Errors
///
/// In words, when it names no package or no target.
pub fn links(evidence: &str) -> Result<Vec<Link>, String> {
    let mut all = Vec::new();
    for group in evidence.split(';') {
        let (package, rest) = group.trim().split_once(' ').unwrap_or((group.trim(), ""));
        let mut target: Option<&str> = None;
        for item in rest.split(',').map(str::trim) {
            let mut words = item.split_whitespace();
            let mut word = words.next();
            if word.is_some_and(|w| w.contains('/')) {
                target = word;
                word = words.next();
            }
            let (Some(target), None) = (target, words.next()) else {
                return Err(format!("`{evidence}` is not `package target [pattern]`"));
            };
            if !(target.starts_with("tests/") || target.starts_with("src/"))
                || !target.ends_with(".rs")
            {
                return Err(format!("`{target}` is not tests/*.rs or src/*.rs"));
            }
            all.push(Link {
                package: package.to_owned(),
                target: target.to_owned(),
                pattern: word.map(str::to_owned),
            });
        }
    }
    Ok(all)
}

impl Link {
    /// Returns the tests that it means.
    pub fn tests<'r>(&self, results: &'r Results) -> impl Iterator<Item = &'r Test> {
        results.tests.iter().filter(move |test| self.means(test))
    }

    fn means(&self, test: &Test) -> bool {
        if test.package != self.package {
            return false;
        }
        let last = test.name.rsplit("::").next().unwrap_or(&test.name);
        let named = self.pattern.as_ref().is_none_or(|pattern| {
            fits(pattern.as_bytes(), last.as_bytes())
                || fits(pattern.as_bytes(), test.name.as_bytes())
        });
        let placed = match self.target.strip_prefix("src/") {
            None => test.target == self.target,
            Some("lib.rs" | "main.rs") => test.target == self.target,
            Some(file) => {
                let module = file.trim_end_matches(".rs").replace('/', "::") + "::";
                test.target.starts_with("src/") && test.name.starts_with(&module)
            }
        };
        named && placed
    }
}

/// Whether a name fits a pattern with stars.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            fits(rest, name) || name.split_first().is_some_and(|(_, name)| fits(pattern, name))
        }
        ([a, rest @ ..], [b, name @ ..]) if a == b => fits(rest, name),
        _ => false,
    }
}
