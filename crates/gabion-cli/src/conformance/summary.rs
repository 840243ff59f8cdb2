//! The first conformance summary: which provisions of EN 303 645 have a mechanism compiled in.
//!
//! It claims no *Y*. A mechanism that is compiled in is evidence for an answer, not the answer: the statement also needs the
//! maker's own answers, and the tests of this very image.

use std::collections::BTreeMap;

use gabion_profile::{Backing, Mechanism, Profile};
use serde::Serialize;

use super::standard::{Edition, Enforcement, Standard};

/// Why no summary could be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConformanceError {
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

/// Makes the summary of a profile for an edition.
///
/// # Errors
///
/// See [`ConformanceError`].
pub fn summary(profile: &Profile, edition: Edition) -> Result<Summary, ConformanceError> {
    let data = Standard::get();
    let served = by_provision(profile, data)?;
    let mut areas: Vec<Area> = Vec::new();
    let mut rows = Vec::new();
    for provision in data.provision.iter().filter(|p| p.editions.contains(&edition)) {
        let status = provision.status(edition).to_owned();
        let mechanisms = served.get(provision.id.as_str()).cloned().unwrap_or_default();
        let finding = match (mechanisms.is_empty(), provision.enforcement) {
            (false, _) => Finding::MechanismPresent,
            (true, Enforcement::Organisational) => Finding::Organisational,
            (true, _) => Finding::NoMechanism,
        };
        let area = match areas.iter_mut().position(|a| a.id == provision.area) {
            Some(at) => &mut areas[at],
            None => {
                areas.push(Area {
                    id: provision.area.clone(),
                    title: provision.area_title.clone(),
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
            provision: provision.id.clone(),
            status,
            summary: provision.summary.clone(),
            finding,
            mechanisms,
        });
    }
    Ok(Summary { edition, model: profile.device.model, areas, rows })
}

fn by_provision(
    profile: &Profile,
    data: &Standard,
) -> Result<BTreeMap<&'static str, Vec<Served>>, ConformanceError> {
    let mut served: BTreeMap<&'static str, Vec<Served>> = BTreeMap::new();
    let all: Vec<&Mechanism> = profile.mechanisms.iter().flat_map(|list| list.iter()).collect();
    for mechanism in all {
        for provision in mechanism.provisions {
            if data.provision(provision).is_none() {
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
