//! Attacks, and the provisions that they test.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::collections::BTreeMap;

use double::*;
use gabion_auth::{
    Auth, AuthError, Config, Entered, LABEL, OWNER, Owner, Policy, SessionError, SessionToken,
    THROTTLE, VERIFIER_LEN, WeakSecret, judge,
};
use gabion_crypto::{Secret, Software, SoftwareRootKey};
use gabion_hal::EventKind;
use gabion_storage::StorageError;

const WRONG: &str = "wrong wrong wrong x";

fn id(key: &gabion_profile::CriticalKey) -> u16 {
    key.parameter().id.raw()
}

fn throttle_id() -> u16 {
    THROTTLE.parameter().id.raw()
}

// 5.1-1: no universal default password

#[test]
fn provision_5_1_1_default_password_is_refused() {
    let mut device = Device::provisioned(POLICY);
    for (secret, why) in [
        ("", WeakSecret::TooShort),
        ("admin", WeakSecret::TooShort),
        ("          ", WeakSecret::TooShort),
        ("   admin    ", WeakSecret::TooShort),
        ("password12", WeakSecret::Common),
        ("Password1!Admin", WeakSecret::Common),
        ("P@ssw0rd2026!", WeakSecret::Common),
        ("adminadmin", WeakSecret::Repetition),
        ("administrator", WeakSecret::Common),
        ("changeme1234", WeakSecret::Common),
        ("letmein-letmein", WeakSecret::Repetition),
        ("Willkommen2026", WeakSecret::Common),
        ("correct horse battery staple", WeakSecret::Common),
        ("1234567890", WeakSecret::Sequence),
        ("0987654321", WeakSecret::Sequence),
        ("qwertzuiop", WeakSecret::Sequence),
        ("123456qwerty", WeakSecret::Sequence),
        ("1q2w3e4r5t", WeakSecret::Common),
        ("abcdefghijk", WeakSecret::Sequence),
        ("aaaaaaaaaa", WeakSecret::Repetition),
        ("ababababab", WeakSecret::Repetition),
        ("horsehorse", WeakSecret::Repetition),
        ("2026-11-24", WeakSecret::OnlyDigits),
        ("+49 30 901820", WeakSecret::OnlyDigits),
        ("zero\0byte long", WeakSecret::NotText),
    ] {
        let refused = device.set_up(LABEL_SECRET, "Ada", secret);
        assert_eq!(refused.unwrap_err(), AuthError::Weak(why), "{secret:?}");
    }
    assert!(!block_on(device.auth.has_owner(&mut device.store)).unwrap());
}

#[test]
fn provision_5_1_1_secrets_derived_from_the_device_are_refused() {
    let mut device = Device::provisioned(POLICY);
    for secret in [
        "lamp-2 lamp-2 lamp",
        "my LAMP2 at home",
        "A00017 kitchen!",
        "71000a kitchen!",
        "kitchen a-00-01-7",
        "Adalbert's kettle",
        "trebladA s kettle",
        "7K4FM-2XQ9R-HT3W8",
        "xx 2xq9rh xx yy zz",
    ] {
        let refused = device.set_up(LABEL_SECRET, "Adalbert", secret);
        assert_eq!(refused.unwrap_err(), AuthError::Weak(WeakSecret::Derived), "{secret:?}");
    }
}

#[test]
fn good_secrets_are_taken() {
    for secret in [
        GOOD,
        OTHER,
        "kv7#mWq2!xTz",
        "Füchse jagen nachts",
        "ключ под ковриком",
        "三只小猪在山上盖房子呢",
        "rüben-brücke-7-wolken",
        &"long enough to be the whole of it ".repeat(4)[..128],
    ] {
        let fits = judge(&entered(secret), &[b"LAMP-2", b"A00017", b"Ada"]);
        if secret.len() == 128 {
            assert_eq!(fits, Err(WeakSecret::Repetition));
        } else {
            assert_eq!(fits, Ok(()), "{secret:?}");
        }
    }
}

