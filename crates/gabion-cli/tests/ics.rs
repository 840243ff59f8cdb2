//! The statement of the lamp, for both editions: complete, exact, and gone when something changes.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[macro_use]
mod ics_support;

use std::collections::BTreeSet;
use std::fmt::Write;

use gabion_cli::conformance::Edition;
use gabion_cli::conformance::answers::Support;
use gabion_cli::conformance::diff::diff;
use gabion_cli::conformance::evidence::{Outcome, Results};
use gabion_cli::conformance::image::Image;
use gabion_cli::conformance::render::{self, Format};
use gabion_cli::conformance::run::results;
use gabion_cli::conformance::sheet::{Kind, SheetError, sheet};
use gabion_cli::conformance::standard::Standard;
use gabion_cli::conformance::statement::{Expired, Statement, expired};
use gabion_profile::{Backend, Backing, Profile, Resource};
use ics_device::{PROFILE, WITHOUT_TELEMETRY};
use ics_support::{all_pass, image, lamp_answers, passed};

const EDITIONS: [Edition; 2] = [Edition::V2, Edition::V3];

fn lamp() -> Image {
    image(section!(PROFILE))
}

fn statement(image: &Image, edition: Edition) -> Statement {
    Statement::make(image, &lamp_answers(), Some(&passed(image)), edition)
}

fn conformant(edition: Edition) -> Statement {
    let made = statement(&lamp(), edition);
    let problems: Vec<String> = made.problems.iter().map(ToString::to_string).collect();
    assert!(made.conforms(), "{problems:#?}");
    made
}

#[test]
fn the_built_in_data_is_complete() {
    let s = Standard::get();
    assert_eq!(s.provision.len(), 85);
    assert_eq!(s.condition.len() + s.feature.len(), 45);
    assert_eq!(s.ixit.len(), 29);
    assert_eq!(s.en18031.len(), 48);
    assert_eq!(s.area.len(), 15);
    assert_eq!(s.rows(Edition::V2).count(), 67);
    assert_eq!(s.rows(Edition::V3).count(), 78);
    for edition in EDITIONS {
        let known: BTreeSet<String> = s.conditions(edition).map(|c| c.id.clone()).collect();
        let tables: BTreeSet<String> =
            s.ixit.iter().map(|t| format!("{}-{}", t.number, t.name(edition))).collect();
        for row in s.rows(edition) {
            for condition in row.conditions(edition) {
                assert!(known.contains(&condition), "{} hangs on {condition}", row.id);
                assert!(
                    row.status(edition).contains(&condition),
                    "{} {}",
                    row.id,
                    row.status(edition)
                );
            }
            for table in row.ixit(edition) {
                assert!(tables.contains(table), "{} refers to {table}", row.id);
            }
            assert!(["A", "B", "C", "D"].contains(&row.confidence(edition)), "{}", row.id);
            assert!(row.status(edition).starts_with(&format!("{:?}", row.level(edition))));
        }
    }
}

#[test]
fn the_lamp_conforms_to_both_editions_with_every_row_and_every_table() {
    for (edition, rows) in [(Edition::V2, 67), (Edition::V3, 78)] {
        let made = conformant(edition);
        assert_eq!(made.rows.len(), rows);
        assert_eq!(made.tables.len(), 29);
        for row in &made.rows {
            assert!(!row.detail.is_empty(), "{} says nothing", row.provision);
            assert!(row.applies || row.support == Support::NotApplicable);
            assert!(!row.applies || row.support != Support::NotApplicable);
        }
        for table in &made.tables {
            assert!(!table.rows.is_empty() || !table.empty.is_empty());
            for row in &table.rows {
                assert_eq!(row.len(), table.fields.len());
                assert!(
                    row.iter().all(|cell| !cell.trim().is_empty() && cell != "-"),
                    "{} {row:?}",
                    table.name
                );
            }
        }
    }
}

/// Provision, status, support: one line a row. What the crates say of themselves may change; what is claimed may not, unseen.
#[test]
fn the_lamp_claims_what_the_snapshot_says() {
    for edition in EDITIONS {
        let made = conformant(edition);
        let mut text = String::new();
        for row in &made.rows {
            let _ = writeln!(text, "{} | {} | {}", row.provision, row.status, row.support.as_str());
        }
        for table in &made.tables {
            let empty = if table.rows.is_empty() { "empty" } else { "filled" };
            let _ = writeln!(
                text,
                "{}-{} | {} | {empty}",
                table.number,
                table.name,
                table.fields.join(", ")
            );
        }
        same_as_snapshot(&format!("lamp-{}.txt", edition.as_str()), &text);
    }
}

pub(crate) fn same_as_snapshot(name: &str, text: &str) {
    let path = format!("{}/tests/data/ics/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("GABION_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, kept, "{path} differs; GABION_UPDATE_SNAPSHOTS=1 writes it anew");
}

/// The provisions whose rows differ.
fn changed(a: &Statement, b: &Statement) -> Vec<String> {
    a.rows.iter().zip(&b.rows).filter(|(x, y)| x != y).map(|(x, _)| x.provision.clone()).collect()
}

