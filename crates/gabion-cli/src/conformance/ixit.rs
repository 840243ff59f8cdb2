//! The 29 IXIT tables of TS 103 701, either edition, from the registries and the answers.

mod registered;

use serde::Serialize;

use super::answers::{ANSWERED, Answers, Cells, Problem, Support, key_of};
use super::claim::Row;
use super::profile::Profile;
use super::standard::{Edition, Standard, Table as Shape};

/// A filled table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its number.
    pub number: u32,
    /// Its name in the edition.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whether it is one record, not rows.
    pub record: bool,
    /// Where its content comes from.
    pub source: Source,
    /// Its fields.
    pub fields: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
    /// Why it is empty, where it is.
    pub empty: String,
    /// How sure this tool is of its fields.
    pub confidence: String,
    /// The provisions that refer to it.
    pub used_by: Vec<String>,
}

/// Where a table's content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The registries in the image.
    Image,
    /// The maker's answers.
    Answers,
}

/// The fields of one-record tables, and the provisions for which each is needed.
const NEEDED: [(u32, &str, &[&str]); 20] = [
    (2, "Documentation of Change Mechanisms", &["5.1-4"]),
    (2, "Publication of Vulnerability Disclosure Policy", &["5.2-1"]),
    (2, "Publication of Support Period", &["5.3-13"]),
    (2, "Support Period", &["5.3-13"]),
    (2, "Publication of Non-Updatable", &["5.3-14"]),
    (2, "Documentation of Replacement", &["5.3-14", "5.3-15", "5.3-15B"]),
    (2, "Model Designation", &["5.3-16"]),
    (2, "Documentation of Sensors", &["5.8-3"]),
    (2, "Documentation of Secure Setup", &["5.12-2"]),
    (2, "Documentation of Setup Check", &["5.12-3"]),
    (2, "Documentation of Maintenance Check", &["5.12-3"]),
    (2, "Documentation of Personal Data", &["6-1"]),
    (2, "Documentation of Telemetry Data", &["6-5"]),
    (2, "Documentation of Deletion", &["5.11-3"]),
    (4, "Confirmation of Vulnerability Actions", &["5.2-2"]),
    (4, "Confirmation of Vulnerability Monitoring", &["5.2-3"]),
    (4, "Confirmation of Update Procedures", &["5.3-8"]),
    (4, "Confirmation of Secure Management", &["5.5-8"]),
    (4, "Confirmation of Secure Development", &["5.6-9"]),
    (9, "Isolation", &["5.3-15", "5.3-15A"]),
];
const REPLACEMENT: (u32, &str, &[&str]) = (9, "Hardware Replacement", &["5.3-15", "5.3-15B"]);

/// Fills all tables.
#[must_use]
pub fn tables(
    profile: &Profile,
    answers: &Answers,
    rows: &[Row],
    edition: Edition,
) -> (Vec<Table>, Vec<Problem>) {
    let filler = Filler { profile, answers, rows, edition };
    let mut problems = Vec::new();
    let tables =
        Standard::get().ixit.iter().map(|shape| filler.table(shape, &mut problems)).collect();
    (tables, problems)
}

struct Filler<'a> {
    profile: &'a Profile,
    answers: &'a Answers,
    rows: &'a [Row],
    edition: Edition,
}