#[test]
fn a_secret_is_never_cut_off() {
    let mut long = vec![b'x'; Entered::MAX + 1];
    assert_eq!(Entered::take(&mut long).unwrap_err(), WeakSecret::TooLong);
    assert!(long.iter().all(|b| *b == 0), "wiped all the same");
    let not_text = Entered::take(&mut [0xff; 12]).unwrap();
    assert_eq!(judge(&not_text, &[]), Err(WeakSecret::NotText));
}

#[test]
fn provision_5_1_1_there_is_no_account_before_the_owner_chose_a_secret() {
    let mut device = Device::provisioned(POLICY);
    for (who, secret) in [("admin", "admin"), ("owner", ""), ("Ada", GOOD), ("Ada", LABEL_SECRET)] {
        device.clock.0 += 1_000_000;
        assert!(matches!(device.log_in(who, secret), Err(AuthError::Refused { .. })));
    }
}

#[test]
fn the_label_secret_logs_nobody_in_after_set_up() {
    let mut device = Device::owned(POLICY);
    for who in ["Ada", "label", "owner"] {
        let refused = device.log_in(who, LABEL_SECRET);
        assert!(matches!(refused, Err(AuthError::Refused { .. })), "{who}");
    }
    assert_eq!(device.set_up(LABEL_SECRET, "Eve", OTHER).unwrap_err(), AuthError::AlreadyOwned);
}

#[test]
fn a_damaged_owner_record_does_not_open_set_up_again() {
    let mut device = Device::owned(POLICY);
    device.store.damaged = Some(id(&OWNER));
    let refused = device.set_up(LABEL_SECRET, "Eve", OTHER).unwrap_err();
    assert_eq!(refused, AuthError::Storage(StorageError::Damaged));
    // Neither does a record whose content means nothing.
    let mut device = Device::owned(POLICY);
    for len in [0, 1, 31, 86] {
        device.store.values.get_mut(&id(&OWNER)).unwrap().truncate(86 - len.min(86));
        let refused = device.set_up(LABEL_SECRET, "Eve", OTHER).unwrap_err();
        assert_eq!(refused, AuthError::Storage(StorageError::Damaged));
    }
}

// 5.1-3: verifiers

#[test]
fn provision_5_1_3_a_stolen_flash_is_of_no_use_on_another_chip() {
    let device = Device::owned(POLICY);
    let mut store = device.store.power_on();
    let mut other_chip = SoftwareRootKey::new(Secret::new([0x43; 32]), Software);
    let mut clock = Uptime::default();
    let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
    let mut auth: Auth<'_, _> =
        block_on(Auth::open(Software, &mut other_chip, &mut store, &mut clock, config)).unwrap();
    clock.0 = 10_000_000;
    let mut ports = gabion_auth::Ports {
        storage: &mut store,
        entropy: &mut Seeded(1),
        clock: &mut clock,
        events: &mut Recorder::default(),
    };
    let refused = block_on(auth.log_in(&mut ports, APP, &name("Ada"), &entered(GOOD)));
    assert!(matches!(refused, Err(AuthError::Refused { .. })));
}

#[test]
fn provision_5_1_3_only_a_salted_verifier_is_kept() {
    let mut a = Device::owned(POLICY);
    let owner = a.log_in("Ada", GOOD).unwrap();
    let by = a.auth.authorize::<Owner>(&mut a.clock, &owner.token).unwrap();
    // Two accounts with the same secret have nothing in common on flash.
    a.with(async |auth, ports| auth.add_user(ports, by, &name("Bob"), &entered(GOOD)).await)
        .unwrap();
    let records: Vec<_> = a.store.values.iter().filter(|(_, v)| v.len() == VERIFIER_LEN).collect();
    assert_eq!(records.len(), 3);
    for (at, (_, record)) in records.iter().enumerate() {
        assert!(!record.windows(8).any(|w| GOOD.as_bytes().windows(8).any(|g| g == w)));
        assert!(!record.windows(8).any(|w| LABEL_SECRET.as_bytes().windows(8).any(|g| g == w)));
        for (_, other) in &records[..at] {
            assert_ne!(record[6..22], other[6..22], "salts");
            assert_ne!(record[22..54], other[22..54], "hashes");
        }
    }
}

