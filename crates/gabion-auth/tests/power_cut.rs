//! The law of every crash test, for log-ins: over the real store and the simulated chip, the power fails at every step (a
//! word, an erase, a count) of every operation, in every way. No cut gives a free attempt, none shortens a wait, and a change
//! of the secret happens whole or not at all (EN 303 645 5.1-4, 5.1-5).
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::cell::RefCell;

use double::{APP, Counting, FACTS, GOOD, INTERFACES, LABEL_SECRET, OTHER, entered, name};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_auth::{
    Auth, AuthError, Budget, Config, LABEL, OWNER, PARAMETERS, PhysicalPresence, Policy, Ports,
    THROTTLE, label_verifier,
};
use gabion_crypto::{Secret, Software};
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion_hal::RootKey;
use gabion_profile::Parameter;
use gabion_sim::{
    Chip, Cut, Fault, Off, Setup, SimClock, SimCounter, SimEntropy, SimEvents, SimFlash, block_on,
};
use gabion_storage::{Change, Storage, StorageError, Store};

const PAGE: usize = 1024;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 8 * PAGE as u32);
const LISTS: &[&[Parameter]] = &[PARAMETERS];

type Nor = SimFlash<4, PAGE>;
type Flash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
type Sealed<'a> = Store<Flash<'a>, Software, SimCounter, 12, 192>;
type FlashError = gabion_flash::FlashError<gabion_sim::FlashError>;

/// Free attempts and waits are small, so that every level is reached; interfaces and device forget within the pause that the
/// tests make before each operation, so that the account's level alone decides.
const POLICY: Policy = Policy {
    account: Budget::new(2, 1_000, 16_000, None),
    interface: Budget::new(3, 1_000, 4_000, Some(1_000)),
    global: Budget::new(3, 1_000, 4_000, Some(1_000)),
    iterations: 2,
    ..Policy::STANDARD
};
const WRONG: &str = "wrong wrong wrong x";

/// A store that is honest, or that says it counted the attempt and writes it with the next commit: what "check, then commit"
/// amounts to.
struct Between<'a, 'b> {
    store: &'b mut Sealed<'a>,
    lazy: bool,
    owed: RefCell<Option<Vec<u8>>>,
}

impl Storage for Between<'_, '_> {
    type FlashError = FlashError;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<FlashError>> {
        self.store.read(parameter, out).await
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<FlashError>> {
        if self.lazy {
            if let [one] = changes
                && one.parameter().id == THROTTLE.parameter().id
                && self.owed.borrow().is_none()
            {
                *self.owed.borrow_mut() = one.value().map(<[u8]>::to_vec);
                return Ok(());
            }
            let owed = self.owed.borrow_mut().take();
            if let Some(value) = owed {
                self.store.put(&THROTTLE, &value).await?;
            }
        }
        self.store.commit(changes).await
    }

    async fn erase_class(
        &mut self,
        class: gabion_profile::Class,
    ) -> Result<(), StorageError<FlashError>> {
        self.store.erase_class(class).await
    }
}

type Here<'p, 'a, 'b> = Ports<'p, Between<'a, 'b>, SimEntropy, SimClock, SimEvents>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Wrong,
    Right,
    RightOther,
    Change,
    ChangeWrong,
    SetUp,
    SetUpWrong,
    Forgive,
}

struct Ran {
    off: Off<Nor>,
    steps: u64,
    lost: bool,
    looked_at: bool,
    outcome: Result<(), AuthError<FlashError>>,
}

struct Button;

impl gabion_auth::PresenceSensor for Button {
    fn is_present(&mut self) -> bool {
        true
    }
}

