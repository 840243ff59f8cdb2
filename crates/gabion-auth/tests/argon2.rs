//! Argon2id beside PBKDF2: in memory that the product lends, bound to the chip, taken over at the next log-in.
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
use gabion_auth::{Auth, AuthError, Config, OWNER, Policy, Ports, Session};
use gabion_crypto::{
    Argon2Block, Argon2Cost, CryptoError, Secret, Software, SoftwareArgon2, SoftwareRootKey,
};

const ARGON2: Policy = Policy { argon2: Some(Argon2Cost::new(64, 3)), ..POLICY };

type Provider<'m> = SoftwareArgon2<'m, Software>;

/// Powers on with `policy`, waits, logs Ada in. `kib`: the memory that is lent.
fn log_in(
    store: &mut MemoryStore,
    policy: Policy,
    kib: usize,
    root: u8,
    secret: &str,
) -> Outcome<Session> {
    let mut memory = vec![Argon2Block::new(); kib];
    let provider: Provider<'_> = SoftwareArgon2::new(Software, &mut memory);
    let mut root = SoftwareRootKey::new(Secret::new([root; 32]), Software);
    let mut clock = Uptime(0);
    let config = Config { interfaces: INTERFACES, facts: FACTS, policy };
    let opened = Auth::open(provider, &mut root, store, &mut clock, config);
    let mut auth: Auth<'_, Provider<'_>> = block_on(opened).unwrap();
    clock.0 = 10_000_000;
    let mut ports = Ports {
        storage: store,
        entropy: &mut Seeded(8),
        clock: &mut clock,
        events: &mut Recorder::default(),
    };
    block_on(auth.log_in(&mut ports, APP, &name("Ada"), &entered(secret)))
}

fn record(store: &MemoryStore) -> &[u8] {
    &store.values[&OWNER.parameter().id.raw()]
}

const ROOT: u8 = 0x42;

#[test]
fn provision_5_1_3_a_verifier_becomes_argon2id_at_the_next_log_in() {
    let mut store = Device::owned(POLICY).store;
    assert_eq!(record(&store)[..6], [1, 2, 0, 0, 0, 2], "PBKDF2, two iterations");
    assert!(matches!(log_in(&mut store, ARGON2, 64, ROOT, OTHER), Err(AuthError::Refused { .. })));
    assert_eq!(record(&store)[0], 1, "a wrong secret changes nothing");
    assert!(log_in(&mut store, ARGON2, 64, ROOT, GOOD).is_ok());
    assert_eq!(record(&store)[..6], [2, 2, 0, 64, 3, 1], "Argon2id, 64 KiB, 3 passes, 1 lane");
    let migrated = record(&store).to_vec();
    assert!(log_in(&mut store, ARGON2, 64, ROOT, GOOD).is_ok());
    assert_eq!(record(&store), migrated, "once");
    assert!(matches!(log_in(&mut store, ARGON2, 64, ROOT, OTHER), Err(AuthError::Refused { .. })));
    // More memory: taken over again. Less, or PBKDF2: never back.
    let more = Policy { argon2: Some(Argon2Cost::new(128, 3)), ..POLICY };
    assert!(log_in(&mut store, more, 128, ROOT, GOOD).is_ok());
    assert_eq!(record(&store)[..6], [2, 2, 0, 128, 3, 1]);
    for weaker in [ARGON2, POLICY] {
        assert!(log_in(&mut store, weaker, 128, ROOT, GOOD).is_ok());
        assert_eq!(record(&store)[..6], [2, 2, 0, 128, 3, 1]);
    }
}

#[test]
fn provision_5_1_3_an_argon2id_verifier_is_bound_to_the_chip() {
    let mut store = Device::owned(POLICY).store;
    assert!(log_in(&mut store, ARGON2, 64, ROOT, GOOD).is_ok());
    let refused = log_in(&mut store, ARGON2, 64, 0x43, GOOD);
    assert!(matches!(refused, Err(AuthError::Refused { .. })), "another chip's root key");
}

#[test]
fn too_little_memory_lets_nobody_in_and_changes_nothing() {
    let mut store = Device::owned(POLICY).store;
    let before = record(&store).to_vec();
    let refused = log_in(&mut store, ARGON2, 63, ROOT, GOOD).unwrap_err();
    assert_eq!(refused, AuthError::Crypto(CryptoError::Misuse));
    assert_eq!(record(&store), before);
    assert!(log_in(&mut store, ARGON2, 64, ROOT, GOOD).is_ok());
    let refused = log_in(&mut store, POLICY, 8, ROOT, GOOD).unwrap_err();
    assert_eq!(refused, AuthError::Crypto(CryptoError::Misuse), "the record asks for 64");
}

#[test]
fn a_record_with_an_odd_cost_lets_nobody_in() {
    for cost in [[2, 2, 0, 7, 3, 1], [2, 2, 0, 64, 0, 1], [2, 2, 0, 64, 3, 2], [3, 2, 0, 64, 3, 1]]
    {
        let mut store = Device::owned(POLICY).store;
        assert!(log_in(&mut store, ARGON2, 64, ROOT, GOOD).is_ok());
        let id = OWNER.parameter().id.raw();
        store.values.get_mut(&id).unwrap()[..6].copy_from_slice(&cost);
        let refused = log_in(&mut store, ARGON2, 64, ROOT, GOOD);
        assert!(matches!(refused, Err(AuthError::Refused { .. })), "{cost:?}");
    }
}