#[test]
fn provision_5_1_3_one_flipped_bit_of_a_secret_is_refused() {
    let policy = Policy { account: gabion_auth::Budget::new(200, 1, 1, None), ..POLICY };
    let mut device = Device::owned(policy);
    for bit in 0..GOOD.len() * 8 {
        device.clock.0 += 60_000;
        let mut typed = GOOD.as_bytes().to_vec();
        typed[bit / 8] ^= 1 << (bit % 8);
        let typed = Entered::take(&mut typed).unwrap();
        let refused =
            device.with(async |auth, ports| auth.log_in(ports, APP, &name("Ada"), &typed).await);
        assert!(matches!(refused, Err(AuthError::Refused { .. })), "bit {bit}");
    }
}

#[test]
fn a_record_of_one_account_does_not_serve_another() {
    // Roles are part of what is hashed: a user's record put in the owner's place lets nobody in.
    let mut device = Device::owned(POLICY);
    let owner = device.log_in("Ada", GOOD).unwrap();
    let by = device.auth.authorize::<Owner>(&mut device.clock, &owner.token).unwrap();
    device
        .with(async |auth, ports| auth.add_user(ports, by, &name("Bob"), &entered(OTHER)).await)
        .unwrap();
    let bob = device.store.values[&id(&gabion_auth::USER_1)].clone();
    device.store.values.insert(id(&OWNER), bob);
    device.store.values.remove(&id(&gabion_auth::USER_1));
    assert!(matches!(device.log_in("Bob", OTHER), Err(AuthError::Refused { .. })));
    let label = device.store.values[&id(&LABEL)].clone();
    device.store.values.insert(id(&OWNER), label);
    device.clock.0 += 1_000_000;
    assert!(matches!(device.log_in("Ada", LABEL_SECRET), Err(AuthError::Refused { .. })));
}

#[test]
fn a_dead_or_stuck_random_source_makes_no_verifier() {
    for broken in [Broken(None), Broken(Some(0)), Broken(Some(0x5a))] {
        let made = gabion_auth::label_verifier(
            &Software,
            &mut root_key(),
            &mut { broken },
            &POLICY,
            &Secret::new(*b"7K4FM2XQ9RHT3W8"),
        );
        assert_eq!(made.unwrap_err(), AuthError::Entropy);
    }
}

#[test]
fn a_random_source_that_dies_lets_nobody_in_and_is_told() {
    for broken in [Broken(None), Broken(Some(0x5a))] {
        let mut device = Device::owned(POLICY);
        let mut ports = gabion_auth::Ports {
            storage: &mut device.store,
            entropy: &mut { broken },
            clock: &mut device.clock,
            events: &mut device.events,
        };
        let (ada, secret, other) = (name("Ada"), entered(GOOD), entered(OTHER));
        let outcome = block_on(device.auth.log_in(&mut ports, APP, &ada, &secret));
        assert_eq!(outcome.unwrap_err(), AuthError::Entropy);
        let changed = device.auth.change_authenticator(&mut ports, APP, &ada, &secret, &other);
        assert_eq!(block_on(changed).unwrap_err(), AuthError::Entropy);
        assert_eq!(device.kinds(), [EventKind::EntropyFailed, EventKind::EntropyFailed]);
        // The old secret still counts.
        assert!(device.reboot_after(60_000).log_in("Ada", GOOD).is_ok());
    }
}

// Nothing is told

#[test]
fn unknown_user_costs_the_same() {
    // Counted work, writes and reads: of a wrong secret, of an unknown name, and of the right secret up to its second
    // commit. Counts, because they are exact; the timing of what they count is the provider's.
    let costs = |who: &str, secret: &str| {
        let mut device = Device::owned(POLICY);
        let before = (
            device.crypto.iterations.get(),
            device.crypto.hmacs.get(),
            device.store.commits,
            device.store.reads,
        );
        let outcome = device.log_in(who, secret);
        let kind = match outcome {
            Ok(_) => None,
            Err(AuthError::Refused { wait_ms }) => Some(wait_ms),
            Err(other) => panic!("{other:?}"),
        };
        let cost = (
            device.crypto.iterations.get() - before.0,
            device.crypto.hmacs.get() - before.1,
            device.store.commits - before.2,
            device.store.reads - before.3,
        );
        (kind, cost)
    };
    let wrong = costs("Ada", WRONG);
    assert_eq!(wrong, costs("Nobody", WRONG));
    assert_eq!(wrong, costs("Nobody", GOOD));
    assert_eq!(wrong, costs("a", "b"));
    let (right, cost) = costs("Ada", GOOD);
    assert_eq!(right, None);
    assert_eq!((cost.0, cost.2, cost.3), (wrong.1.0, wrong.1.2 + 1, wrong.1.3));
    assert_eq!(cost.1, wrong.1.1 + 1, "the session's token is hashed");
}