async fn perform(
    op: Op,
    auth: &mut Auth<'static, Counting>,
    ports: &mut Here<'_, '_, '_>,
) -> Result<(), AuthError<FlashError>> {
    let ada = name("Ada");
    match op {
        Op::Wrong => auth.log_in(ports, APP, &ada, &entered(WRONG)).await.map(drop),
        Op::Right => auth.log_in(ports, APP, &ada, &entered(GOOD)).await.map(drop),
        Op::RightOther => auth.log_in(ports, APP, &ada, &entered(OTHER)).await.map(drop),
        Op::Change => {
            let (old, new) = (entered(GOOD), entered(OTHER));
            auth.change_authenticator(ports, APP, &ada, &old, &new).await.map(drop)
        }
        Op::ChangeWrong => {
            let (old, new) = (entered(WRONG), entered(OTHER));
            auth.change_authenticator(ports, APP, &ada, &old, &new).await.map(drop)
        }
        Op::SetUp => {
            let (label, secret) = (entered(LABEL_SECRET), entered(GOOD));
            auth.set_up_owner(ports, APP, &label, &ada, &secret).await.map(drop)
        }
        Op::SetUpWrong => {
            let (label, secret) = (entered("2222222222222XX"), entered(GOOD));
            auth.set_up_owner(ports, APP, &label, &ada, &secret).await.map(drop)
        }
        Op::Forgive => {
            let presence = PhysicalPresence::confirm(&mut Button).unwrap();
            auth.forgive(ports, presence).await
        }
    }
}

type Shelf<'a> = Shared<NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;

/// Opens journal and store on a powered board, runs `act`, and closes. `None`: the power failed on the way.
fn with_store<T>(
    flash: &mut Nor,
    chip: &mut Chip,
    format: bool,
    act: impl FnOnce(&mut Sealed<'_>, &mut Chip) -> T,
) -> Option<T> {
    let journaled = block_on(Journaled::open_multiwrite(flash, JOURNAL)).ok()?;
    let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
    let mut shelf = Shelf::new(journaled);
    let [region] = shelf.split(&layout).unwrap();
    let config = gabion_storage::Config::new(LISTS);
    let counter = chip.counter.clone();
    let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
    let store = if format {
        block_on(Store::format(region, config, Software, counter, root, entropy, events))
    } else {
        block_on(Store::open(region, config, Software, counter, root, entropy, events))
    };
    Some(act(&mut store.ok()?, chip))
}

/// Powers on, lets `pause_ms` pass, runs one operation with a cut in it, powers off.
fn run(off: Off<Nor>, op: Option<Op>, pause_ms: u64, cut: Option<Cut>, lazy: bool) -> Ran {
    let mut board = off.power_on(None);
    let supply = board.supply.clone();
    let ran = with_store(&mut board.flash, &mut board.chip, false, |store, chip| {
        let mut between = Between { store, lazy, owed: RefCell::new(None) };
        let crypto = Counting::default();
        let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
        let (root, clock) = (&mut chip.root_key, &mut chip.clock);
        let opened = Auth::open(crypto.clone(), root, &mut between, clock, config);
        let mut auth = block_on(opened).unwrap();
        chip.clock.advance_ms(pause_ms);
        let before = supply.steps();
        if let Some(cut) = cut {
            supply.arm(cut);
        }
        let mut ports = Ports {
            storage: &mut between,
            entropy: &mut chip.entropy,
            clock: &mut chip.clock,
            events: &mut chip.events,
        };
        let outcome = match op {
            Some(op) => block_on(perform(op, &mut auth, &mut ports)),
            None => Ok(()),
        };
        (outcome, crypto.iterations.get() > 0, supply.steps() - before)
    });
    let (outcome, looked_at, steps) = ran.expect("a power on without a cut opens");
    let lost = board.supply.is_lost();
    assert!(board.flash.illegal_writes().is_empty());
    Ran { off: board.power_off(), steps, lost, looked_at, outcome }
}

/// Powers on and cuts the recovery itself.
fn cut_recovery(off: &Off<Nor>, cut: Cut) -> Off<Nor> {
    let mut board = off.clone().power_on(Some(cut));
    with_store(&mut board.flash, &mut board.chip, false, |_, _| ());
    assert!(board.flash.illegal_writes().is_empty());
    board.power_off()
}

/// What is true after a power on, asked of copies, so that asking changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    wait_ms: u32,
    good: bool,
    other: bool,
    has_owner: bool,
}