#[test]
fn telemetry_changes_exactly_the_rows_about_telemetry() {
    let without = image(section!(WITHOUT_TELEMETRY));
    for edition in EDITIONS {
        let mut answers = lamp_answers();
        // The maker's answers follow: the rows do not apply any more.
        for id in ["5.10-1", "6-4", "6-5"] {
            answers.provisions.remove(id);
        }
        answers.conditions.clear();
        let with = conformant(edition);
        let after = Statement::make(&without, &answers, Some(&passed(&without)), edition);
        assert!(after.conforms(), "{:#?}", after.problems);
        assert_eq!(changed(&with, &after), ["5.10-1", "6-4", "6-5"]);
        for id in ["5.10-1", "6-4", "6-5"] {
            assert_eq!(after.row(id).unwrap().support, Support::NotApplicable);
        }
        let tables: Vec<u32> = with
            .tables
            .iter()
            .zip(&after.tables)
            .filter(|(a, b)| a.rows != b.rows)
            .map(|(a, _)| a.number)
            .collect();
        assert_eq!(tables, [24]);
    }
    let diff = diff(&lamp(), &without);
    assert!(!diff.code);
    let rows: BTreeSet<&str> = diff.rows.iter().map(|c| c.item.as_str()).collect();
    assert_eq!(rows, BTreeSet::from(["5.10-1", "6-4", "6-5"]));
    assert_eq!(diff.changes.len(), 1);
    assert_eq!(
        (diff.changes[0].registry.as_str(), diff.changes[0].what.as_str()),
        ("telemetry", "removed")
    );
}

#[test]
fn a_root_key_in_software_takes_the_claims_that_stand_on_it() {
    const SOFT_BACKENDS: &[Backend] = &[
        Backend::new("flash-key", Resource::RootKey, Backing::Software, "a key in flash"),
        PROFILE.backends[1],
        PROFILE.backends[2],
        PROFILE.backends[3],
        PROFILE.backends[4],
    ];
    const SOFT: Profile = PROFILE.backends(SOFT_BACKENDS);
    assert_eq!(SOFT.backends[1].resource, Resource::MonotonicCounter);
    let soft = image(section!(SOFT));
    let made = statement(&soft, Edition::V3);
    assert!(!made.conforms());
    let problem = made.problems.iter().find(|p| p.provision.as_deref() == Some("5.4-1")).unwrap();
    assert!(problem.message.contains("its root key is flash-key, which is software"), "{problem}");
    // A row that has another mechanism, which needs no root key, still stands.
    assert_eq!(made.row("5.7-1").unwrap().support, Support::Y);
    let only = changed(&statement(&lamp(), Edition::V3), &made);
    for id in &only {
        let row = made.row(id).unwrap();
        assert!(
            row.mechanisms.iter().any(|m| m.missing.iter().any(|w| w.contains("flash-key"))),
            "{id}"
        );
    }
    assert!(only.iter().any(|id| id == "5.4-1"));
}

#[test]
fn without_results_nothing_counts() {
    let made = Statement::make(&lamp(), &lamp_answers(), None, Edition::V3);
    assert!(!made.conforms());
    assert!(made.problems[0].message.contains("no test results were given"));
    assert!(made.rows.iter().flat_map(|row| &row.mechanisms).all(|m| !m.counts));
}

#[test]
fn a_failed_an_ignored_and_a_missing_test_each_take_the_claim() {
    let lamp = lamp();
    let cases: [(&str, fn(&mut Vec<gabion_cli::conformance::evidence::Test>)); 3] = [
        ("failed", |tests| {
            tests.iter_mut().filter(|t| is_throttle(t)).for_each(|t| t.result = Outcome::Failed)
        }),
        ("did not run", |tests| {
            tests.iter_mut().filter(|t| is_throttle(t)).for_each(|t| t.result = Outcome::Ignored)
        }),
        ("no result for", |tests| tests.retain(|t| !is_throttle(t))),
    ];
    for (word, break_it) in cases {
        let mut tests = all_pass(&lamp);
        break_it(&mut tests);
        let results = Results::parse(&results(&lamp, tests)).unwrap();
        let made = Statement::make(&lamp, &lamp_answers(), Some(&results), Edition::V3);
        let about: BTreeSet<&str> =
            made.problems.iter().filter_map(|p| p.provision.as_deref()).collect();
        assert_eq!(about, BTreeSet::from(["5.1-5"]), "{word}");
        assert!(made.problems[0].message.contains(word), "{}", made.problems[0]);
    }
}

fn is_throttle(test: &gabion_cli::conformance::evidence::Test) -> bool {
    test.package == "gabion-auth" && test.target == "tests/throttle.rs"
}

#[test]
fn results_of_another_image_prove_nothing() {
    let lamp = lamp();
    let other = Image::parse(&ics_support::elf(&[
        (".text", 6, b"other code"),
        (".gabion.profile", 0, section!(PROFILE)),
    ]))
    .unwrap();
    assert_eq!(lamp.identity.profile, other.identity.profile);
    assert_ne!(lamp.identity.code, other.identity.code);
    let made = Statement::make(&lamp, &lamp_answers(), Some(&passed(&other)), Edition::V2);
    assert!(made.problems[0].message.contains("the code differs"));
}

