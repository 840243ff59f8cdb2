//! What the crate promises.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../../gabion-auth/tests/double/mod.rs"]
mod double;

use double::{
    APP, Counting, FACTS, GOOD, INTERFACES, MemoryStore, POLICY, Recorder, Seeded, Uptime,
    block_on, entered, name, root_key,
};
use gabion_auth::{Auth, AuthError, Config, Entered, Ports, Session, WeakSecret};
use gabion_crypto::Software;
use gabion_hal::{DebugPortState, EventKind, NoEvents, TimeQuality, WallTime};
use gabion_provision::{
    Device, FactoryProvisioned, Label, LifeCycle, Model, NoFuse, Owned, Serial, Unprovisioned,
};
use gabion_setup::*;

fn order() -> Order<'static> {
    Order {
        model: Model::new(b"LAMP-2").unwrap(),
        serial: Serial::new(b"A00017").unwrap(),
        public: &[b"02:4F:7C:D3:99:8E"],
        policy: POLICY,
    }
}

fn open(store: &mut MemoryStore) -> LifeCycle {
    block_on(LifeCycle::open(store, CREDENTIALS, &mut NoFuse)).unwrap()
}

fn fresh(store: &mut MemoryStore) -> Unprovisioned {
    match open(store) {
        LifeCycle::Unprovisioned(device) => device,
        other => panic!("{other:?}"),
    }
}

fn provision(store: &mut MemoryStore) -> (Device<FactoryProvisioned>, Label) {
    let device = fresh(store);
    let mut factory = Factory {
        crypto: &Software,
        root_key: &mut root_key(),
        entropy: &mut Seeded(77),
        fuse: &mut NoFuse,
        events: &mut NoEvents,
    };
    block_on(factory.provision(device, store, &order())).unwrap()
}

struct Bench {
    store: MemoryStore,
    auth: Auth<'static, Counting>,
    clock: Uptime,
    events: Recorder,
}

impl Bench {
    fn boot(mut store: MemoryStore) -> Self {
        let mut clock = Uptime(0);
        let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
        let crypto = Counting::default();
        let auth =
            block_on(Auth::open(crypto, &mut root_key(), &mut store, &mut clock, config)).unwrap();
        clock.0 = 1_000;
        Self { store, auth, clock, events: Recorder::default() }
    }

    fn claim(
        &mut self,
        device: Device<FactoryProvisioned>,
        label: &Entered,
        secret: &str,
    ) -> Result<(Device<Owned>, Session), ClaimError<double::PowerLost>> {
        let mut ports = Ports {
            storage: &mut self.store,
            entropy: &mut Seeded(5),
            clock: &mut self.clock,
            events: &mut self.events,
        };
        let owner = Owner { label, name: &name("Ada"), secret: &entered(secret) };
        block_on(claim(device, &mut self.auth, &mut ports, APP, owner))
    }
}

#[test]
fn from_the_line_to_an_owner() {
    let mut store = MemoryStore::default();
    let (device, label) = provision(&mut store);
    let typed = entered(&label.secret.grouped().to_string());
    let mut bench = Bench::boot(store.power_on());
    let (device, session) = bench.claim(device, &typed, GOOD).unwrap();
    assert_eq!(device.serial(), order().serial);
    let owner = bench.auth.authorize(&mut bench.clock, &session.token).unwrap();
    block_on(Choices::RECOMMENDED.save(&mut bench.store, owner)).unwrap();
    assert_eq!(block_on(Choices::load(&mut bench.store)).unwrap(), Some(Choices::RECOMMENDED));
    assert!(matches!(open(&mut bench.store.power_on()), LifeCycle::Owned(_)));
    let kinds: Vec<_> = bench.events.0.iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::AuthenticatorChanged, EventKind::LoginSucceeded, EventKind::SetUpFinished]
    );
}

#[test]
fn a_wrong_label_or_a_weak_secret_gives_the_device_back() {
    let mut store = MemoryStore::default();
    let (device, label) = provision(&mut store);
    let typed = entered(&label.secret.grouped().to_string());
    let mut bench = Bench::boot(store.power_on());
    let Err(ClaimError::TryAgain(device, why)) = bench.claim(device, &typed, "hello") else {
        panic!("weak")
    };
    assert_eq!(why, AuthError::Weak(WeakSecret::TooShort));
    let wrong = entered("2222222222222XX");
    let Err(ClaimError::TryAgain(device, why)) = bench.claim(device, &wrong, GOOD) else {
        panic!("wrong label")
    };
    assert!(matches!(why, AuthError::Refused { .. }));
    bench.clock.0 += 60_000;
    let _ = bench.claim(device, &typed, GOOD).unwrap();
}