#[test]
fn the_throttle_does_not_tell_which_names_exist() {
    // For any number of wrong attempts, a known and an unknown name are answered alike.
    let answers = |who: &str| {
        let mut device = Device::owned(POLICY);
        let mut answers = Vec::new();
        for _ in 0..30 {
            answers.push(device.log_in(who, WRONG).unwrap_err());
            device.clock.0 += 700;
        }
        answers
    };
    assert_eq!(answers("Ada"), answers("Nobody"));
}

#[test]
fn the_right_secret_is_not_looked_at_while_the_throttle_is_closed() {
    let mut device = Device::owned(POLICY);
    while !matches!(device.log_in("Ada", WRONG), Err(AuthError::Throttled { .. })) {}
    let work = device.crypto.iterations.get();
    let commits = device.store.commits;
    let refused = device.log_in("Ada", GOOD).unwrap_err();
    assert!(matches!(refused, AuthError::Throttled { .. }));
    assert_eq!(device.crypto.iterations.get(), work);
    assert_eq!(
        device.store.commits, commits,
        "and writes nothing, so that nobody can wear out the flash"
    );
    assert_eq!(device.kinds().last(), Some(&EventKind::LoginThrottled));
}

// 5.1-5: guessing

#[test]
fn provision_5_1_5_the_attempt_is_on_flash_before_it_is_looked_at() {
    let mut device = Device::owned(POLICY);
    // The very commit that counts the attempt is cut: the secret, right or wrong, must not have been looked at.
    for secret in [GOOD, WRONG] {
        device.store.cut = Some((device.store.commits, false));
        let work = device.crypto.iterations.get();
        let refused = device.log_in("Ada", secret).unwrap_err();
        assert!(matches!(refused, AuthError::Storage(StorageError::Flash(PowerLost))));
        assert_eq!(device.crypto.iterations.get(), work, "{secret}");
        device = device.reboot();
        device.clock.0 += 1_000_000;
    }
}

#[test]
fn provision_5_1_5_power_cut_before_check_gives_no_free_attempt() {
    // An attacker cuts the power right after each answer, or right before it: the count goes up all the same.
    let mut device = Device::owned(POLICY);
    let mut looked_at = 0;
    for round in 0..40 {
        let work = device.crypto.iterations.get();
        device.store.cut = (round % 2 == 0).then_some((device.store.commits, true));
        let _ = device.log_in("Ada", WRONG);
        looked_at += u32::from(device.crypto.iterations.get() > work);
        device = device.reboot(); // no powered time passes
    }
    let free = 5;
    assert!(looked_at < free, "{looked_at} attempts were looked at without any wait");
}

#[test]
fn provision_5_1_5_reboot_does_not_shorten_the_penalty() {
    let mut device = Device::owned(POLICY);
    for _ in 0..12 {
        device.clock.0 += 1_000_000;
        let _ = device.log_in("Ada", WRONG);
    }
    let Err(AuthError::Throttled { wait_ms }) = device.log_in("Ada", GOOD) else {
        panic!("closed")
    };
    device.clock.0 += u64::from(wait_ms) / 2;
    let mut device = device.reboot();
    let Err(AuthError::Throttled { wait_ms: after }) = device.log_in("Ada", GOOD) else {
        panic!("closed")
    };
    assert!(after >= wait_ms, "the wait starts anew: {after} of {wait_ms}");
    device.clock.0 += u64::from(after) - 1;
    assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Throttled { wait_ms: 1 })));
    device.clock.0 += 1;
    assert!(device.log_in("Ada", GOOD).is_ok(), "and ends: nobody is locked out for good");
}

