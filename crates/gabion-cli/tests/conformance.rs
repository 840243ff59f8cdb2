//! The summary says what is compiled in, and nothing more.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use gabion_cli::conformance::{ConformanceError, Edition, Finding, summary};
use gabion_profile::{Backing, DeviceInfo, Mechanism, Profile};

const DEVICE: DeviceInfo = DeviceInfo {
    manufacturer: "Example",
    model: "Demo",
    security_contact: "mailto:security@example.invalid",
    policy_url: "https://example.invalid/policy",
    support_until: "2031-12-31",
};
const SEALED: Mechanism =
    Mechanism::new("test.sealed", &["5.4-1"], "seals", Backing::Hardware, "tests/api.rs");
const DANGLING: Mechanism =
    Mechanism::new("test.dangling", &["5.99-1"], "dangles", Backing::Software, "tests/api.rs");

#[test]
fn every_row_of_both_editions_is_there() {
    let profile = Profile::new(DEVICE, &[], &[], &[]);
    // Table B.1 has 67 rows in V2.1.1; provision 4-1 is text only there and is listed too.
    assert_eq!(summary(&profile, Edition::V2).unwrap().rows.len(), 68);
    assert_eq!(summary(&profile, Edition::V3).unwrap().rows.len(), 78);
}

#[test]
fn nothing_is_present_without_a_mechanism() {
    let s = summary(&Profile::new(DEVICE, &[], &[], &[]), Edition::V3).unwrap();
    assert!(s.rows.iter().all(|r| r.finding != Finding::MechanismPresent));
    assert!(s.rows.iter().any(|r| r.finding == Finding::Organisational));
}

#[test]
fn a_mechanism_changes_exactly_its_own_row() {
    let without = summary(&Profile::new(DEVICE, &[], &[], &[]), Edition::V3).unwrap();
    let with = summary(&Profile::new(DEVICE, &[], &[], &[&[SEALED]]), Edition::V3).unwrap();
    let changed: Vec<_> = without
        .rows
        .iter()
        .zip(&with.rows)
        .filter(|(a, b)| a.finding != b.finding)
        .map(|(_, b)| b.provision.as_str())
        .collect();
    assert_eq!(changed, ["5.4-1"]);
    let row = with.rows.iter().find(|r| r.provision == "5.4-1").unwrap();
    assert!(row.mechanisms[0].hardware);
    let sum = |s: &gabion_cli::conformance::Summary| {
        s.areas.iter().map(|a| a.present + a.missing + a.organisational).sum::<usize>()
    };
    assert_eq!(sum(&with), with.rows.len());
}

#[test]
fn a_mechanism_for_no_provision_is_refused() {
    let profile = Profile::new(DEVICE, &[], &[], &[&[DANGLING]]);
    let error = summary(&profile, Edition::V3).unwrap_err();
    assert!(matches!(error, ConformanceError::UnknownProvision { provision: "5.99-1", .. }));
}
