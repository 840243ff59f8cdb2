//! What the standard asks, from the built-in data: provisions, conditions, features, IXIT tables, mappings.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The provisions of both editions, paraphrased, with the confidence of each statement.
pub(crate) const PROVISIONS: &str = include_str!("../../data/provisions.toml");

/// An edition of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edition {
    /// V2.1.1 of 2020-06.
    #[serde(rename = "V2.1.1")]
    V2,
    /// V3.1.3 of 2024-09.
    #[serde(rename = "V3.1.3")]
    V3,
}

impl Edition {
    /// Returns the version as the standard writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "V2.1.1",
            Self::V3 => "V3.1.3",
        }
    }

    /// Returns the assessment specification that goes with it.
    #[must_use]
    pub const fn assessment(self) -> &'static str {
        match self {
            Self::V2 => "TS 103 701 V1.1.1 (2021-08)",
            Self::V3 => "TS 103 701 V2.1.1 (2025-05)",
        }
    }

    /// Returns the month of publication.
    #[must_use]
    pub const fn date(self) -> &'static str {
        match self {
            Self::V2 => "2020-06",
            Self::V3 => "2024-09",
        }
    }
}

/// All of the data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// About the data.
    pub meta: toml::Table,
    /// The numbered conditions of both editions.
    pub condition: Vec<Condition>,
    /// The lettered features of V3.1.3.
    pub feature: Vec<Condition>,
    /// The provisions.
    pub provision: Vec<Provision>,
    /// The IXIT tables.
    pub ixit: Vec<Table>,
    /// The requirements of EN 18031.
    pub en18031: Vec<Requirement>,
    /// The areas.
    pub area: Vec<AreaMap>,
}

/// A condition or a feature.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Its edition.
    pub edition: Edition,
    /// Its number or letter.
    pub id: String,
    /// What holds when it holds.
    pub text: String,
}

/// A provision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the data, which explains them")]
pub struct Provision {
    pub id: String,
    pub area: String,
    pub area_title: String,
    pub editions: Vec<Edition>,
    pub v2_status: Option<String>,
    pub v2_level: Option<String>,
    #[serde(default)]
    pub v2_conditions: Vec<u32>,
    pub v3_status: Option<String>,
    pub v3_level: Option<String>,
    #[serde(default)]
    pub v3_conditions: Vec<u32>,
    #[serde(default)]
    pub v3_features: Vec<String>,
    #[serde(default)]
    pub replaced_by: Vec<String>,
    pub derived_from: Option<String>,
    pub summary: String,
    pub v3_change: String,
    pub enforcement: Enforcement,
    pub mechanism: String,
    #[serde(default)]
    pub ixit_v1: Vec<String>,
    #[serde(default)]
    pub ixit_v2: Vec<String>,
    pub ixit_v2_basis: Option<String>,
    #[serde(default)]
    pub test_cases_v1: Vec<String>,
    #[serde(default)]
    pub test_cases_v2: Vec<String>,
    pub psti: Option<String>,
    #[serde(default)]
    pub en18031: Vec<String>,
    #[serde(default)]
    pub cra: Vec<String>,
    pub confidence: BTreeMap<String, String>,
    pub note: Option<String>,
}

/// Who can see to a provision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforcement {
    /// The firmware.
    Firmware,
    /// The firmware in part; the rest is the product's.
    Partial,
    /// The organisation.
    Organisational,
}

/// Mandatory or recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Mandatory.
    M,
    /// Recommended.
    R,
}

/// An IXIT table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the data")]
pub struct Table {
    pub number: u32,
    pub title: String,
    pub name_v1: String,
    pub fields_v1: Vec<String>,
    pub name_v2: String,
    pub fields_v2: Vec<String>,
    pub confidence: BTreeMap<String, String>,
}

/// A requirement of EN 18031.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the data")]
pub struct Requirement {
    pub id: String,
    pub title: String,
    pub parts: Vec<u32>,
    pub implementation_categories: Vec<String>,
    pub confidence: String,
}

/// What an area is in other rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are those of the data")]
pub struct AreaMap {
    pub id: String,
    pub title: String,
    pub psti: String,
    pub en18031: String,
    pub cra: String,
    pub nist_ir_8425: String,
    pub confidence: String,
}

impl Provision {
    /// Whether it is a row of Table B.1 of an edition. Provision 4-1 of V2.1.1 is in its text only.
    #[must_use]
    pub fn is_row(&self, edition: Edition) -> bool {
        self.editions.contains(&edition) && self.id != "4-1"
    }

