//! The answers of the maker: a TOML file, read strictly, with the line of everything that is wrong.

use std::collections::BTreeMap;
use std::fmt;

mod read;

use serde::{Deserialize, Serialize};

use super::standard::Edition;

/// Something that is wrong, where, and for which provision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file; `image` for what the image says.
    pub file: String,
    /// The line, where there is one.
    pub line: Option<usize>,
    /// The key in the file, or the item in the image.
    pub key: String,
    /// The provision that it is about.
    pub provision: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        if let Some(provision) = &self.provision {
            write!(f, "provision {provision}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// What a row of Table B.1 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Support {
    /// Supported.
    Y,
    /// Not supported.
    N,
    /// Not applicable.
    #[serde(rename = "N/A")]
    NotApplicable,
}

impl Support {
    /// Returns the word of the pro forma.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Y => "Y",
            Self::N => "N",
            Self::NotApplicable => "N/A",
        }
    }
}

/// The answer for a provision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What is claimed.
    pub support: Support,
    /// What was built, or why not.
    pub detail: String,
    /// The document that shows it.
    pub evidence: String,
    /// The line of it.
    pub line: usize,
}

/// A text with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The line.
    pub line: usize,
}

/// A row of an IXIT table: texts by key.
pub type Cells = BTreeMap<String, Text>;

/// Who declares, for which product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the file")]
pub struct Declaration {
    pub model: String,
    pub batch: String,
    pub address: String,
    pub signatory: String,
    pub function: String,
    pub place: String,
    pub date: String,
}

/// All answers.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// The file's name, for messages.
    pub file: String,
    /// Digest of the file.
    pub digest: String,
    /// Who declares.
    pub declaration: Declaration,
    /// The line of the model.
    pub model_line: usize,
    /// The maker's own view of conditions and features.
    pub conditions: BTreeMap<(&'static str, String), (bool, usize)>,
    /// The answers, by provision, for both editions.
    pub provisions: BTreeMap<String, Answer>,
    /// The answers for one edition alone; they go before the others.
    pub of_edition: BTreeMap<(String, &'static str), Answer>,
    /// IXIT tables with one record.
    pub records: BTreeMap<&'static str, Cells>,
    /// IXIT tables with rows.
    pub rows: BTreeMap<&'static str, Vec<Cells>>,
    /// The lines of the tables.
    pub lines: BTreeMap<&'static str, usize>,
}

const EDITIONS: [(&str, Edition); 2] = [("v2", Edition::V2), ("v3", Edition::V3)];

impl Answers {
    /// Returns the answer for a provision in an edition.
    #[must_use]
    pub fn answer(&self, provision: &str, edition: Edition) -> Option<&Answer> {
        self.of_edition
            .get(&(provision.to_owned(), edition.as_str()))
            .or_else(|| self.provisions.get(provision))
    }
}

/// Tables that the maker fills, by number, and whether they are one record.
pub const ANSWERED: [(u32, bool); 11] = [
    (2, true),
    (3, false),
    (4, true),
    (5, false),
    (8, false),
    (9, true),
    (14, false),
    (16, false),
    (17, false),
    (18, false),
    (19, false),
];

/// Fields of the answered tables that the image fills.
pub const FROM_IMAGE: [&str; 3] =
    ["Model Designation", "Support Period", "Publication of Vulnerability Disclosure Policy"];

/// Makes the key of a field: `Time Frame` is `time_frame`.
#[must_use]
pub fn key_of(field: &str) -> String {
    field
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect()
}

/// Whether a text only stands for one that is to come.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let plain = text.trim().trim_matches(|c: char| !c.is_alphanumeric() && c != '?').to_lowercase();
    matches!(
        plain.as_str(),
        "" | "?" | "todo" | "tbd" | "tbc" | "fixme" | "xxx" | "n/a" | "none" | "yes" | "no" | "-"
    )
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    if (year.len(), month.len(), day.len()) != (4, 2, 2)
        || !text.bytes().all(|b| b == b'-' || b.is_ascii_digit())
    {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) =
        (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>())
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
