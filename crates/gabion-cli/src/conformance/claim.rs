//! Table B.1, row by row: what may be claimed, and everything that speaks against a claim.

use serde::Serialize;

use super::answers::{Answer, Answers, Problem, Support};
use super::evidence::{Outcome, Results, links};
use super::facts::Fact;
use super::profile::{Mechanism, Profile};
use super::standard::{Edition, Enforcement, Level, Provision, Standard};

/// A row of Table B.1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The provision.
    pub provision: String,
    /// Its area.
    pub area: String,
    /// The title of the area.
    pub area_title: String,
    /// Its status, as the pro forma writes it.
    pub status: String,
    /// Mandatory or recommended.
    pub level: Level,
    /// What it asks, in our words.
    pub summary: String,
    /// Who can see to it.
    pub enforcement: Enforcement,
    /// The conditions and features that it hangs on.
    pub conditions: Vec<String>,
    /// Whether all of them hold.
    pub applies: bool,
    /// What is claimed.
    pub support: Support,
    /// What was built; why not; why not applicable.
    pub detail: String,
    /// The maker's document.
    pub evidence: String,
    /// The mechanisms that are compiled in, and what each is worth.
    pub mechanisms: Vec<Use>,
    /// The IXIT tables.
    pub ixit: Vec<String>,
    /// Whether that list is sourced or inferred.
    pub ixit_basis: String,
    /// The laboratory's test cases, as far as they are known.
    pub test_cases: Vec<String>,
    /// How sure this tool is of the status.
    pub confidence: String,
    /// A doubt about the data, where there is one.
    pub doubt: String,
}

/// What a mechanism is worth for a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// What it does.
    pub detail: String,
    /// Whether it counts.
    pub counts: bool,
    /// What is missing, where it does not.
    pub missing: Vec<String>,
    /// What the chip gives for it.
    pub bound: Vec<String>,
    /// The tests that it names.
    pub evidence: String,
    /// How many of them passed.
    pub passed: usize,
}

/// Weighs a mechanism: is its feature on, its backend bound, and did its tests pass for this image? The second is whether a test
/// speaks against it.
fn weigh(profile: &Profile, results: Option<&Results>, mechanism: &Mechanism) -> (Use, bool) {
    let mut missing = Vec::new();
    if !mechanism.behind.is_empty()
        && !profile.features.iter().any(|f| f.on && f.name == mechanism.behind)
    {
        missing.push(format!("feature {} is not on", mechanism.behind));
    }
    let mut bound = Vec::new();
    for resource in &mechanism.needs {
        let of = |hardware: bool| {
            profile.backends.iter().find(move |b| b.resource == *resource && b.hardware == hardware)
        };
        match (of(true), of(false)) {
            (Some(backend), _) => {
                bound.push(format!("{resource}: {} ({})", backend.name, backend.detail))
            }
            (None, Some(backend)) => {
                missing.push(format!("its {resource} is {}, which is software", backend.name));
            }
            (None, None) => missing.push(format!("no backend is bound for its {resource}")),
        }
    }
    let mut passed = 0;
    let mut untested = false;
    match (links(&mechanism.evidence), results) {
        (Err(error), _) => {
            untested = true;
            missing.push(format!("its evidence cannot be read: {error}"));
        }
        (_, None) => {
            untested = true;
            missing.push("no test results were given for this image".to_owned());
        }
        (Ok(links), Some(results)) => {
            for link in links {
                let tests: Vec<_> = link.tests(results).collect();
                passed += tests.iter().filter(|t| t.result == Outcome::Passed).count();
                let against: Vec<String> = tests
                    .iter()
                    .filter(|t| t.result != Outcome::Passed)
                    .map(|t| {
                        let how =
                            if t.result == Outcome::Failed { "failed" } else { "did not run" };
                        format!("test {} {} {} {how}", t.package, t.target, t.name)
                    })
                    .collect();
                if tests.is_empty() {
                    untested = true;
                    missing.push(format!("no result for {link}"));
                }
                untested |= !against.is_empty();
                missing.extend(against);
            }
        }
    }
    let weighed = Use {
        name: mechanism.name.clone(),
        detail: mechanism.detail.clone(),
        counts: missing.is_empty(),
        missing,
        bound,
        evidence: mechanism.evidence.clone(),
        passed,
    };
    (weighed, untested)
}

