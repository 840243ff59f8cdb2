//! Machines show keys, never passwords (EN 303 645 5.1-2A).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use double::*;
use gabion_auth::{
    AuthError, BACK_END, Challenge, MACHINE_1, MACHINE_2, Machine, Owner, RoleKind, Session,
    SessionError, User,
};
use gabion_crypto::{EcdsaP256Sign, P256PublicKey, P256Signature, Secret, Software};
use gabion_hal::EventKind;
use gabion_profile::Interface;
use gabion_storage::Storage;

const SERIAL: &[u8] = b"A00017";

struct Peer(Secret<[u8; 32]>);

impl Peer {
    fn new(seed: u8) -> Self {
        Self(Secret::new([seed; 32]))
    }

    fn key(&self) -> P256PublicKey {
        Software.p256_public_key(&self.0).unwrap()
    }

    fn sign(&self, challenge: &Challenge, over: &Interface, binding: &[u8]) -> P256Signature {
        Software.p256_sign(&self.0, &challenge.hash(&Software, over, binding)).unwrap()
    }
}

/// A device with an owner and the maker's back end, whose key has seed 1.
fn device() -> Device {
    let mut device = Device::owned(POLICY);
    let mut record = vec![1];
    record.extend(Peer::new(1).key().0);
    block_on(device.store.put(&BACK_END, &record)).unwrap();
    device
}

fn challenge(device: &mut Device) -> Challenge {
    device.with(async |auth, ports| auth.challenge(ports)).unwrap()
}

fn show(
    device: &mut Device,
    over: &'static Interface,
    challenge: &Challenge,
    signature: &P256Signature,
) -> Outcome<Session> {
    device.with(async |auth, ports| {
        auth.machine_log_in(ports, &Software, over, SERIAL, challenge, signature).await
    })
}

fn log_in(device: &mut Device, peer: &Peer) -> Outcome<Session> {
    let challenge = challenge(device);
    let signature = peer.sign(&challenge, CLOUD, SERIAL);
    show(device, CLOUD, &challenge, &signature)
}

fn add(device: &mut Device, slot: &gabion_profile::PublicKey, peer: &Peer) -> Outcome<()> {
    let owner = device.log_in("Ada", GOOD).unwrap();
    let by = device.auth.authorize::<Owner>(&mut device.clock, &owner.token).unwrap();
    let (slot, key) = (*slot, peer.key());
    device.with(async |auth, ports| auth.add_machine(ports, by, &slot, &key).await)
}

const REFUSED: AuthError<PowerLost> = AuthError::Refused { wait_ms: 0 };

#[test]
fn provision_5_1_2a_a_machine_logs_in_with_its_key() {
    let mut device = device();
    let session = log_in(&mut device, &Peer::new(1)).unwrap();
    assert_eq!(session.role, RoleKind::Machine);
    assert!(device.auth.authorize::<Machine>(&mut device.clock, &session.token).is_ok());
    // And is neither the owner nor a user.
    let owner = device.auth.authorize::<Owner>(&mut device.clock, &session.token);
    assert_eq!(owner.unwrap_err(), SessionError::NotAllowed);
    let user = device.auth.authorize::<User>(&mut device.clock, &session.token);
    assert_eq!(user.unwrap_err(), SessionError::NotAllowed);
    // Nor are people machines.
    let ada = device.log_in("Ada", GOOD).unwrap();
    assert!(device.auth.authorize::<Machine>(&mut device.clock, &ada.token).is_err());
}

#[test]
fn provision_5_1_2a_a_password_record_for_a_machine_is_refused() {
    // Role 4 in a password's record: damaged, so that it lets nobody in.
    let mut device = device();
    let id = gabion_auth::OWNER.parameter().id.raw();
    device.store.values.get_mut(&id).unwrap()[1] = RoleKind::Machine as u8;
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Refused { .. })));
}

