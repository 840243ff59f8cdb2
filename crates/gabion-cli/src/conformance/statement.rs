//! The statement: all of it in one value, bound to the image, the answers, the tests and the tool.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::answers::{Answers, Declaration, Problem, Support};
use super::claim::{Basis, Row, rows};
use super::cross::{Check, checks};
use super::evidence::{Outcome, Results};
use super::facts::{Fact, facts};
use super::image::{Identity, Image, digest};
use super::ixit::{Table, tables};
use super::profile::{Backend, Device, Feature};
use super::standard::{Edition, Level};

/// What makes and reads statements.
pub const TOOL: &str = concat!("gabion ", env!("CARGO_PKG_VERSION"));

/// What a statement holds for, and expires with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The version of this record.
    pub gabion_statement: u32,
    /// What made it.
    pub tool: String,
    /// The edition.
    pub edition: Edition,
    /// The image.
    pub image: Identity,
    /// Digest of the answers.
    pub answers: String,
    /// Digest of the test results; none: none were given.
    pub tests: Option<String>,
    /// Whether it is only a draft.
    pub draft: bool,
    /// Digest of the document, with this field zeroed.
    pub document: String,
}

/// How the tests stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tests {
    /// What made the results.
    pub tool: String,
    /// How many passed.
    pub passed: usize,
    /// How many did not.
    pub other: usize,
}

/// How many rows say what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "level and support")]
pub struct Counts {
    pub rows: usize,
    pub mandatory_y: usize,
    pub mandatory_na: usize,
    pub mandatory_n: usize,
    pub recommended_y: usize,
    pub recommended_n: usize,
    pub recommended_na: usize,
}

/// A statement.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    /// What it holds for.
    pub binding: Binding,
    /// The product.
    pub device: Device,
    /// Who declares.
    pub declaration: Declaration,
    /// The conditions and features.
    pub facts: Vec<Fact>,
    /// Table B.1.
    pub rows: Vec<Row>,
    /// How many rows say what.
    pub counts: Counts,
    /// The IXIT tables.
    pub tables: Vec<Table>,
    /// The cross-checks.
    pub checks: Vec<Check>,
    /// What the chip gives.
    pub backends: Vec<Backend>,
    /// The features that are on or off.
    pub features: Vec<Feature>,
    /// The tests.
    pub tests: Option<Tests>,
    /// What is wrong. A statement with problems is a draft.
    pub problems: Vec<Problem>,
}

impl Statement {
    /// Makes a statement. It conforms when it has no problems.
    #[must_use]
    pub fn make(
        image: &Image,
        answers: &Answers,
        results: Option<&Results>,
        edition: Edition,
    ) -> Self {
        let profile = &image.profile;
        let facts = facts(profile, edition);
        let mut problems = bound(image, answers, results, &facts, edition);
        // Results of another image prove nothing here.
        let fresh = results.filter(|results| results.differs_from(&image.identity).is_none());
        let basis = Basis { profile, answers, results: fresh, facts: &facts, edition };
        let (rows, wrong) = rows(&basis);
        problems.extend(wrong);
        let (tables, wrong) = tables(profile, answers, &rows, edition);
        problems.extend(wrong);
        let (checks, wrong) = checks(profile, &rows, edition);
        problems.extend(wrong);
        let tests = fresh.map(|results| {
            let passed = results.tests.iter().filter(|t| t.result == Outcome::Passed).count();
            Tests { tool: results.head.tool.clone(), passed, other: results.tests.len() - passed }
        });
        Self {
            binding: Binding {
                gabion_statement: 1,
                tool: TOOL.to_owned(),
                edition,
                image: image.identity.clone(),
                answers: answers.digest.clone(),
                tests: results.map(|r| r.digest.clone()),
                draft: !problems.is_empty(),
                document: ZERO.to_owned(),
            },
            device: profile.device.clone(),
            declaration: answers.declaration.clone(),
            facts,
            counts: count(&rows),
            rows,
            tables,
            checks,
            backends: profile.backends.clone(),
            features: profile.features.clone(),
            tests,
            problems,
        }
    }

    /// Whether it may be issued: every mandatory row Y or N/A, every recommendation answered, nothing contradicting.
    #[must_use]
    pub const fn conforms(&self) -> bool {
        self.problems.is_empty()
    }

    /// Finds a row.
    #[must_use]
    pub fn row(&self, provision: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.provision == provision)
    }

    /// Groups the rows by area.
    #[must_use]
    pub fn areas(&self) -> Vec<(&str, &str, Vec<&Row>)> {
        let mut all: Vec<(&str, &str, Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            match all.last_mut() {
                Some((id, _, rows)) if *id == row.area => rows.push(row),
                _ => all.push((&row.area, &row.area_title, vec![row])),
            }
        }
        all
    }
}

