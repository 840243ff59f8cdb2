//! The conformance summary: what is compiled in, area by area, and what is not.

use anyhow::Result;
use gabion_cli::conformance::{Edition, Finding, summary};
use serde_json::json;

use crate::profile::PROFILE;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(11, "What of EN 303 645 is compiled in, and what is not", "5.0-1");
    for edition in [Edition::V2, Edition::V3] {
        let summary = summary(&PROFILE, edition)?;
        let count = |f: Finding| summary.rows.iter().filter(|r| r.finding == f).count();
        teller.say(&format!(
            "{}: {} provisions; {} have a mechanism compiled in, {} have none yet, {} are for the organisation.",
            edition.as_str(),
            summary.rows.len(),
            count(Finding::MechanismPresent),
            count(Finding::NoMechanism),
            count(Finding::Organisational),
        ));
        teller.data(json!({"conformance": &summary}));
        if edition == Edition::V3 {
            for area in &summary.areas {
                teller.say(&format!(
                    "  {:<5} {:<52} {:>2} present {:>2} missing {:>2} organisation",
                    area.id, area.title, area.present, area.missing, area.organisational
                ));
            }
            let missing: Vec<&str> = summary
                .rows
                .iter()
                .filter(|r| r.finding == Finding::NoMechanism)
                .map(|r| r.provision.as_str())
                .collect();
            teller.say(&format!("No mechanism yet: {}.", missing.join(", ")));
        }
    }
    teller.say(
        "A mechanism that is compiled in is not a \"yes\": that needs the maker's answers and the\n\
         tests of the image that ships. No provision is claimed here.",
    );
    world.session(async |session| progress::done(session, teller, progress).await)?;
    teller.shows(
        "5.0",
        "first conformance summary from the registries",
        "gabion-cli/src/conformance.rs",
    );
    Ok(())
}