#[test]
fn provision_5_1_2a_passwords_are_not_taken_where_machines_come_in() {
    let mut device = device();
    assert_eq!(device.log_in_over(CLOUD, "Ada", GOOD).unwrap_err(), AuthError::Interface);
    let challenge = challenge(&mut device);
    let signature = Peer::new(1).sign(&challenge, APP, SERIAL);
    let refused = show(&mut device, APP, &challenge, &signature);
    assert_eq!(refused.unwrap_err(), AuthError::Interface);
}

#[test]
fn the_owner_adds_and_removes_machines() {
    let mut device = device();
    let (one, two) = (Peer::new(2), Peer::new(3));
    assert_eq!(log_in(&mut device, &one).unwrap_err(), REFUSED);
    add(&mut device, &MACHINE_1, &one).unwrap();
    add(&mut device, &MACHINE_2, &two).unwrap();
    let first = log_in(&mut device, &one).unwrap();
    let second = log_in(&mut device, &two).unwrap();
    // A new key in the slot ends the old one's session, and nobody else's.
    add(&mut device, &MACHINE_1, &Peer::new(4)).unwrap();
    assert!(device.auth.authorize::<Machine>(&mut device.clock, &first.token).is_err());
    assert!(device.auth.authorize::<Machine>(&mut device.clock, &second.token).is_ok());
    assert_eq!(log_in(&mut device, &one).unwrap_err(), REFUSED);
    let owner = device.log_in("Ada", GOOD).unwrap();
    let by = device.auth.authorize::<Owner>(&mut device.clock, &owner.token).unwrap();
    device.with(async |auth, ports| auth.remove_machine(ports, by, &MACHINE_2).await).unwrap();
    assert!(device.auth.authorize::<Machine>(&mut device.clock, &second.token).is_err());
    assert_eq!(log_in(&mut device, &two).unwrap_err(), REFUSED);
}

#[test]
fn the_owner_cannot_replace_the_makers_key() {
    let mut device = device();
    assert_eq!(add(&mut device, &BACK_END, &Peer::new(9)), Err(AuthError::NoAccount));
    assert!(log_in(&mut device, &Peer::new(1)).is_ok());
}

#[test]
fn a_recorded_log_in_cannot_be_replayed() {
    let mut device = device();
    let challenge = challenge(&mut device);
    let signature = Peer::new(1).sign(&challenge, CLOUD, SERIAL);
    let _ = show(&mut device, CLOUD, &challenge, &signature).unwrap();
    assert_eq!(show(&mut device, CLOUD, &challenge, &signature).unwrap_err(), REFUSED);
    let mut device = device.reboot();
    assert_eq!(show(&mut device, CLOUD, &challenge, &signature).unwrap_err(), REFUSED);
}

#[test]
fn a_challenge_of_ones_own_making_is_refused() {
    let mut device = device();
    let challenge = Challenge([7; 32]);
    let signature = Peer::new(1).sign(&challenge, CLOUD, SERIAL);
    assert_eq!(show(&mut device, CLOUD, &challenge, &signature).unwrap_err(), REFUSED);
}

#[test]
fn a_challenge_grows_old() {
    let mut device = device();
    let challenge = challenge(&mut device);
    let signature = Peer::new(1).sign(&challenge, CLOUD, SERIAL);
    device.clock.0 += 60_000;
    assert_eq!(show(&mut device, CLOUD, &challenge, &signature).unwrap_err(), REFUSED);
}

#[test]
fn whoever_shows_a_wrong_signature_does_not_use_up_the_challenge_of_another() {
    let mut device = device();
    let challenge = challenge(&mut device);
    let mut wrong = Peer::new(1).sign(&challenge, CLOUD, SERIAL);
    wrong.0[40] ^= 1;
    assert_eq!(show(&mut device, CLOUD, &challenge, &wrong).unwrap_err(), REFUSED);
    assert_eq!(device.kinds().last(), Some(&EventKind::LoginFailed));
    let right = Peer::new(1).sign(&challenge, CLOUD, SERIAL);
    assert!(show(&mut device, CLOUD, &challenge, &right).is_ok());
}