const LONG: u64 = 10_000_000;

fn look(off: &Off<Nor>, label: bool) -> Seen {
    let attempt = |op, pause| run(off.clone(), Some(op), pause, None, false).outcome;
    // The wait is what an attempt right after the power on is told.
    let probe = if label { Op::SetUpWrong } else { Op::Wrong };
    let wait_ms = match attempt(probe, 0) {
        Err(AuthError::Throttled { wait_ms }) => wait_ms,
        Err(AuthError::Refused { .. } | AuthError::AlreadyOwned) => 0,
        other => panic!("{other:?}"),
    };
    let good = attempt(Op::Right, LONG).is_ok();
    let other = attempt(Op::RightOther, LONG).is_ok();
    let has_owner = matches!(attempt(Op::SetUp, LONG), Err(AuthError::AlreadyOwned));
    Seen { wait_ms, good, other, has_owner }
}

/// A device from the factory: journal, store, label.
fn provisioned() -> Off<Nor> {
    let mut board = Off::<Nor>::new(Setup::new(10 * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    with_store(&mut board.flash, &mut board.chip, true, |store, chip| {
        let secret = Secret::new(*b"7K4FM2XQ9RHT3W8");
        let (root, entropy) = (&mut chip.root_key, &mut chip.entropy);
        let verifier = label_verifier(&Software, root, entropy, &POLICY, &secret).unwrap();
        block_on(store.put(&LABEL, &verifier)).unwrap();
    })
    .unwrap();
    board.power_off()
}

fn after(off: Off<Nor>, ops: &[Op]) -> Off<Nor> {
    ops.iter().fold(off, |off, op| {
        let ran = run(off, Some(*op), LONG, None, false);
        assert!(!ran.lost);
        ran.off
    })
}

/// Steps of a recovery that are cut.
const RECOVERY: u64 = 19;
const RECOVERY_FAULTS: [Fault; 3] = [Fault::Clean, Fault::TornWord, Fault::EraseTorn];

/// What broke, for the planted bug.
#[derive(Debug, PartialEq, Eq)]
struct Broken(&'static str, Cut);

/// Cuts `op` at every step in every way and judges. Returns how many cuts there were.
fn sweep(base: &Off<Nor>, op: Op, seeds: u64, lazy: bool) -> Result<u64, Broken> {
    let label = matches!(op, Op::SetUp | Op::SetUpWrong);
    let old = look(base, label);
    let clean = run(base.clone(), Some(op), LONG, None, lazy);
    let new = look(&clean.off, label);
    let mut cuts = 0;
    for at in 0..clean.steps {
        for fault in Fault::ALL {
            for seed in 0..seeds {
                let cut = Cut::new(at, fault, seed);
                let ran = run(base.clone(), Some(op), LONG, Some(cut), lazy);
                if !ran.lost {
                    continue; // no step of a kind to which the fault applies follows
                }
                cuts += 1;
                judge(&ran, op, label, (old, new)).map_err(|why| Broken(why, cut))?;
                if seed > 0 {
                    continue;
                }
                // The recovery is cut as well, at a step that moves on from cut to cut.
                let again = Cut::new(cuts % RECOVERY, RECOVERY_FAULTS[(cuts % 3) as usize], cuts);
                let ran = Ran { off: cut_recovery(&ran.off, again), ..ran };
                judge(&ran, op, label, (old, new)).map_err(|why| Broken(why, again))?;
                cuts += 1;
            }
        }
    }
    Ok(cuts)
}

fn judge(ran: &Ran, op: Op, label: bool, (old, new): (Seen, Seen)) -> Result<(), &'static str> {
    let seen = look(&ran.off, label);
    // The secrets: the old ones or the new ones.
    let secrets = |s: &Seen| (s.good, s.other, s.has_owner);
    if secrets(&seen) != secrets(&old) && secrets(&seen) != secrets(&new) {
        return Err("a third state of the secrets");
    }
    let done = secrets(&seen) == secrets(&new) && secrets(&old) != secrets(&new);
    let right = matches!(op, Op::Right | Op::Change | Op::SetUp | Op::Forgive);
    // The throttle: a wrong attempt that was looked at is counted; nothing shortens a wait but what the operation earns.
    if !right && ran.looked_at && seen.wait_ms < new.wait_ms {
        return Err("a free attempt");
    }
    if !right && seen.wait_ms < old.wait_ms {
        return Err("a shorter wait");
    }
    if right && seen.wait_ms < old.wait_ms && seen.wait_ms != new.wait_ms {
        return Err("a shorter wait");
    }
    if done && seen.wait_ms > new.wait_ms {
        return Err("changed, but not settled");
    }
    if ran.outcome.is_ok() && seen != new {
        return Err("acknowledged and lost");
    }
    // A second power on changes nothing.
    let again = run(ran.off.clone(), None, 0, None, false);
    if look(&again.off, label) != seen {
        return Err("a second power on changes something");
    }
    // The operation can be tried again.
    let retried = run(again.off, Some(op), LONG, None, false);
    let fine = match op {
        Op::Wrong | Op::ChangeWrong | Op::SetUpWrong => {
            matches!(retried.outcome, Err(AuthError::Refused { .. }))
        }
        Op::Change if done => matches!(retried.outcome, Err(AuthError::Refused { .. })),
        Op::SetUp if done => retried.outcome == Err(AuthError::AlreadyOwned),
        _ => retried.outcome.is_ok(),
    };
    if fine { Ok(()) } else { Err("cannot be tried again") }
}

fn owned() -> Off<Nor> {
    after(provisioned(), &[Op::SetUp])
}

fn assert_clean(name: &str, base: &Off<Nor>, op: Op) {
    let cuts = sweep(base, op, 2, false).unwrap();
    assert!(cuts > 20, "{name}: only {cuts} cuts");
    println!("{name}: {cuts} cuts, none broke a promise");
}

#[test]
fn provision_5_1_5_no_cut_in_a_wrong_log_in_gives_a_free_attempt() {
    let base = owned();
    assert_clean("first wrong log-in", &base, Op::Wrong);
    let base = after(base, &[Op::Wrong, Op::Wrong, Op::Wrong]);
    assert_clean("fourth wrong log-in", &base, Op::Wrong);
}

#[test]
fn provision_5_1_5_no_cut_in_a_right_log_in_shortens_a_wait_too_early() {
    let base = after(owned(), &[Op::Wrong, Op::Wrong, Op::Wrong]);
    assert_clean("right log-in", &base, Op::Right);
}

#[test]
fn provision_5_1_4_a_cut_change_of_the_secret_leaves_the_old_or_the_new_one() {
    let base = after(owned(), &[Op::Wrong, Op::Wrong]);
    assert_clean("change", &base, Op::Change);
    assert_clean("change with a wrong secret", &base, Op::ChangeWrong);
}

#[test]
fn a_cut_set_up_leaves_an_owner_or_none() {
    let base = after(provisioned(), &[Op::SetUpWrong]);
    assert_clean("set-up", &base, Op::SetUp);
    assert_clean("set-up with a wrong label", &base, Op::SetUpWrong);
}

#[test]
fn a_cut_forgiveness_leaves_the_old_wait_or_none() {
    let base = after(owned(), &[Op::Wrong, Op::Wrong, Op::Wrong, Op::Wrong]);
    assert_clean("forgiveness", &base, Op::Forgive);
}

#[test]
fn planted_bug_of_checking_before_counting_is_caught() {
    let base = after(owned(), &[Op::Wrong, Op::Wrong]);
    // With the bug a cut of a wrong log-in cannot even be placed before the check: there is nothing to cut.
    let clean = run(base.clone(), Some(Op::Wrong), LONG, None, true);
    assert!(clean.looked_at && clean.steps == 0, "the bug is planted");
    // Taking the power away after the answer is then enough, and judged as what it is.
    let honest = run(base.clone(), Some(Op::Wrong), LONG, None, false);
    let (old, new) = (look(&base, false), look(&honest.off, false));
    assert_eq!(judge(&clean, Op::Wrong, false, (old, new)), Err("a free attempt"));
    // And in an operation that writes more, the sweep finds it by itself.
    let broken = sweep_with_honest_expectation(&base, Op::ChangeWrong);
    assert_eq!(broken, Err("a free attempt"));
}

fn sweep_with_honest_expectation(base: &Off<Nor>, op: Op) -> Result<(), &'static str> {
    let honest = run(base.clone(), Some(op), LONG, None, false);
    let (old, new) = (look(base, false), look(&honest.off, false));
    for at in 0..=honest.steps {
        let cut = Cut::clean(at);
        judge(&run(base.clone(), Some(op), LONG, Some(cut), true), op, false, (old, new))?;
    }
    Ok(())
}

#[test]
fn the_record_on_flash_is_as_the_specification_says() {
    // docs/spec/auth.md, computed here a second time from its text.
    use gabion_crypto::{HmacSha256, PasswordHash};
    let mut board = owned().power_on(None);
    with_store(&mut board.flash, &mut board.chip, false, |store, chip| {
        let mut pepper = [0; 32];
        chip.root_key.derive(b"gabion/1 auth pepper", &mut pepper).unwrap();
        for (key, role, secret, who) in [(LABEL, 1, LABEL_SECRET, ""), (OWNER, 2, GOOD, "Ada")] {
            let mut record = [0; 87];
            assert_eq!(block_on(store.read(key.parameter(), &mut record)).unwrap(), Some(87));
            assert_eq!((record[0], record[1]), (1, role));
            assert_eq!(record[2..6], POLICY.iterations.to_be_bytes());
            let salt = &record[6..22];
            let parts: [&[u8]; 5] = [b"gabion/1 verifier", &[0], &[role], salt, secret.as_bytes()];
            let bound = Software.hmac_sha256(&pepper, &parts);
            let mut hash = Secret::zeroed();
            Software.pbkdf2(&bound, salt, POLICY.iterations, &mut hash).unwrap();
            assert_eq!(record[22..54], hash.expose()[..]);
            assert_eq!(usize::from(record[54]), who.len());
            assert_eq!(&record[55..55 + who.len()], who.as_bytes());
            assert!(record[55 + who.len()..].iter().all(|b| *b == 0));
        }
    })
    .unwrap();
    // A wrong log-in as Ada counts in her bucket, the interface's and the device's, and nowhere else.
    let mut board = run(board.power_off(), Some(Op::Wrong), LONG, None, false).off.power_on(None);
    with_store(&mut board.flash, &mut board.chip, false, |store, chip| {
        let mut pepper = [0; 32];
        chip.root_key.derive(b"gabion/1 auth pepper", &mut pepper).unwrap();
        let mut padded = [0; 32];
        padded[..3].copy_from_slice(b"Ada");
        let bucket = Software.hmac_sha256(&pepper, &[b"gabion/1 bucket", &[0], &padded])[0] % 16;
        let mut throttle = [0; 27];
        assert_eq!(block_on(store.get_public(&THROTTLE, &mut throttle)).unwrap(), Some(27));
        let mut expected = [0; 27];
        expected[0] = 1;
        for place in [1 + usize::from(bucket), 18, 26] {
            expected[place] = 1;
        }
        assert_eq!(throttle, expected);
    })
    .unwrap();
}