#[test]
fn a_label_printed_first_can_be_injected() {
    let mut store = MemoryStore::default();
    let device = fresh(&mut store);
    let secret = gabion_provision::LabelSecret::generate(&mut Seeded(3), &[]).unwrap();
    let mut factory = Factory {
        crypto: &Software,
        root_key: &mut root_key(),
        entropy: &mut Seeded(78),
        fuse: &mut NoFuse,
        events: &mut NoEvents,
    };
    let device = block_on(factory.provision_with(device, &mut store, &order(), &secret)).unwrap();
    let mut bench = Bench::boot(store.power_on());
    let _ = bench.claim(device, &entered(&secret.grouped().to_string()), GOOD).unwrap();
}

#[test]
fn power_cut_after_the_owner_is_set_goes_on_with_the_questions() {
    let mut store = MemoryStore::default();
    let (device, label) = provision(&mut store);
    let typed = entered(&label.secret.grouped().to_string());
    let mut bench = Bench::boot(store.power_on());
    // Commits of set-up: the attempt, then the owner.
    bench.store.cut = Some((1, true));
    let Err(ClaimError::Reopen(_)) = bench.claim(device, &typed, GOOD) else { panic!("cut") };
    let mut store = bench.store.power_on();
    assert!(matches!(open(&mut store), LifeCycle::Owned(_)));
    assert_eq!(block_on(Choices::load(&mut store)).unwrap(), None, "the questions are due");
    assert_eq!(Guide::questions_only().step(), Step::Question(Question::Updates));
}

#[test]
fn provision_5_1_1_no_page_lets_anyone_skip_the_secret() {
    let mut guide = Guide::first_set_up();
    for _ in 0..20 {
        guide.next();
    }
    assert_eq!(guide.step(), Step::Secret);
    guide.answer_updates(Updates::Ask);
    guide.answer_fault_reports(true);
    assert_eq!(guide.step(), Step::Secret);
    assert_eq!(guide.choices(), Choices::RECOMMENDED);
}

#[test]
fn provision_5_12_1_whoever_only_says_next_is_secure() {
    let mut guide = Guide::questions_only();
    let mut pages = 3; // welcome, label, secret
    while guide.step() != Step::Done {
        pages += 1;
        guide.next();
    }
    assert!(pages <= 6, "{pages} pages");
    assert_eq!(guide.choices(), Choices { updates: Updates::Automatic, fault_reports: false });
    let questions = OPTIONS.iter().filter(|o| o.question.is_some()).count();
    assert!(questions <= 2, "few decisions");
}

#[test]
fn back_and_other_answers_work() {
    let mut guide = Guide::questions_only();
    guide.answer_updates(Updates::Ask);
    guide.back();
    assert_eq!(guide.step(), Step::Question(Question::Updates));
    guide.answer_updates(Updates::Automatic);
    guide.answer_updates(Updates::Ask); // not asked here
    guide.answer_fault_reports(true);
    assert_eq!(guide.step(), Step::Check);
    assert_eq!(guide.choices(), Choices { updates: Updates::Automatic, fault_reports: true });
    guide.back();
    assert_eq!(guide.step(), Step::Question(Question::FaultReports));
}

#[test]
fn provision_5_3_4b_nothing_runs_by_itself_before_the_owner_was_asked() {
    assert_eq!(block_on(Choices::load(&mut MemoryStore::default())).unwrap(), None);
    assert_eq!(Choices::UNASKED.updates, Updates::Ask);
    const { assert!(!Choices::UNASKED.fault_reports) };
}

#[test]
fn choices_that_mean_nothing_count_as_not_asked() {
    let id = CHOICES.parameter().id.raw();
    let valid = [[1, 1, 1], [1, 1, 2], [1, 2, 1], [1, 2, 2]];
    for a in 0..=255_u8 {
        for b in [0, 1, 2, 3, 0xff] {
            for c in [0, 1, 2, 3, 0xff] {
                let mut store = MemoryStore::default();
                store.values.insert(id, vec![a, b, c]);
                let got = block_on(Choices::load(&mut store)).unwrap();
                assert_eq!(got.is_some(), valid.contains(&[a, b, c]));
            }
        }
    }
    for odd in [vec![], vec![1], vec![1, 1], vec![1, 1, 1, 1]] {
        let mut store = MemoryStore::default();
        store.values.insert(id, odd);
        assert_eq!(block_on(Choices::load(&mut store)).unwrap(), None);
    }
    let mut store = MemoryStore { damaged: Some(id), ..MemoryStore::default() };
    assert_eq!(block_on(Choices::load(&mut store)).unwrap(), None);
}

