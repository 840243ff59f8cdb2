//! The conformance summary: what is compiled in, area by area, what is not, and what the maker has still to answer.

use anyhow::{Context, Result, bail};
use gabion::profile::{HEADER_LEN, section, section_len};
use gabion_cli::conformance::answers::{Answers, Support};
use gabion_cli::conformance::claim::{Basis, rows};
use gabion_cli::conformance::facts::facts;
use gabion_cli::conformance::profile::Profile;
use gabion_cli::conformance::{Edition, Finding, summary};
use serde_json::json;

use crate::profile::PROFILE;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// The profile as it stands in this executable.
static SECTION: [u8; section_len(&PROFILE)] = section(&PROFILE);

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(13, "What of EN 303 645 is compiled in, and what is not", "5.0-1");
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
    statement(teller)?;
    world.session(async |session| progress::done(session, teller, progress).await)?;
    teller.shows(
        "5.0",
        "conformance summary from the registries in the image",
        "gabion-cli/src/conformance.rs",
    );
    Ok(())
}

/// Holds the profile against the standard as `gabion ics` does, with no answers and no test results: what is left to say?
fn statement(teller: &mut Teller) -> Result<()> {
    let profile = Profile::parse(SECTION.get(HEADER_LEN..).context("the profile")?)?;
    let (answers, edition) = (Answers::default(), Edition::V3);
    let facts = facts(&profile, edition);
    let basis =
        Basis { profile: &profile, answers: &answers, results: None, facts: &facts, edition };
    let (rows, problems) = rows(&basis);
    let holds = facts.iter().filter(|fact| fact.holds).count();
    let claimed = rows.iter().filter(|row| row.support == Support::Y).count();
    let applicable = rows.iter().filter(|row| row.applies).count();
    if claimed > 0 {
        bail!("{claimed} rows are claimed with no answer and no test");
    }
    teller.data(json!({"statement": {
        "rows": rows.len(), "applicable": applicable, "claimed": claimed, "problems": problems.len(),
        "conditions": facts.len(), "hold": holds,
    }}));
    teller.say(&format!(
        "`gabion ics` on this executable: {holds} of {} conditions hold, {applicable} of {} rows apply, {claimed} are\n\
         claimed and {} problems are open: a mechanism that is compiled in is not a \"yes\", that needs the maker's\n\
         answers and the tests of the image that ships. The questions, and the whole statement once they are answered:\n  \
         gabion ics init target/debug/life -o answers.toml\n  \
         gabion ics tests target/debug/life -o results.jsonl\n  \
         gabion ics target/debug/life --answers answers.toml --edition v3 --tests results.jsonl -o ics.html\n\
         examples/ics-device is a lamp for which all of that was done.",
        facts.len(),
        rows.len(),
        problems.len(),
    ));
    Ok(())
}
