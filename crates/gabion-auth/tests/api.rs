//! What the crate promises.
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
    AuthError, Authorized, Name, Owner, PhysicalPresence, RoleKind, SessionError, SessionToken,
    User, WeakSecret,
};
use gabion_hal::EventKind;

#[test]
fn set_up_then_log_in_then_log_out() {
    let mut device = Device::provisioned(POLICY);
    device.clock.0 += 1_000;
    let session = device.set_up("7k4fm-2xq9r-ht3w8", "Ada", GOOD).unwrap();
    assert_eq!(session.role, RoleKind::Owner);
    let owner: Authorized<Owner> =
        device.auth.authorize(&mut device.clock, &session.token).unwrap();
    assert_eq!(owner.account(), 0);
    assert_eq!(device.kinds(), [EventKind::AuthenticatorChanged, EventKind::LoginSucceeded]);

    let mut device = device.reboot();
    let gone = device.auth.authorize::<Owner>(&mut device.clock, &session.token);
    assert_eq!(gone.unwrap_err(), SessionError::NoSession);
    device.clock.0 += 2_000;
    let session = device.log_in("Ada", GOOD).unwrap();
    device.auth.log_out(&session.token);
    let gone = device.auth.authorize::<Owner>(&mut device.clock, &session.token);
    assert_eq!(gone.unwrap_err(), SessionError::NoSession);
}

#[test]
fn a_device_has_one_owner() {
    let mut device = Device::owned(POLICY);
    assert!(block_on(device.auth.has_owner(&mut device.store)).unwrap());
    let again = device.set_up(LABEL_SECRET, "Eve", OTHER);
    assert_eq!(again.unwrap_err(), AuthError::AlreadyOwned);
}

#[test]
fn an_unprovisioned_device_lets_nobody_in() {
    let mut device = Device::boot(MemoryStore::default(), POLICY, 1);
    device.clock.0 += 10_000;
    assert_eq!(device.set_up(LABEL_SECRET, "Ada", GOOD).unwrap_err(), AuthError::NotReady);
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Refused { .. })));
}

#[test]
fn the_owner_adds_and_removes_users() {
    let mut device = Device::owned(POLICY);
    let owner = device.log_in("Ada", GOOD).unwrap().token;
    let by = |device: &mut Device| device.auth.authorize(&mut device.clock, &owner).unwrap();
    for who in ["Bob", "Cleo", "Dan"] {
        let witness = by(&mut device);
        device
            .with(async |auth, ports| {
                auth.add_user(ports, witness, &name(who), &entered(OTHER)).await
            })
            .unwrap();
    }
    for (who, expected) in
        [("Erin", AuthError::NoRoom), ("Bob", AuthError::NoRoom), ("Ada", AuthError::NoRoom)]
    {
        let witness = by(&mut device);
        let refused = device.with(async |auth, ports| {
            auth.add_user(ports, witness, &name(who), &entered(OTHER)).await
        });
        assert_eq!(refused, Err(expected), "{who}");
    }
    let bob = device.log_in("Bob", OTHER).unwrap();
    assert_eq!(bob.role, RoleKind::User);
    let no = device.auth.authorize::<Owner>(&mut device.clock, &bob.token);
    assert_eq!(no.unwrap_err(), SessionError::NotAllowed);
    assert!(device.auth.authorize::<User>(&mut device.clock, &bob.token).is_ok());
    assert!(device.auth.authorize::<User>(&mut device.clock, &owner).is_ok());

    let witness = by(&mut device);
    device.with(async |auth, ports| auth.remove_user(ports, witness, &name("Bob")).await).unwrap();
    let gone = device.auth.authorize::<User>(&mut device.clock, &bob.token);
    assert_eq!(gone.unwrap_err(), SessionError::NoSession);
    assert!(matches!(device.log_in("Bob", OTHER), Err(AuthError::Refused { .. })));
    for who in ["Ada", "Bob", "Nobody"] {
        let witness = by(&mut device);
        let refused =
            device.with(async |auth, ports| auth.remove_user(ports, witness, &name(who)).await);
        assert_eq!(refused, Err(AuthError::NoAccount), "{who}");
    }
}

#[test]
fn provision_5_1_4_the_secret_is_changed_in_one_call() {
    let mut device = Device::owned(POLICY);
    let before = device.log_in("Ada", GOOD).unwrap().token;
    device.events.0.clear();
    let session = device.change("Ada", GOOD, OTHER).unwrap();
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &session.token).is_ok());
    let old = device.auth.authorize::<Owner>(&mut device.clock, &before);
    assert_eq!(old.unwrap_err(), SessionError::NoSession, "old sessions end");
    assert_eq!(device.kinds(), [EventKind::AuthenticatorChanged, EventKind::LoginSucceeded]);
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Refused { .. })));
    assert!(device.log_in("Ada", OTHER).is_ok());
}