/// Everything that the rows are made from.
pub struct Basis<'a> {
    /// The image's profile.
    pub profile: &'a Profile,
    /// The answers.
    pub answers: &'a Answers,
    /// The tests.
    pub results: Option<&'a Results>,
    /// The conditions and features.
    pub facts: &'a [Fact],
    /// The edition.
    pub edition: Edition,
}

/// Makes the rows of Table B.1, and says what is wrong.
#[must_use]
pub fn rows(basis: &Basis<'_>) -> (Vec<Row>, Vec<Problem>) {
    let mut problems = Vec::new();
    for mechanism in &basis.profile.mechanisms {
        for id in &mechanism.provisions {
            if Standard::get().provision(id).is_none() {
                problems.push(Problem {
                    file: "image".to_owned(),
                    line: None,
                    key: format!("mechanism {}", mechanism.name),
                    provision: Some(id.clone()),
                    message: "no edition has this provision".to_owned(),
                });
            }
        }
    }
    let rows = Standard::get()
        .rows(basis.edition)
        .map(|provision| basis.row(provision, &mut problems))
        .collect();
    (rows, problems)
}

impl Basis<'_> {
    fn row(&self, p: &Provision, problems: &mut Vec<Problem>) -> Row {
        let conditions = p.conditions(self.edition);
        let fails: Vec<&Fact> =
            self.facts.iter().filter(|f| conditions.contains(&f.id) && !f.holds).collect();
        let (mechanisms, untested): (Vec<Use>, Vec<bool>) = self
            .profile
            .mechanisms
            .iter()
            .filter(|m| m.provisions.contains(&p.id))
            .map(|m| weigh(self.profile, self.results, m))
            .unzip();
        let mut row = Row {
            provision: p.id.clone(),
            area: p.area.clone(),
            area_title: p.area_title.clone(),
            status: p.status(self.edition).to_owned(),
            level: p.level(self.edition),
            summary: p.summary.clone(),
            enforcement: p.enforcement,
            conditions,
            applies: fails.is_empty(),
            support: Support::N,
            detail: String::new(),
            evidence: String::new(),
            mechanisms,
            ixit: p.ixit(self.edition).to_vec(),
            ixit_basis: match self.edition {
                Edition::V2 => "sourced".to_owned(),
                Edition::V3 => p.ixit_v2_basis.clone().unwrap_or_else(|| "unknown".to_owned()),
            },
            test_cases: p.test_cases(self.edition).to_vec(),
            confidence: p.confidence(self.edition).to_owned(),
            doubt: if self.edition == Edition::V3 {
                p.note.clone().unwrap_or_default()
            } else {
                String::new()
            },
        };
        let answer = self.answers.answer(&p.id, self.edition);
        if row.applies {
            self.applicable(&mut row, answer, untested.contains(&true), problems);
        } else {
            self.not_applicable(&mut row, answer, &fails, problems);
        }
        row
    }

    fn problem(&self, row: &Row, answer: Option<&Answer>, key: &str, message: String) -> Problem {
        Problem {
            file: self.answers.file.clone(),
            line: answer.map(|a| a.line),
            key: format!("provision.\"{}\"{key}", row.provision),
            provision: Some(row.provision.clone()),
            message,
        }
    }

    fn not_applicable(
        &self,
        row: &mut Row,
        answer: Option<&Answer>,
        fails: &[&Fact],
        problems: &mut Vec<Problem>,
    ) {
        let why: Vec<String> =
            fails.iter().map(|f| format!("({}) does not hold: {}", f.id, f.why)).collect();
        row.support = Support::NotApplicable;
        row.detail = why.join("; ");
        let Some(answer) = answer else { return };
        if answer.support != Support::NotApplicable {
            problems.push(self.problem(
                row,
                Some(answer),
                ".support",
                format!(
                    "answered {}, but does not apply: {}; answer N/A or leave the entry out",
                    answer.support.as_str(),
                    row.detail
                ),
            ));
        }
        if !answer.detail.is_empty() {
            row.detail = format!("{}. {}", row.detail, answer.detail);
        }
        row.evidence.clone_from(&answer.evidence);
    }

    fn applicable(
        &self,
        row: &mut Row,
        answer: Option<&Answer>,
        untested: bool,
        problems: &mut Vec<Problem>,
    ) {
        let counting = row.mechanisms.iter().any(|m| m.counts) && !untested;
        let built: Vec<String> =
            row.mechanisms.iter().filter(|m| m.counts).map(|m| m.detail.clone()).collect();
        let Some(answer) = answer else {
            // What firmware does on its own, and proves, needs no answer.
            if row.enforcement == Enforcement::Firmware && counting {
                row.support = Support::Y;
                row.detail = sentences(&built);
            } else {
                let message = match row.enforcement {
                    Enforcement::Firmware if row.mechanisms.is_empty() => {
                        "no answer, and no mechanism for it is in the image".to_owned()
                    }
                    Enforcement::Firmware => {
                        format!(
                            "no answer, and the mechanisms in the image do not prove it: {}",
                            missing(row)
                        )
                    }
                    Enforcement::Partial => {
                        "no answer; firmware sees to it in part only".to_owned()
                    }
                    Enforcement::Organisational => {
                        "no answer; firmware cannot see to it".to_owned()
                    }
                };
                problems.push(self.problem(row, None, "", message));
            }
            return;
        };
        row.support = answer.support;
        row.detail.clone_from(&answer.detail);
        row.evidence.clone_from(&answer.evidence);
        match answer.support {
            Support::NotApplicable => {
                let message = if row.conditions.is_empty() {
                    "answered N/A, but its status has no condition, so it always applies".to_owned()
                } else {
                    let holds: Vec<String> = self
                        .facts
                        .iter()
                        .filter(|f| row.conditions.contains(&f.id))
                        .map(|f| format!("({}) holds: {}", f.id, f.why))
                        .collect();
                    format!("answered N/A, but it applies: {}", holds.join("; "))
                };
                problems.push(self.problem(row, Some(answer), ".support", message));
            }
            Support::N if row.level == Level::M => {
                let message = "mandatory and answered N: the product does not conform".to_owned();
                problems.push(self.problem(row, Some(answer), ".support", message));
            }
            Support::N if answer.detail.is_empty() => {
                let message =
                    "a recommendation is answered N without a reason (4-1, 5.0-1)".to_owned();
                problems.push(self.problem(row, Some(answer), ".detail", message));
            }
            Support::N => {}
            Support::Y => self.claimed(row, answer, counting, untested, built, problems),
        }
    }

    fn claimed(
        &self,
        row: &mut Row,
        answer: &Answer,
        counting: bool,
        untested: bool,
        built: Vec<String>,
        problems: &mut Vec<Problem>,
    ) {
        // A test that failed or did not run speaks against the claim, whoever else speaks for it.
        if !row.mechanisms.is_empty() && untested {
            let message = format!("answered Y, but {}", missing(row));
            problems.push(self.problem(row, Some(answer), ".support", message));
        } else if row.enforcement == Enforcement::Firmware && !counting {
            let message = if row.mechanisms.is_empty() {
                "answered Y, but no mechanism for it is in the image".to_owned()
            } else {
                format!("answered Y, but {}", missing(row))
            };
            problems.push(self.problem(row, Some(answer), ".support", message));
        } else if row.enforcement == Enforcement::Partial && !counting && answer.evidence.is_empty()
        {
            let message = if row.mechanisms.is_empty() {
                "answered Y without a mechanism in the image; name the document that shows it"
                    .to_owned()
            } else {
                format!("answered Y, but {}; or name the document that shows it", missing(row))
            };
            problems.push(self.problem(row, Some(answer), ".evidence", message));
        }
        if answer.detail.is_empty() && row.enforcement != Enforcement::Firmware {
            let message = "answered Y without saying what was done".to_owned();
            problems.push(self.problem(row, Some(answer), ".detail", message));
        }
        let mut all: Vec<String> = Vec::new();
        if !answer.detail.is_empty() {
            all.push(answer.detail.clone());
        }
        all.extend(built);
        row.detail = sentences(&all);
    }
}

/// Puts phrases and sentences together as sentences.
fn sentences(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        let mut chars = part.trim().chars();
        let Some(first) = chars.next() else { continue };
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(first.to_uppercase());
        out.push_str(chars.as_str());
        if !part.ends_with(['.', '!', '?']) {
            out.push('.');
        }
    }
    out
}

/// Says what is missing, mechanism by mechanism.
fn missing(row: &Row) -> String {
    let all: Vec<String> = row
        .mechanisms
        .iter()
        .filter(|m| !m.counts)
        .map(|m| format!("mechanism {} does not count: {}", m.name, m.missing.join(", ")))
        .collect();
    all.join("; ")
}
