//! The witness, and reports as text.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use gabion_hal::{DebugPort, DebugPortState, Event, EventKind, EventSink};
use gabion_lockdown::{NotLocked, require_locked};

struct Port(Result<DebugPortState, &'static str>);

impl DebugPort for Port {
    type Error = &'static str;
    fn state(&mut self) -> Result<DebugPortState, Self::Error> {
        self.0
    }
    fn lock(&mut self) -> Result<(), Self::Error> {
        Err("never called")
    }
}

#[derive(Default)]
struct Seen(Vec<EventKind>);

impl EventSink for Seen {
    fn event(&mut self, event: Event) {
        self.0.push(event.kind);
    }
}

#[test]
fn a_locked_port_gives_a_witness() {
    let mut seen = Seen::default();
    let witness = require_locked(&mut Port(Ok(DebugPortState::Locked)), &mut seen).unwrap();
    assert_eq!(witness.state(), DebugPortState::Locked);
    assert!(seen.0.is_empty());
}

#[test]
fn an_open_port_gives_no_witness_and_raises_an_event() {
    for state in [DebugPortState::Open, DebugPortState::LockedUntilReset] {
        let mut seen = Seen::default();
        let refused = require_locked(&mut Port(Ok(state)), &mut seen).unwrap_err();
        assert_eq!(refused, NotLocked::Open(state));
        assert_eq!(seen.0, [EventKind::DebugPortOpen]);
    }
}

#[test]
fn a_port_that_cannot_be_read_is_open() {
    let mut seen = Seen::default();
    let refused = require_locked(&mut Port(Err("bus fault")), &mut seen).unwrap_err();
    assert_eq!(refused, NotLocked::Hardware("bus fault"));
    assert_eq!(seen.0, [EventKind::DebugPortOpen]);
}