/// The cells of one row, by field.
type Line = Vec<(&'static str, String)>;

impl Filler<'_> {
    fn table(&self, shape: &Shape, problems: &mut Vec<Problem>) -> Table {
        let name = shape.name(self.edition).to_owned();
        let reference = format!("{}-{name}", shape.number);
        let users: Vec<&Row> =
            self.rows.iter().filter(|row| row.ixit.contains(&reference)).collect();
        let answered = ANSWERED.iter().find(|(number, _)| *number == shape.number);
        let mut table = Table {
            number: shape.number,
            title: shape.title.clone(),
            record: answered.is_some_and(|(_, record)| *record),
            source: if answered.is_some() { Source::Answers } else { Source::Image },
            fields: shape.fields(self.edition).map(str::to_owned).collect(),
            rows: Vec::new(),
            empty: String::new(),
            confidence: shape.confidence(self.edition).to_owned(),
            used_by: users.iter().map(|row| row.provision.clone()).collect(),
            name,
        };
        match answered {
            Some((_, true)) => self.record(shape, &mut table, problems),
            Some((_, false)) => self.answered(shape, &mut table, &users, problems),
            None => {
                for line in self.registered(shape.number) {
                    let cell = |field: &String| {
                        let found = line.iter().find(|(name, _)| name == field);
                        found.map_or_else(|| "-".to_owned(), |(_, text)| text.clone())
                    };
                    let cells: Vec<String> = table.fields.iter().map(cell).collect();
                    table.rows.push(cells);
                }
            }
        }
        if table.rows.is_empty() {
            table.empty = match answered {
                None => "The image registers no such item.".to_owned(),
                Some(_) => {
                    let none = users.iter().all(|row| row.support != Support::Y);
                    if none {
                        "No provision that refers to it is answered Y.".to_owned()
                    } else {
                        "The answers hold no entry.".to_owned()
                    }
                }
            };
        }
        table
    }

    fn problem(
        &self,
        line: Option<usize>,
        key: String,
        provision: Option<String>,
        message: String,
    ) -> Problem {
        Problem { file: self.answers.file.clone(), line, key, provision, message }
    }

    /// Rows that the maker answered. They must be there when a provision that refers to them is claimed.
    fn answered(
        &self,
        shape: &Shape,
        table: &mut Table,
        users: &[&Row],
        problems: &mut Vec<Problem>,
    ) {
        let rows: &[Cells] =
            self.answers.rows.get(shape.name_v1.as_str()).map_or(&[], Vec::as_slice);
        for row in rows {
            let cells = table.fields.iter().map(|field| {
                row.get(&key_of(field)).map_or_else(|| "-".to_owned(), |t| t.text.clone())
            });
            table.rows.push(cells.collect());
        }
        if let (true, Some(user)) =
            (rows.is_empty(), users.iter().find(|row| row.support == Support::Y))
        {
            problems.push(self.problem(
                None,
                format!("ixit.{}", table.name),
                Some(user.provision.clone()),
                format!("answered Y, but IXIT {}-{} has no row", table.number, table.name),
            ));
        }
    }

    fn record(&self, shape: &Shape, table: &mut Table, problems: &mut Vec<Problem>) {
        let cells = self.answers.records.get(shape.name_v1.as_str());
        let line = self.answers.lines.get(shape.name_v1.as_str()).copied();
        let device = &self.profile.device;
        let mut row = Vec::new();
        for field in &table.fields {
            let from_image = match field.as_str() {
                "Model Designation" => Some(device.model.clone()),
                "Support Period" => Some(format!("until {}", device.support_until)),
                "Publication of Vulnerability Disclosure Policy" => {
                    Some(format!("{}; reports to {}", device.policy_url, device.security_contact))
                }
                _ => None,
            };
            let given = cells.and_then(|cells| cells.get(&key_of(field))).map(|t| t.text.clone());
            let needs: Vec<&str> = NEEDED
                .iter()
                .chain([&REPLACEMENT])
                .filter(|(number, name, _)| *number == shape.number && name == field)
                .flat_map(|(_, _, provisions)| provisions.iter().copied())
                .filter(|id| self.rows.iter().any(|row| row.provision == *id))
                .collect();
            let of = |support: Support| {
                self.rows
                    .iter()
                    .find(|r| needs.contains(&r.provision.as_str()) && r.support == support)
            };
            row.push(match (from_image.or(given), of(Support::Y)) {
                (Some(text), _) => text,
                (None, Some(user)) => {
                    problems.push(self.problem(
                        line,
                        format!("ixit.{}.{}", table.name, key_of(field)),
                        Some(user.provision.clone()),
                        format!(
                            "answered Y, but IXIT {}-{} does not say: {field}",
                            table.number, table.name
                        ),
                    ));
                    String::new()
                }
                (None, None) if of(Support::NotApplicable).is_some() => {
                    let verb = if needs.len() == 1 { "does" } else { "do" };
                    format!("not applicable: {} {verb} not apply", needs.join(", "))
                }
                (None, None) => format!("not claimed: {}", needs.join(", ")),
            });
        }
        table.rows.push(row);
    }
}