    /// Returns its status in an edition, such as `M C (10)`.
    #[must_use]
    pub fn status(&self, edition: Edition) -> &str {
        match edition {
            Edition::V2 => self.v2_status.as_deref(),
            Edition::V3 => self.v3_status.as_deref(),
        }
        .unwrap_or("unknown")
    }

    /// Whether it is mandatory in an edition.
    #[must_use]
    pub fn level(&self, edition: Edition) -> Level {
        let level = match edition {
            Edition::V2 => self.v2_level.as_deref(),
            Edition::V3 => self.v3_level.as_deref(),
        };
        // What is not known to be a recommendation is taken for mandatory.
        if level == Some("R") { Level::R } else { Level::M }
    }

    /// Returns the numbers and letters that must all hold for it to apply.
    #[must_use]
    pub fn conditions(&self, edition: Edition) -> Vec<String> {
        let numbers = match edition {
            Edition::V2 => &self.v2_conditions,
            Edition::V3 => &self.v3_conditions,
        };
        let mut all: Vec<String> = numbers.iter().map(u32::to_string).collect();
        if edition == Edition::V3 {
            all.extend(self.v3_features.iter().cloned());
        }
        all
    }

    /// Returns the IXIT tables that it refers to, as `1-AuthMech`.
    #[must_use]
    pub fn ixit(&self, edition: Edition) -> &[String] {
        match edition {
            Edition::V2 => &self.ixit_v1,
            Edition::V3 => &self.ixit_v2,
        }
    }

    /// Returns the test cases that a laboratory runs, as far as they are known.
    #[must_use]
    pub fn test_cases(&self, edition: Edition) -> &[String] {
        match edition {
            Edition::V2 => &self.test_cases_v1,
            Edition::V3 => &self.test_cases_v2,
        }
    }

    /// Returns how sure the data is of its status in an edition.
    #[must_use]
    pub fn confidence(&self, edition: Edition) -> &str {
        let key = match edition {
            Edition::V2 => "v2_status",
            Edition::V3 => "v3_status",
        };
        self.confidence.get(key).map_or("?", String::as_str)
    }
}

impl Table {
    /// Returns its name in the assessment specification of an edition.
    #[must_use]
    pub fn name(&self, edition: Edition) -> &str {
        match edition {
            Edition::V2 => &self.name_v1,
            Edition::V3 => &self.name_v2,
        }
    }

    /// Returns its fields, without the explanations in brackets.
    pub fn fields(&self, edition: Edition) -> impl Iterator<Item = &str> {
        let fields = match edition {
            Edition::V2 => &self.fields_v1,
            Edition::V3 => &self.fields_v2,
        };
        fields.iter().map(|field| field.split(" (").next().unwrap_or(field))
    }

    /// Returns how sure the data is of its fields.
    #[must_use]
    pub fn confidence(&self, edition: Edition) -> &str {
        let key = match edition {
            Edition::V2 => "v1",
            Edition::V3 => "v2",
        };
        self.confidence.get(key).map_or("?", String::as_str)
    }
}

impl Standard {
    /// Returns the built-in data.
    ///
    /// # Panics
    ///
    /// When the built-in data does not parse; a test proves that it does.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built into the program and covered by a test")]
    pub fn get() -> &'static Self {
        static DATA: OnceLock<Standard> = OnceLock::new();
        DATA.get_or_init(|| toml::from_str(PROVISIONS).expect("the built-in provisions parse"))
    }

    /// Finds a provision.
    #[must_use]
    pub fn provision(&self, id: &str) -> Option<&Provision> {
        self.provision.iter().find(|p| p.id == id)
    }

    /// Finds a table by its number.
    #[must_use]
    pub fn table(&self, number: u32) -> Option<&Table> {
        self.ixit.iter().find(|t| t.number == number)
    }

    /// Returns the rows of Table B.1 of an edition, in order.
    pub fn rows(&self, edition: Edition) -> impl Iterator<Item = &Provision> {
        self.provision.iter().filter(move |p| p.is_row(edition))
    }

    /// Returns the conditions and features of an edition: numbers, then letters.
    pub fn conditions(&self, edition: Edition) -> impl Iterator<Item = &Condition> {
        self.condition
            .iter()
            .chain(&self.feature)
            .filter(move |condition| condition.edition == edition)
    }
}