#[test]
fn provision_5_1_5_a_reboot_loop_gives_no_attempt() {
    let mut device = Device::owned(POLICY);
    while !matches!(device.log_in("Ada", WRONG), Err(AuthError::Throttled { .. })) {}
    for _ in 0..100 {
        device = device.reboot();
        device.clock.0 += 900;
        assert!(matches!(device.log_in("Ada", GOOD), Err(AuthError::Throttled { .. })));
    }
}

#[test]
fn losing_or_damaging_the_count_gains_nothing() {
    let device = Device::owned(POLICY);
    for damage in 0..4 {
        let mut store = device.store.power_on();
        match damage {
            0 => drop(store.values.remove(&throttle_id())),
            1 => store.damaged = Some(throttle_id()),
            2 => store.values.get_mut(&throttle_id()).unwrap().truncate(3),
            _ => store.values.get_mut(&throttle_id()).unwrap()[0] ^= 1,
        }
        let mut device = Device::boot(store, POLICY, 5);
        let refused = device.log_in("Ada", GOOD);
        let Err(AuthError::Throttled { wait_ms }) = refused else {
            panic!("{damage}: {refused:?}")
        };
        assert!(wait_ms >= if damage == 0 { 1_000 } else { 900_000 }, "{damage}: {wait_ms}");
    }
}

#[test]
fn changing_the_interface_or_the_name_does_not_escape_the_global_budget() {
    let mut device = Device::owned(POLICY);
    let mut looked_at = 0;
    for round in 0..200 {
        let interface = if round % 2 == 0 { APP } else { WEB };
        let outcome = device.log_in_over(interface, &format!("name {round}"), WRONG);
        looked_at += u32::from(matches!(outcome, Err(AuthError::Refused { .. })));
    }
    assert!(looked_at <= 12, "{looked_at} attempts at once");
}

#[test]
fn one_interface_under_attack_leaves_the_other_some_budget() {
    let mut device = Device::owned(POLICY);
    for round in 0..200 {
        let _ = device.log_in_over(WEB, &format!("name {round}"), WRONG);
    }
    assert!(matches!(device.log_in_over(WEB, "Ada", GOOD), Err(AuthError::Throttled { .. })));
    assert!(device.log_in_over(APP, "Ada", GOOD).is_ok());
}

#[test]
fn an_attackers_own_log_ins_do_not_reset_what_counts_against_the_device() {
    // Bob may log in, and guesses Ada's secret between his log-ins.
    let mut device = Device::owned(POLICY);
    let owner = device.log_in("Ada", GOOD).unwrap();
    let by = device.auth.authorize::<Owner>(&mut device.clock, &owner.token).unwrap();
    device
        .with(async |auth, ports| auth.add_user(ports, by, &name("Bob"), &entered(OTHER)).await)
        .unwrap();
    // An hour's share of the day's bound, and what is free at the start.
    let bound = 18 + 2 * 60 + 2;
    let mut guesses = 0_u64;
    let mut waits = 0_u64;
    while waits < 3_600_000 && guesses <= bound {
        match device.log_in("Ada", WRONG) {
            Err(AuthError::Refused { .. }) => guesses += 1,
            Err(AuthError::Throttled { .. }) => {
                device.clock.0 += 1_000;
                waits += 1_000;
            }
            other => panic!("{other:?}"),
        }
        let _ = device.log_in("Bob", OTHER);
    }
    assert!(guesses <= bound, "{guesses} guesses in an hour");
}

#[test]
fn the_policy_is_bounded_in_attempts_per_day() {
    assert_eq!(POLICY.global.attempts_per_day(), 2_899);
    assert_eq!(POLICY.account.attempts_per_day(), 112);
    const _: Policy = Policy::STANDARD.meets(23_u128.pow(14));
    const _: Policy = Policy::STANDARD.meets(1_000_000);
}

// 5.1-4 and sessions

#[test]
fn a_session_token_of_another_boot_or_made_up_opens_nothing() {
    let mut device = Device::owned(POLICY);
    let token = device.log_in("Ada", GOOD).unwrap().token;
    for bit in 0..128 {
        let mut bytes = *token.expose();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let forged = SessionToken::received(bytes);
        let refused = device.auth.authorize::<Owner>(&mut device.clock, &forged);
        assert_eq!(refused.unwrap_err(), SessionError::NoSession);
    }
    let zero = SessionToken::received([0; 16]);
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &zero).is_err());
    let mut device = device.reboot();
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &token).is_err());
}

