//! What the lamp itself claims in its profile.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use gabion::hal::{DebugPort, DebugPortState};
use gabion::profile::{LegalBasis, Protection, Store};
use gabion_link::Caller;
use ics_device::{ENDPOINTS, PROFILE, Role, RoomName, StartRefused, require_locked};

struct Port(Result<DebugPortState, ()>);

impl DebugPort for Port {
    type Error = ();
    fn state(&mut self) -> Result<DebugPortState, ()> {
        self.0
    }
    fn lock(&mut self) -> Result<(), ()> {
        Err(())
    }
}

#[test]
fn nothing_unregistered_answers() {
    let owner =
        Caller { role: Role::Owner, authenticator: gabion::profile::Authenticator::UserSecret };
    for known in ["/lamp", "/settings"] {
        assert!(ENDPOINTS.admit(known, Some(&owner)).is_ok());
        assert!(ENDPOINTS.admit(known, None).is_err());
    }
    assert!(ENDPOINTS.admit("/disclosure", None).is_ok());
    for unknown in ["", "/", "/debug", "/lamp/", "/LAMP", "/update"] {
        assert!(ENDPOINTS.admit(unknown, Some(&owner)).is_err(), "{unknown}");
    }
}

#[test]
fn an_open_debug_port_keeps_the_network_off() {
    assert_eq!(require_locked(&mut Port(Ok(DebugPortState::Locked))), Ok(()));
    assert_eq!(
        require_locked(&mut Port(Ok(DebugPortState::Open))),
        Err(StartRefused::DebugPortOpen)
    );
    assert_eq!(require_locked(&mut Port(Err(()))), Err(StartRefused::DebugPortOpen));
}

#[test]
fn no_secret_is_in_source_or_image() {
    for one in PROFILE.security_parameters {
        if one.protection == Protection::Critical {
            assert!(one.in_source.is_none(), "{} is in the source", one.name);
        }
    }
    let image = std::fs::read(env!("CARGO_BIN_EXE_ics-device")).unwrap();
    for mark in [&b"-----BEGIN PRIVATE"[..], b"-----BEGIN EC PRIVATE", b"-----BEGIN RSA PRIVATE"] {
        assert!(!image.windows(mark.len()).any(|part| part == mark));
    }
}

#[test]
fn a_room_name_is_validated() {
    assert_eq!(RoomName::parse("Küche".as_bytes()).unwrap().as_str(), "Küche");
    for wrong in [&b""[..], b"a\nb", b"\xff", b"\x00", &[b'x'; 33]] {
        assert!(RoomName::parse(wrong).is_none());
    }
    assert!(RoomName::parse(&[b'x'; 32]).is_some());
}

#[test]
fn personal_data_is_stored_sealed_and_goes_to_nobody() {
    assert!(!PROFILE.personal_data.is_empty());
    for one in PROFILE.personal_data {
        assert!(one.recipients.is_empty());
        assert!(!matches!(one.legal_basis, LegalBasis::Consent { .. }));
        let Store::Parameter(name) = one.store else { panic!("{} is not in the store", one.name) };
        let stored = PROFILE
            .parameters
            .iter()
            .flat_map(|list| list.iter())
            .find(|p| p.name == name)
            .unwrap();
        assert_eq!(stored.protection, Protection::Critical);
        assert!(!stored.class.survives_reset());
    }
}
