//! The catalogue in `docs/spec/events.md` is the catalogue in the code.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test must stop loudly")]

use std::collections::BTreeMap;

use gabion_hal::{EventKind, Severity, Source};
use gabion_log::is_mandatory;

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/spec/events.md");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn every_kind_has_one_row_and_every_row_a_kind() {
    let text = document();
    let rows = text.lines().filter(|line| line.starts_with("| `0x"));
    let rows: Vec<(u16, &str)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 6, "{row}");
            assert!(!cells[3].is_empty() && !cells[4].is_empty(), "{row}");
            (
                u16::from_str_radix(cells[1].trim_matches('`').trim_start_matches("0x"), 16)
                    .unwrap(),
                cells[2],
            )
        })
        .collect();
    let by_code: BTreeMap<u16, &str> = rows.iter().copied().collect();
    assert_eq!(by_code.len(), rows.len(), "a code stands twice");
    let kinds: BTreeMap<u16, String> =
        EventKind::ALL.iter().map(|kind| (kind.code(), format!("{kind:?}"))).collect();
    assert_eq!(kinds.len(), EventKind::ALL.len());
    let documented: BTreeMap<u16, String> =
        by_code.into_iter().map(|(code, name)| (code, name.to_owned())).collect();
    assert_eq!(documented, kinds);
}

#[test]
fn numbers_read_back_and_unknown_ones_do_not() {
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_code(kind.code()), Some(*kind));
    }
    assert_eq!(EventKind::from_code(0), None);
    assert_eq!(EventKind::from_code(0xffff), None);
    for severity in Severity::ALL {
        assert_eq!(Severity::from_number(severity as u8), Some(severity));
    }
    assert_eq!(Severity::from_number(4), None);
    for source in Source::ALL {
        assert_eq!(Source::from_number(source as u8), Some(source));
        assert!(document().contains(&format!("{} {source:?}", source as u8)), "{source:?}");
    }
    assert_eq!(Source::from_number(200), None);
}

#[test]
fn optional_kinds_are_those_of_the_document() {
    let text = document();
    let (_, section) = text.split_once("## Optional events").unwrap();
    let line = section.lines().find(|line| line.starts_with("LocalDelayed")).unwrap();
    let (names, application) = line.split_once(", and application events").unwrap();
    assert!(!application.is_empty());
    let mut optional: Vec<String> = names.split(", ").map(str::to_owned).collect();
    optional.push("Application".into());
    let kinds = EventKind::ALL.iter().filter(|kind| !is_mandatory(**kind));
    assert_eq!(optional, kinds.map(|kind| format!("{kind:?}")).collect::<Vec<_>>());
}