#[test]
fn tokens_are_never_the_same() {
    let mut device = Device::owned(POLICY);
    let mut seen = BTreeMap::new();
    for round in 0..50 {
        device.clock.0 += 1_000;
        let token = *device.log_in("Ada", GOOD).unwrap().token.expose();
        assert!(seen.insert(token, round).is_none());
    }
}

#[test]
fn provision_5_1_4_a_stolen_session_does_not_survive_the_change() {
    let mut device = Device::owned(POLICY);
    let stolen = device.log_in("Ada", GOOD).unwrap().token;
    // Even when the commit of the change is cut, the stolen session is gone.
    for after in [false, true] {
        let mut again = Device::owned(POLICY);
        let token = again.log_in("Ada", GOOD).unwrap().token;
        again.store.cut = Some((again.store.commits + 1, after));
        again.change("Ada", GOOD, OTHER).unwrap_err();
        assert!(again.auth.authorize::<Owner>(&mut again.clock, &token).is_err());
    }
    let _ = device.change("Ada", GOOD, OTHER).unwrap();
    assert!(device.auth.authorize::<Owner>(&mut device.clock, &stolen).is_err());
}

#[test]
fn provision_5_1_4_the_change_is_throttled_like_a_log_in() {
    let mut device = Device::owned(POLICY);
    let mut looked_at = 0;
    for _ in 0..50 {
        let outcome = device.change("Ada", WRONG, OTHER);
        looked_at += u32::from(matches!(outcome, Err(AuthError::Refused { .. })));
    }
    assert!(looked_at <= 5, "{looked_at}");
}

#[test]
fn the_change_of_a_secret_is_no_oracle_for_the_label() {
    // "The new secret may not be the label's" is told only to one who knows the old one.
    let mut device = Device::owned(POLICY);
    for (old, new) in [(WRONG, LABEL_SECRET), (WRONG, "7k4fm-2xq9r-ht3w8")] {
        let work = device.crypto.iterations.get();
        let refused = device.change("Ada", old, new).unwrap_err();
        assert!(matches!(refused, AuthError::Refused { .. }), "{refused:?}");
        let once = u64::from(POLICY.iterations);
        assert_eq!(device.crypto.iterations.get() - work, once, "only the old secret is looked at");
    }
    for _ in 0..20 {
        let refused = device.change("Ada", GOOD, LABEL_SECRET).unwrap_err();
        assert_eq!(refused, AuthError::Weak(WeakSecret::Derived), "and that costs no attempt");
    }
    assert!(device.log_in("Ada", GOOD).is_ok());
}

#[test]
fn guessing_the_label_is_throttled_like_a_log_in() {
    let mut device = Device::provisioned(POLICY);
    let mut looked_at = 0;
    for _ in 0..50 {
        let outcome = device.set_up("2222222222222XX", "Eve", OTHER);
        looked_at += u32::from(matches!(outcome, Err(AuthError::Refused { .. })));
    }
    assert!(looked_at <= 5, "{looked_at}");
    // And neither a reboot nor a factory reset, which destroys what users stored, gives it back.
    block_on(gabion_storage::Storage::erase_class(
        &mut device.store,
        gabion_profile::Class::UserSecret,
    ))
    .unwrap();
    let mut device = device.reboot();
    assert!(matches!(device.set_up(LABEL_SECRET, "Eve", OTHER), Err(AuthError::Throttled { .. })));
}

#[test]
fn a_broken_root_key_lets_nobody_in() {
    struct Dead;
    impl gabion_hal::RootKey for Dead {
        type Error = ();
        fn derive(&mut self, _: &[u8], _: &mut [u8; 32]) -> Result<(), ()> {
            Err(())
        }
    }
    let device = Device::owned(POLICY);
    let mut store = device.store.power_on();
    let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
    let opened: Result<Auth<'_, Software>, _> =
        block_on(Auth::open(Software, &mut Dead, &mut store, &mut Uptime::default(), config));
    assert!(matches!(opened, Err(AuthError::Crypto(_))));
}