/// What the answers and results say of themselves, held against the image.
fn bound(
    image: &Image,
    answers: &Answers,
    results: Option<&Results>,
    facts: &[Fact],
    edition: Edition,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut problem = |line: Option<usize>, file: &str, key: String, message: String| {
        problems.push(Problem { file: file.to_owned(), line, key, provision: None, message });
    };
    let model = &image.profile.device.model;
    if answers.declaration.model != *model {
        let message =
            format!("the answers are for `{}`, the image is `{model}`", answers.declaration.model);
        problem(Some(answers.model_line), &answers.file, "declaration.model".to_owned(), message);
    }
    for ((of, id), (holds, line)) in &answers.conditions {
        if *of != edition.as_str() {
            continue;
        }
        if let Some(fact) = facts.iter().find(|f| f.id == *id && f.holds != *holds) {
            let key =
                format!("condition.{}.{id}", if edition == Edition::V2 { "v2" } else { "v3" });
            let message = format!(
                "answered {holds}, but the image says {}: {}; register what is missing, or correct the answer",
                fact.holds, fact.why
            );
            problem(Some(*line), &answers.file, key, message);
        }
    }
    match results.map(|results| results.differs_from(&image.identity)) {
        Some(Some(what)) => {
            let message = format!(
                "the test results are of another image: {what} differs; run `gabion ics tests` for this one"
            );
            problem(None, "tests", String::new(), message);
        }
        Some(None) => {}
        None => {
            let message = "no test results were given, so no mechanism counts; make them with `gabion ics tests`".to_owned();
            problem(None, "tests", String::new(), message);
        }
    }
    problems
}

fn count(rows: &[Row]) -> Counts {
    let of = |level: Level, support: Support| {
        rows.iter().filter(|r| r.level == level && r.support == support).count()
    };
    Counts {
        rows: rows.len(),
        mandatory_y: of(Level::M, Support::Y),
        mandatory_na: of(Level::M, Support::NotApplicable),
        mandatory_n: of(Level::M, Support::N),
        recommended_y: of(Level::R, Support::Y),
        recommended_n: of(Level::R, Support::N),
        recommended_na: of(Level::R, Support::NotApplicable),
    }
}

/// What stands in the place of the document's digest while it is computed.
const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// What the record begins with, in every format.
const MARK: &str = "{\"gabion_statement\":";

impl Binding {
    /// Returns the record on one line, as it stands in every document.
    #[must_use]
    pub fn record(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Puts the document's digest into its record.
#[must_use]
pub fn sealed(document: &str) -> String {
    document.replacen(ZERO, &digest(&[document.as_bytes()]), 1)
}

/// Why a statement no longer holds, or never did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expired {
    /// It is no statement of this tool.
    NoRecord,
    /// The document was changed after it was made.
    Edited,
    /// It is a draft.
    Draft,
    /// Made by another version of the tool.
    Tool(String),
    /// The code changed.
    Code,
    /// The profile changed.
    Profile,
    /// The answers changed.
    Answers,
    /// The test results changed.
    Tests,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord => f.write_str("this is no statement of gabion: it holds no record"),
            Self::Edited => f.write_str("the document was changed after it was made"),
            Self::Draft => f.write_str("this is a draft: problems were open when it was made"),
            Self::Tool(made) => write!(f, "made by {made}, and this is {TOOL}: make it again"),
            Self::Code => {
                f.write_str("the code of the image is another one: the claims have expired")
            }
            Self::Profile => {
                f.write_str("the profile of the image is another one: the claims have expired")
            }
            Self::Answers => f.write_str("the answers are other ones"),
            Self::Tests => f.write_str("the test results are other ones"),
        }
    }
}

impl std::error::Error for Expired {}

/// Reads the record of a document, in whatever format.
///
/// # Errors
///
/// [`Expired::NoRecord`], [`Expired::Edited`].
pub fn record(document: &str) -> Result<Binding, Expired> {
    let start = document.find(MARK).ok_or(Expired::NoRecord)?;
    let rest = document.get(start..).unwrap_or_default();
    let binding: Binding = serde_json::Deserializer::from_str(rest)
        .into_iter()
        .next()
        .and_then(Result::ok)
        .ok_or(Expired::NoRecord)?;
    let plain = document.replacen(&binding.document, ZERO, 1);
    if digest(&[plain.as_bytes()]) == binding.document { Ok(binding) } else { Err(Expired::Edited) }
}

/// Holds a document against an image, and against answers and results where they are given. Returns every reason why it expired.
#[must_use]
pub fn expired(
    document: &str,
    image: &Identity,
    answers: Option<&[u8]>,
    tests: Option<&[u8]>,
) -> Vec<Expired> {
    let binding = match record(document) {
        Ok(binding) => binding,
        Err(error) => return vec![error],
    };
    let mut all = Vec::new();
    let mut expect = |holds: bool, reason: Expired| {
        if !holds {
            all.push(reason);
        }
    };
    expect(!binding.draft, Expired::Draft);
    expect(binding.tool == TOOL, Expired::Tool(binding.tool.clone()));
    expect(binding.image.code == image.code, Expired::Code);
    expect(binding.image.profile == image.profile, Expired::Profile);
    expect(answers.is_none_or(|a| digest(&[a]) == binding.answers), Expired::Answers);
    expect(tests.is_none_or(|t| Some(digest(&[t])) == binding.tests), Expired::Tests);
    all
}
