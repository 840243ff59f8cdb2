//! People in the log: pseudonyms that do not last, what a user may refuse, and what an application may say.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use std::collections::BTreeSet;

use gabion_crypto::{HmacSha256, Secret, Software};
use gabion_hal::{Event, EventKind, EventSink, Severity, Source};
use gabion_log::{
    Bucket, Choice, Detector, Detectors, OptionalEvents, Pseudonyms, Thresholds, Use,
    application_events, is_mandatory,
};

application_events! {
    /// The events of a lock.
    const EVENTS: {
        /// The bolt did not move.
        BOLT_STUCK: () { number: 0, severity: Severity::Warning, mandatory: true },
        /// The door was left open.
        LEFT_OPEN: Bucket { number: 7, severity: Severity::Info, mandatory: false },
        /// How it was opened: inside, key, phone.
        OPENED: Choice<3> { number: 255, severity: Severity::Info, mandatory: false },
    }
}

#[derive(Default)]
struct Recorder(Vec<Event>);

impl EventSink for Recorder {
    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

fn names() -> Pseudonyms {
    Pseudonyms::new(Secret::new([9; 32]), 1)
}

#[test]
fn a_name_lasts_for_one_use_and_one_epoch() {
    let mut names = names();
    let of = |names: &Pseudonyms, purpose| names.of(&Software, purpose, b"alice").number();
    let first = of(&names, Use::Accounts);
    assert_eq!(first, of(&names, Use::Accounts));
    assert_ne!(first, of(&names, Use::Peers));
    assert_ne!(first, names.of(&Software, Use::Accounts, b"bob").number());
    let mut seen = BTreeSet::from([first]);
    for epoch in 2..=30 {
        names.rotate(&Software);
        assert_eq!(names.epoch(), epoch);
        seen.insert(of(&names, Use::Accounts));
    }
    assert!(seen.len() > 28, "{} names in 30 epochs", seen.len());
    let stored = Pseudonyms::new(Secret::new(*names.key().expose()), names.epoch());
    assert_eq!(of(&stored, Use::Accounts), of(&names, Use::Accounts));
    assert_eq!(format!("{names:?}"), "Pseudonyms(epoch 30)");
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let epoch = 1_u32.to_le_bytes();
    let tag = Software.hmac_sha256(&[9; 32], &[b"gabion/1 log pseudonym", &[2], &epoch, b"lamp"]);
    let name = names().of(&Software, Use::Peers, b"lamp");
    assert_eq!(name.number(), u16::from_le_bytes([tag[0], tag[1]]));
    let mut names = names();
    names.rotate(&Software);
    let next = Software.hmac_sha256(&[9; 32], &[b"gabion/1 log pseudonym, next epoch"]);
    assert_eq!(names.key().expose(), &next);
}

#[test]
fn what_was_stored_is_read_back_and_anything_else_is_a_refusal() {
    for choice in [OptionalEvents::Agreed, OptionalEvents::Refused] {
        assert_eq!(OptionalEvents::parse(&choice.emit()), choice);
    }
    for byte in (0..=255).filter(|byte| *byte != 1) {
        assert_eq!(OptionalEvents::parse(&[byte]), OptionalEvents::Refused);
    }
    for other in [&[][..], &[1, 0], &[1, 1]] {
        assert_eq!(OptionalEvents::parse(other), OptionalEvents::Refused);
    }
    assert_eq!(OptionalEvents::default(), OptionalEvents::Refused);
}

#[test]
fn a_refusal_keeps_optional_events_out_and_nothing_else() {
    for choice in [OptionalEvents::Agreed, OptionalEvents::Refused] {
        let mut recorder = Recorder::default();
        let mut sink = choice.filter(&mut recorder, EVENTS);
        for kind in EventKind::ALL {
            sink.event(Event::new(*kind, Severity::Warning, Source::System, 0x0101));
        }
        sink.event(BOLT_STUCK.with(()));
        sink.event(LEFT_OPEN.with(Bucket::of(1)));
        let kept: Vec<EventKind> = recorder.0.iter().map(|event| event.kind).collect();
        match choice {
            OptionalEvents::Agreed => assert_eq!(kept.len(), EventKind::ALL.len() + 2),
            OptionalEvents::Refused => {
                let mandatory = EventKind::ALL.iter().filter(|kind| is_mandatory(**kind));
                let expected: Vec<EventKind> =
                    mandatory.copied().chain([EventKind::Application]).collect();
                assert_eq!(kept, expected);
                assert_eq!(recorder.0.last().unwrap().detail, 0, "the bolt");
            }
        }
    }
}

#[test]
fn detectors_see_what_the_user_refused_to_have_logged() {
    let mut recorder = Recorder::default();
    let mut detectors = Detectors::new(Thresholds::DEFAULT);
    let mut alarms = Vec::new();
    let names = names();
    for (second, account) in [b"ann", b"bob", b"cat", b"dan"].into_iter().enumerate() {
        let mut chosen = OptionalEvents::Refused.filter(&mut recorder, &[]);
        let now = second as u64 * 1_000;
        let mut sink = detectors.watch(&mut chosen, now, |detector| alarms.push(detector));
        sink.event(names.of(&Software, Use::Accounts, account).login_failed());
    }
    assert_eq!(alarms, [Detector::Spraying]);
    let logged: Vec<EventKind> = recorder.0.iter().map(|event| event.kind).collect();
    assert_eq!(logged, [EventKind::DetectorFired]);
}

#[test]
fn application_events_carry_a_number_and_one_coarse_byte() {
    let detail = |event: Event| {
        assert_eq!((event.kind, event.source), (EventKind::Application, Source::Application));
        event.detail
    };
    assert_eq!(detail(BOLT_STUCK.with(())), 0x0000);
    assert_eq!(detail(OPENED.with(Choice::new::<2>())), 0xff02);
    let buckets = [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1_000, 10), (u32::MAX, 32)];
    for (value, bucket) in buckets {
        assert_eq!(detail(LEFT_OPEN.with(Bucket::of(value))), 0x0700 + bucket, "{value}");
    }
    assert_eq!(EVENTS.iter().map(|event| event.number).collect::<Vec<_>>(), [0, 7, 255]);
    assert_eq!(EVENTS[0].name, "BOLT_STUCK");
}