#[test]
fn provision_5_1_5_wrong_signatures_are_slowed_down() {
    let mut device = device();
    let stranger = Peer::new(9);
    for _ in 0..8 {
        assert_eq!(log_in(&mut device, &stranger).unwrap_err(), REFUSED);
    }
    assert_eq!(
        log_in(&mut device, &stranger).unwrap_err(),
        AuthError::Throttled { wait_ms: 1_000 }
    );
    // Nobody is locked out: one a second passes, and what was wrong is forgotten.
    device.clock.0 += 1_000;
    assert!(log_in(&mut device, &Peer::new(1)).is_ok());
    device.clock.0 += 8_000;
    for _ in 0..8 {
        assert_eq!(log_in(&mut device, &stranger).unwrap_err(), REFUSED);
    }
    assert!(matches!(log_in(&mut device, &stranger), Err(AuthError::Throttled { .. })));
    // What is no challenge of the device's does not count, and costs no signature check.
    device.clock.0 += 8_000;
    for _ in 0..100 {
        let made_up = Challenge([7; 32]);
        let signature = stranger.sign(&made_up, CLOUD, SERIAL);
        assert_eq!(show(&mut device, CLOUD, &made_up, &signature).unwrap_err(), REFUSED);
    }
    assert!(log_in(&mut device, &Peer::new(1)).is_ok());
}

#[test]
fn an_older_challenge_is_used_up_with_a_newer_one_and_only_for_that_machine() {
    let mut device = device();
    add(&mut device, &MACHINE_1, &Peer::new(2)).unwrap();
    let (older, newer) = (challenge(&mut device), challenge(&mut device));
    let sign = |seed, challenge: &Challenge| Peer::new(seed).sign(challenge, CLOUD, SERIAL);
    assert!(show(&mut device, CLOUD, &newer, &sign(1, &newer)).is_ok());
    assert_eq!(show(&mut device, CLOUD, &older, &sign(1, &older)).unwrap_err(), REFUSED);
    assert!(show(&mut device, CLOUD, &older, &sign(2, &older)).is_ok());
}

#[test]
fn no_changed_bit_of_a_challenge_passes() {
    let mut device = device();
    let challenge = challenge(&mut device);
    for bit in 0..256 {
        let mut changed = challenge;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        let signature = Peer::new(1).sign(&changed, CLOUD, SERIAL);
        assert_eq!(show(&mut device, CLOUD, &changed, &signature).unwrap_err(), REFUSED, "{bit}");
    }
}

#[test]
fn a_signature_for_another_device_or_interface_is_refused() {
    let mut device = device();
    for (over, binding) in [(APP, SERIAL), (CLOUD, &b"A00018"[..])] {
        let challenge = challenge(&mut device);
        let signature = Peer::new(1).sign(&challenge, over, binding);
        assert_eq!(show(&mut device, CLOUD, &challenge, &signature).unwrap_err(), REFUSED);
    }
}

#[test]
fn flooding_with_challenges_takes_nobody_elses_away() {
    let mut device = device();
    let first = challenge(&mut device);
    for _ in 0..1_000 {
        device.clock.0 += 1;
        let _ = challenge(&mut device);
    }
    let signature = Peer::new(1).sign(&first, CLOUD, SERIAL);
    assert!(show(&mut device, CLOUD, &first, &signature).is_ok());
}

#[test]
fn a_damaged_or_foreign_key_record_lets_nobody_in() {
    let id = BACK_END.parameter().id.raw();
    let changes: [fn(&mut Vec<u8>); 4] =
        [|v| v[0] = 2, |v| v.truncate(64), Vec::clear, |v| v[1..].fill(0)];
    for change in changes {
        let mut device = device();
        change(device.store.values.get_mut(&id).unwrap());
        assert_eq!(log_in(&mut device, &Peer::new(1)).unwrap_err(), REFUSED);
    }
    let mut device = device();
    device.store.damaged = Some(id);
    assert_eq!(log_in(&mut device, &Peer::new(1)).unwrap_err(), REFUSED);
}
