//! The standard ways out of the event log: RFC 5424 and OTLP.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use gabion_cli::log::{Deciseconds, EXAMPLE_ENTERPRISE, Event, Examined, otlp, syslog};

fn examined() -> Examined {
    let event = Event {
        lane: "main",
        record: 7,
        boot: 3,
        uptime: Deciseconds(1234),
        unix_seconds: Some(1_790_812_800),
        time_quality: Some("authenticated"),
        severity: "warning",
        source: "Auth".into(),
        code: 0x0402,
        event: "LoginFailed".into(),
        detail: 1,
        count: 12,
    };
    let unknown = Event {
        severity: "critical",
        code: 0xeeee,
        event: "unknown 0xeeee".into(),
        source: "200".into(),
        unix_seconds: None,
        time_quality: None,
        ..event.clone()
    };
    // No calendar has this year; it must not stop the others.
    let far = Event { unix_seconds: Some(u64::MAX), ..event.clone() };
    Examined {
        device: "00112233445566778899aabbccddeeff".repeat(2),
        bundles: 1,
        boot: 3,
        next: [8, 0],
        opened: true,
        lost: 0,
        overwritten: 0,
        events: vec![event, unknown, far],
    }
}

/// An element of structured data: its name, and names and values in it.
type Element = (String, Vec<(String, String)>);

/// Takes a message apart by the grammar of RFC 5424 §6: the header's fields and the structured data.
fn parse(line: &str) -> (u8, Vec<&str>, Vec<Element>, &str) {
    let (priority, rest) = line.strip_prefix('<').unwrap().split_once('>').unwrap();
    let mut rest = rest.strip_prefix("1 ").expect("version 1");
    let mut header = Vec::new();
    for longest in [32, 255, 48, 128, 32] {
        let (field, after) = rest.split_once(' ').unwrap();
        assert!((1..=longest).contains(&field.len()), "{field}");
        assert!(field.bytes().all(|b| (33..=126).contains(&b)), "{field}");
        header.push(field);
        rest = after;
    }
    let mut elements = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        let (inside, after) = inside.split_once(']').unwrap();
        let (id, mut parameters) = inside.split_once(' ').unwrap();
        assert!(id.len() <= 32);
        let mut all = Vec::new();
        while !parameters.is_empty() {
            let (name, value) = parameters.trim_start().split_once("=\"").unwrap();
            let (value, more) = value.split_once('"').unwrap();
            assert!(!value.contains('\\'));
            all.push((name.to_owned(), value.to_owned()));
            parameters = more;
        }
        elements.push((id.to_owned(), all));
        rest = after;
    }
    (priority.parse().unwrap(), header, elements, rest.strip_prefix(' ').unwrap())
}

#[test]
fn syslog_messages_follow_the_grammar_and_say_what_happened() {
    let text = syslog(&examined(), EXAMPLE_ENTERPRISE);
    assert!(text.is_ascii() && text.ends_with('\n'));
    let messages: Vec<_> = text.lines().map(parse).collect();
    assert_eq!(messages.len(), 3);
    let (priority, header, elements, message) = &messages[0];
    assert_eq!(*priority, 13 * 8 + 4);
    let expected = ["2026-10-01T00:00:00Z", "0011223344556677", "gabion", "3", "LoginFailed"];
    assert_eq!(header, &expected);
    assert_eq!(elements[0].0, "timeQuality");
    assert_eq!(elements[0].1[1], ("isSynced".into(), "1".into()));
    assert_eq!(elements[1].1[0], ("sequenceId".into(), "1".into()));
    assert_eq!(elements[2].0, "gabion@32473");
    assert!(elements[2].1.contains(&("count".into(), "12".into())));
    assert!(elements[2].1.contains(&("uptime".into(), "123.4".into())));
    assert_eq!(*message, "LoginFailed detail 1, 12 times");
    let (priority, header, elements, _) = &messages[1];
    assert_eq!((*priority, header[0], header[4]), (13 * 8 + 2, "-", "0xeeee"));
    assert_eq!(elements[0].1[1], ("isSynced".into(), "0".into()));
    assert_eq!(messages[2].1[0], "-");
}

#[test]
fn otlp_is_one_request_with_numbers_as_the_protocol_wants_them() {
    let request = otlp(&examined());
    let resource = &request["resourceLogs"][0];
    assert_eq!(resource["resource"]["attributes"][0]["key"], "service.name");
    let records = resource["scopeLogs"][0]["logRecords"].as_array().unwrap();
    assert_eq!(records.len(), 3);
    let first = &records[0];
    assert_eq!(first["timeUnixNano"], "1790812800000000000");
    assert_eq!((&first["severityNumber"], &first["severityText"]), (&13.into(), &"WARN".into()));
    assert_eq!(first["eventName"], "gabion.LoginFailed");
    let attributes = first["attributes"].as_array().unwrap();
    let count = attributes.iter().find(|field| field["key"] == "gabion.count").unwrap();
    assert_eq!(count["value"]["intValue"], "12");
    assert_eq!(records[1]["severityNumber"], 18);
    assert!(records[1].get("timeUnixNano").is_none() && records[2].get("timeUnixNano").is_none());
}