#[test]
fn sessions_end_when_idle_and_at_their_age() {
    let mut device = Device::owned(POLICY);
    let token = device.log_in("Ada", GOOD).unwrap().token;
    let start = device.clock.0;
    while device.clock.0 < start + POLICY.session_ms - POLICY.idle_ms {
        device.clock.0 += POLICY.idle_ms - 1;
        assert!(device.auth.authorize::<Owner>(&mut device.clock, &token).is_ok());
    }
    device.clock.0 = start + POLICY.session_ms;
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &token).is_err(), "too old");
    let token = device.log_in("Ada", GOOD).unwrap().token;
    device.clock.0 += POLICY.idle_ms;
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &token).is_err(), "idle");
}

#[test]
fn a_fifth_session_makes_the_oldest_end() {
    let mut device = Device::owned(POLICY);
    let mut tokens = Vec::new();
    for _ in 0..5 {
        device.clock.0 += 10;
        tokens.push(device.log_in("Ada", GOOD).unwrap().token);
    }
    let good: Vec<bool> = tokens
        .iter()
        .map(|t| device.auth.authorize::<Owner>(&mut device.clock, t).is_ok())
        .collect();
    assert_eq!(good, [false, true, true, true, true]);
}

#[test]
fn a_verifier_grows_with_the_policy() {
    let mut device = Device::owned(POLICY);
    device.policy.iterations = 9;
    let mut device = device.reboot();
    device.clock.0 += 60_000;
    let _ = device.log_in("Ada", GOOD).unwrap();
    let stored = device.store.values[&gabion_auth::OWNER.parameter().id.raw()].clone();
    assert_eq!(&stored[2..6], &[0, 0, 0, 9]);
    let _ = device.log_in("Ada", GOOD).unwrap();
}

#[test]
fn presence_forgives_every_attempt() {
    struct Button(bool);
    impl gabion_auth::PresenceSensor for Button {
        fn is_present(&mut self) -> bool {
            self.0
        }
    }
    let mut device = Device::owned(POLICY);
    while !matches!(device.log_in("Ada", "wrong wrong wrong"), Err(AuthError::Throttled { .. })) {}
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Throttled { .. })));
    assert!(PhysicalPresence::confirm(&mut Button(false)).is_none());
    let presence = PhysicalPresence::confirm(&mut Button(true)).unwrap();
    device.with(async |auth, ports| auth.forgive(ports, presence).await).unwrap();
    assert!(device.log_in("Ada", GOOD).is_ok());
}

#[test]
fn an_interface_has_to_be_registered_for_log_ins() {
    static STRANGER: gabion_profile::Interface = gabion_profile::Interface::new(
        "stranger",
        gabion_profile::Exposure::Network,
        true,
        gabion_profile::Authenticator::UserSecret,
        "not in the registry",
    );
    let mut device = Device::owned(POLICY);
    let commits = device.store.commits;
    for interface in [CLOUD, &STRANGER] {
        let refused = device.log_in_over(interface, "Ada", GOOD);
        assert_eq!(refused.unwrap_err(), AuthError::Interface);
    }
    assert_eq!(device.store.commits, commits);
}

#[test]
fn names_are_bounded_text() {
    assert!(Name::new("").is_none());
    assert!(Name::new(&"x".repeat(33)).is_none());
    assert!(Name::new("a\0b").is_none());
    assert!(Name::new("a\nb").is_none());
    assert!(Name::new(&"x".repeat(32)).is_some());
    assert!(Name::new("Zoë").is_some());
}

#[test]
fn nothing_secret_is_readable_in_debug() {
    let token = SessionToken::received(*b"0123456789abcdef");
    assert_eq!(format!("{token:?}"), "SessionToken(..)");
    assert_eq!(format!("{:?}", entered(GOOD)), "Entered(..)");
    assert_eq!(format!("{:?}", name("Ada")), "Name(..)");
}

#[test]
fn a_weak_new_secret_is_refused_before_an_attempt_is_spent() {
    let mut device = Device::owned(POLICY);
    let commits = device.store.commits;
    for (new, why) in [
        ("short", WeakSecret::TooShort),
        (GOOD, WeakSecret::Unchanged),
        ("my lamp A00017 x", WeakSecret::Derived),
    ] {
        assert_eq!(device.change("Ada", GOOD, new).unwrap_err(), AuthError::Weak(why), "{new}");
    }
    assert_eq!(device.store.commits, commits);
}

#[test]
fn parameters_are_gabions_own_numbers() {
    for parameter in gabion_auth::PARAMETERS {
        assert!((0xf00..=0xf3f).contains(&parameter.id.number()), "{}", parameter.name);
    }
}
