//! The first conformance summary: which provisions of EN 303 645 have a mechanism compiled in.
//!
//! It claims no *Y*. A mechanism that is compiled in is evidence for an answer, not the answer: the statement also needs the
//! maker's own answers, and the tests of this very image.

use std::collections::BTreeMap;

use gabion_profile::{Backing, Mechanism, Profile};
use serde::{Deserialize, Serialize};

/// The provisions of both editions, paraphrased, with the confidence of each statement.
const PROVISIONS: &str = include_str!("../data/provisions.toml");

/// An edition of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
}

/// Why no summary could be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConformanceError {
    /// The built-in data does not parse: a bug in this tool.
    Data(toml::de::Error),
    /// A mechanism names a provision that neither edition has. Correct the mechanism.
    UnknownProvision {
        /// The mechanism.
        mechanism: &'static str,
        /// What it names.
        provision: &'static str,
    },
}

impl std::fmt::Display for ConformanceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data(e) => write!(f, "built-in provisions do not parse: {e}"),
            Self::UnknownProvision { mechanism, provision } => {
                write!(f, "mechanism {mechanism} names provision {provision}, which no edition has")
            }
        }
    }
}

impl std::error::Error for ConformanceError {}

/// What can be said of one provision from the registries alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// At least one mechanism that serves it is compiled in.
    MechanismPresent,
    /// Firmware should serve it and no mechanism does yet.
    NoMechanism,
    /// The organisation answers it; firmware cannot.
    Organisational,
}

/// One provision of the summary.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its number, such as `5.4-1`.
    pub provision: String,
    /// Its status in the edition, such as `M C (10)`.
    pub status: String,
    /// What it asks, in our words.
    pub summary: String,
    /// What can be said.
    pub finding: Finding,
    /// The mechanisms, with their evidence.
    pub mechanisms: Vec<Served>,
}

/// A mechanism that serves a provision.
#[derive(Debug, Clone, Serialize)]
pub struct Served {
    /// Its stable name.
    pub name: &'static str,
    /// What it does.
    pub detail: &'static str,
    /// The test that shows it.
    pub evidence: &'static str,
    /// Whether it stands on hardware.
    pub hardware: bool,
}

/// How an area stands.
#[derive(Debug, Clone, Serialize)]
pub struct Area {
    /// Its number.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Provisions with a mechanism.
    pub present: usize,
    /// Provisions without one.
    pub missing: usize,
    /// Provisions for the organisation.
    pub organisational: usize,
}

/// The summary of a device.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The edition.
    pub edition: Edition,
    /// The model.
    pub model: &'static str,
    /// The areas, in order.
    pub areas: Vec<Area>,
    /// The provisions, in order.
    pub rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Data {
    provision: Vec<Provision>,
}

#[derive(Deserialize)]
struct Provision {
    id: String,
    area: String,
    area_title: String,
    editions: Vec<String>,
    v2_status: Option<String>,
    v3_status: Option<String>,
    summary: String,
    enforcement: String,
}

/// Makes the summary of a profile for an edition.
///
/// # Errors
///
/// See [`ConformanceError`].
pub fn summary(profile: &Profile, edition: Edition) -> Result<Summary, ConformanceError> {
    let data: Data = toml::from_str(PROVISIONS).map_err(ConformanceError::Data)?;
    let served = by_provision(profile, &data)?;
    let mut areas: Vec<Area> = Vec::new();
    let mut rows = Vec::new();
    for provision in data.provision {
        if !provision.editions.iter().any(|e| e == edition.as_str()) {
            continue;
        }
        let status = match edition {
            Edition::V2 => provision.v2_status,
            Edition::V3 => provision.v3_status,
        }
        .unwrap_or_else(|| "unknown".to_owned());
        let mechanisms = served.get(provision.id.as_str()).cloned().unwrap_or_default();
        let finding = match (mechanisms.is_empty(), provision.enforcement.as_str()) {
            (false, _) => Finding::MechanismPresent,
            (true, "organisational") => Finding::Organisational,
            (true, _) => Finding::NoMechanism,
        };
        let area = match areas.iter_mut().position(|a| a.id == provision.area) {
            Some(at) => &mut areas[at],
            None => {
                areas.push(Area {
                    id: provision.area,
                    title: provision.area_title,
                    present: 0,
                    missing: 0,
                    organisational: 0,
                });
                let last = areas.len() - 1;
                &mut areas[last]
            }
        };
        match finding {
            Finding::MechanismPresent => area.present += 1,
            Finding::NoMechanism => area.missing += 1,
            Finding::Organisational => area.organisational += 1,
        }
        rows.push(Row {
            provision: provision.id,
            status,
            summary: provision.summary,
            finding,
            mechanisms,
        });
    }
    Ok(Summary { edition, model: profile.device.model, areas, rows })
}

fn by_provision(
    profile: &Profile,
    data: &Data,
) -> Result<BTreeMap<&'static str, Vec<Served>>, ConformanceError> {
    let mut served: BTreeMap<&'static str, Vec<Served>> = BTreeMap::new();
    let all: Vec<&Mechanism> = profile.mechanisms.iter().flat_map(|list| list.iter()).collect();
    for mechanism in all {
        for provision in mechanism.provisions {
            if !data.provision.iter().any(|p| p.id == *provision) {
                return Err(ConformanceError::UnknownProvision {
                    mechanism: mechanism.name,
                    provision,
                });
            }
            served.entry(provision).or_default().push(Served {
                name: mechanism.name,
                detail: mechanism.detail,
                evidence: mechanism.evidence,
                hardware: mechanism.backing >= Backing::Hardware,
            });
        }
    }
    Ok(served)
}