#[test]
fn a_statement_expires_with_its_image_its_answers_and_its_tests() {
    let lamp = lamp();
    let without = image(section!(WITHOUT_TELEMETRY));
    let other = Image::parse(&ics_support::elf(&[
        (".text", 6, b"some codf"),
        (".gabion.profile", 0, section!(PROFILE)),
    ]))
    .unwrap();
    let made = conformant(Edition::V3);
    let answers = ics_support::lamp_answers_text();
    let tests = results(&lamp, all_pass(&lamp));
    for format in [Format::Html, Format::Markdown, Format::Json] {
        let text = render::statement(&made, format);
        let check = |image: &Image| expired(&text, &image.identity, None, None);
        assert_eq!(check(&lamp), []);
        assert_eq!(
            expired(&text, &lamp.identity, Some(answers.as_bytes()), Some(tests.as_bytes())),
            []
        );
        assert_eq!(check(&other), [Expired::Code]);
        assert_eq!(check(&without), [Expired::Profile]);
        assert_eq!(expired(&text, &lamp.identity, Some(b"other"), None), [Expired::Answers]);
        assert_eq!(expired(&text, &lamp.identity, None, Some(b"other")), [Expired::Tests]);
        let edited = text.replacen("LAMP-2", "LAMP-3", 1);
        assert_eq!(expired(&edited, &lamp.identity, None, None), [Expired::Edited]);
        // The record itself cannot be moved to another image either.
        let moved = text.replace(&lamp.identity.code, &other.identity.code);
        assert_eq!(expired(&moved, &other.identity, None, None), [Expired::Edited]);
        assert_eq!(expired("{}", &lamp.identity, None, None), [Expired::NoRecord]);
    }
    let draft = Statement::make(&lamp, &lamp_answers(), None, Edition::V3);
    let text = render::statement(&draft, Format::Html);
    assert!(expired(&text, &lamp.identity, None, None).contains(&Expired::Draft));
}

#[test]
fn json_is_json_and_holds_everything() {
    let made = conformant(Edition::V3);
    let value: serde_json::Value =
        serde_json::from_str(&render::statement(&made, Format::Json)).unwrap();
    assert_eq!(value["rows"].as_array().unwrap().len(), 78);
    assert_eq!(value["tables"].as_array().unwrap().len(), 29);
    assert_eq!(value["binding"]["edition"], "V3.1.3");
    assert_eq!(value["binding"]["image"]["code"], lamp().identity.code);
    assert!(value["checks"].as_array().unwrap().len() > 20);
}

#[test]
fn doubts_of_the_data_stay_visible() {
    let html = render::statement(&conformant(Edition::V3), Format::Html);
    assert_eq!(html.matches("Sources differ:").count(), 5);
    assert!(html.contains("title=\"confidence of the status\">B<"));
}

#[test]
fn sheets_rest_on_the_statement() {
    let v2 = conformant(Edition::V2);
    let psti = sheet(&v2, Kind::Psti).unwrap();
    assert!(!psti.binding.draft);
    assert!(psti.grids[1].rows.iter().all(|row| row[2] == "Y"));
    assert_eq!(sheet(&conformant(Edition::V3), Kind::Psti), Err(SheetError::Edition));
    let en = sheet(&v2, Kind::En18031).unwrap();
    assert_eq!(en.grids[0].rows.len(), 48);
    let cra = sheet(&conformant(Edition::V3), Kind::Cra).unwrap();
    // Every mark that a provision carries is a row of the sheet.
    let rows: BTreeSet<&str> = cra.grids[0].rows.iter().map(|row| row[0].as_str()).collect();
    for provision in &Standard::get().provision {
        for mark in &provision.cra {
            assert!(rows.contains(mark.as_str()), "{mark}");
        }
        for id in &provision.en18031 {
            assert!(
                en.grids[0].rows.iter().any(|row| row[0] == *id),
                "{} maps to {id}",
                provision.id
            );
        }
    }
    let draft = Statement::make(&lamp(), &lamp_answers(), None, Edition::V2);
    let psti = sheet(&draft, Kind::Psti).unwrap();
    assert!(psti.binding.draft && psti.lead[0].contains("no statement of compliance"));
}

#[test]
fn what_the_answers_say_cannot_become_markup() {
    let text = ics_support::lamp_answers_text()
        .replace("Label drawing LAMP-2-L3", "</td><script>alert(1)</script>|`x`");
    let answers = gabion_cli::conformance::answers::Answers::parse("a.toml", &text).unwrap();
    let lamp = lamp();
    let made = Statement::make(&lamp, &answers, Some(&passed(&lamp)), Edition::V3);
    let html = render::statement(&made, Format::Html);
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(1)"));
    let md = render::statement(&made, Format::Markdown);
    assert!(!md.contains("<script>") && md.contains("\\|\\`x\\`"));
}