const SOUND: Posture = Posture {
    owned: Some(true),
    debug_port: Some(DebugPortState::Locked),
    software_verified: true,
    choices: Some(Choices::RECOMMENDED),
    update_check_age_s: Some(3_600),
    support: Support::Current,
    store_damaged: false,
    entropy_works: true,
    being_guessed_at: false,
};

#[test]
fn provision_5_12_3_the_device_says_whether_it_is_set_up_securely() {
    assert_eq!(self_check(&SOUND).worst(), Verdict::Good);
    let worse: [(Check, Posture, Verdict); 16] = [
        (Check::Owner, Posture { owned: Some(false), ..SOUND }, Verdict::Attention),
        (Check::Owner, Posture { owned: None, ..SOUND }, Verdict::Bad),
        (Check::Debug, Posture { debug_port: Some(DebugPortState::Open), ..SOUND }, Verdict::Bad),
        (Check::Debug, Posture { debug_port: None, ..SOUND }, Verdict::Bad),
        (
            Check::Debug,
            Posture { debug_port: Some(DebugPortState::LockedUntilReset), ..SOUND },
            Verdict::Attention,
        ),
        (Check::Software, Posture { software_verified: false, ..SOUND }, Verdict::Bad),
        (Check::Updates, Posture { choices: None, ..SOUND }, Verdict::Attention),
        (Check::Updates, Posture { choices: Some(Choices::UNASKED), ..SOUND }, Verdict::Attention),
        (Check::Updates, Posture { update_check_age_s: None, ..SOUND }, Verdict::Attention),
        (
            Check::Updates,
            Posture { update_check_age_s: Some(15 * 86_400), ..SOUND },
            Verdict::Attention,
        ),
        (Check::Support, Posture { support: Support::Ended, ..SOUND }, Verdict::Bad),
        (Check::Support, Posture { support: Support::Unknown, ..SOUND }, Verdict::Attention),
        (Check::Store, Posture { store_damaged: true, ..SOUND }, Verdict::Bad),
        (Check::Random, Posture { entropy_works: false, ..SOUND }, Verdict::Bad),
        (Check::Guessing, Posture { being_guessed_at: true, ..SOUND }, Verdict::Attention),
        (Check::Guessing, SOUND, Verdict::Good),
    ];
    for (check, posture, verdict) in worse {
        let report = self_check(&posture);
        assert_eq!(report.worst(), verdict, "{check:?}");
        for finding in report.findings() {
            let expected = if finding.check == check { verdict } else { Verdict::Good };
            assert_eq!(finding.verdict, expected, "{posture:?}");
        }
    }
}

#[test]
fn the_support_period_ends_at_the_end_of_its_last_day() {
    let at = |unix_seconds, quality| Some(WallTime { unix_seconds, quality });
    let good = TimeQuality::Authenticated;
    // 2030-12-31T23:59:59Z and one second later.
    assert_eq!(support_at("2030-12-31", at(1_924_991_999, good)), Support::Current);
    assert_eq!(support_at("2030-12-31", at(1_924_992_000, good)), Support::Ended);
    assert_eq!(support_at("2030-12-31", at(1_924_991_999, TimeQuality::Floor)), Support::Unknown);
    assert_eq!(support_at("2030-12-31", at(1_924_992_000, TimeQuality::Floor)), Support::Ended);
    assert_eq!(support_at("2030-12-31", None), Support::Unknown);
    assert_eq!(support_at("1970-01-01", at(86_399, good)), Support::Current);
    assert_eq!(support_at("2028-02-29", at(1_835_481_599, good)), Support::Current);
    assert_eq!(support_at("2028-02-29", at(1_835_481_600, good)), Support::Ended);
    for odd in [
        "",
        "2030-13-01",
        "2030-02-30",
        "2029-02-29",
        "2030-00-10",
        "2030-1-10",
        "x030-01-01",
        "2030-01-00",
    ] {
        assert_eq!(support_at(odd, at(0, good)), Support::Unknown, "{odd}");
    }
}

#[test]
fn waits_are_rounded_up() {
    let say = |ms, language| {
        let mut out = String::new();
        say_wait(ms, language, &mut out).unwrap();
        out
    };
    assert_eq!(say(1, Language::English), "Too many tries. Please wait 1 second.");
    assert_eq!(say(1_001, Language::English), "Too many tries. Please wait 2 seconds.");
    assert_eq!(say(119_001, Language::English), "Too many tries. Please wait 2 minutes.");
    assert_eq!(say(900_000, Language::German), "Zu viele Versuche. Bitte warten Sie 15 Minuten.");
}
