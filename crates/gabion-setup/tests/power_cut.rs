//! The law of every crash test, for set-up over a link: over the real store and the simulated chip, the power fails at every
//! flash step of a proof and of the commit that makes an owner, in every way. No cut gives a free attempt, and owner, Wi-Fi
//! and window change together or not at all.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

#[path = "../../gabion-auth/tests/double/mod.rs"]
mod double;

use double::{APP, FACTS, GOOD, INTERFACES, POLICY, Seeded, name};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_auth::{Auth, Config, OWNER, Ports, THROTTLE};
use gabion_crypto::{Secret, Software};
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion_hal::NoEvents;
use gabion_profile::{Class, Parameter};
use gabion_provision::{Label, LabelSecret, LifeCycle, Model, NoFuse, Serial};
use gabion_setup::*;
use gabion_sim::{Board, Chip, Cut, Fault, Off, Setup, SimCounter, SimFlash, block_on};
use gabion_storage::{Change, Storage, StorageError, Store};

const PAGE: usize = 1024;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 8 * PAGE as u32);
const LISTS: &[&[Parameter]] =
    &[gabion_auth::PARAMETERS, gabion_provision::PARAMETERS, gabion_setup::PARAMETERS];

type Nor = SimFlash<4, PAGE>;
type Flash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
type Sealed<'a> = Store<Flash<'a>, Software, SimCounter, 24, 320>;
type FlashError = gabion_flash::FlashError<gabion_sim::FlashError>;

/// A store that is honest, or that says it counted the attempt and writes nothing: what "answer, then commit" amounts to.
struct Between<'a, 'b> {
    store: &'b mut Sealed<'a>,
    lazy: bool,
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
        let counts = changes.iter().any(|c| c.parameter().id == SET_UP_WINDOW.parameter().id);
        let owns = changes.iter().any(|c| c.parameter().id == OWNER.parameter().id);
        if self.lazy && counts && !owns {
            return Ok(());
        }
        self.store.commit(changes).await
    }

    async fn erase_class(&mut self, class: Class) -> Result<(), StorageError<FlashError>> {
        self.store.erase_class(class).await
    }
}

fn with_store<T>(
    board: &mut Board<Nor>,
    format: bool,
    act: impl FnOnce(&mut Sealed<'_>, &mut Chip) -> T,
) -> Option<T> {
    let chip = &mut board.chip;
    let journaled = block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL)).ok()?;
    let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
    let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
    let [region] = shared.split(&layout).unwrap();
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

fn made() -> (Off<Nor>, Label) {
    let mut board = Off::<Nor>::new(Setup::new(10 * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    let label = with_store(&mut board, true, |store, chip| {
        let cycle = block_on(LifeCycle::open(store, CREDENTIALS, &mut NoFuse)).unwrap();
        let LifeCycle::Unprovisioned(device) = cycle else { panic!("fresh") };
        let order = Order {
            model: Model::new(b"LAMP-2").unwrap(),
            serial: Serial::new(b"A00017").unwrap(),
            public: &[],
            policy: POLICY,
        };
        let mut factory = Factory {
            crypto: &Software,
            root_key: &mut chip.root_key,
            entropy: &mut chip.entropy,
            fuse: &mut NoFuse,
            events: &mut NoEvents,
        };
        block_on(factory.provision(device, store, &order)).unwrap().1
    });
    (board.power_off(), label.unwrap())
}

fn copy(label: &Label) -> LabelSecret {
    LabelSecret::parse(&mut label.secret.expose().to_vec()).unwrap()
}

/// What one power-on amounted to.
struct Ran {
    off: Off<Nor>,
    steps: u64,
    lost: bool,
    /// An answer left the device: the peer knows whether its guess was right.
    answered: bool,
    owned: bool,
}

/// Powers on, and a phone with the right code sets the device up, or proves the code and hangs up. The power fails at `cut`,
/// counted from when the phone connects.
fn run(off: Off<Nor>, label: &Label, gives: bool, cut: Option<Cut>, lazy: bool) -> Ran {
    let mut board = off.power_on(None);
    let supply = board.supply.clone();
    let ran = with_store(&mut board, false, |store, chip| {
        let cycle = block_on(LifeCycle::open(&mut *store, CREDENTIALS, &mut NoFuse)).unwrap();
        let LifeCycle::FactoryProvisioned(device) = cycle else { return (0, false, false) };
        let mut between = Between { store, lazy };
        let config = Config { interfaces: INTERFACES, facts: FACTS, policy: POLICY };
        let opened =
            Auth::open(Software, &mut chip.root_key, &mut between, &mut chip.clock, config);
        let mut auth: Auth<'_, _> = block_on(opened).unwrap();
        let mut link = SetUpLink::open(Software, device, APP, &mut chip.clock);
        chip.clock.advance_ms(1_000_000);
        link.connected(&mut chip.clock);
        let before = supply.steps();
        if let Some(cut) = cut {
            supply.arm(cut);
        }
        let (mut out, mut reply) = (Outbox::new(), Outbox::new());
        let mut phone = Phone::start(Software, copy(label), None, &mut out);
        let (mut answered, mut owned) = (false, false);
        let mut source = Seeded(17);
        loop {
            let mut ports = Ports {
                storage: &mut between,
                entropy: &mut chip.entropy,
                clock: &mut chip.clock,
                events: &mut chip.events,
            };
            let received = link.receive(&mut auth, &mut ports, out.bytes(), &mut reply);
            let progress = block_on(received);
            answered |= reply.bytes().first() == Some(&4);
            owned |= matches!(progress, Progress::Done(_));
            match phone.receive(&mut source, reply.bytes(), &mut out) {
                Ok(Next::Send) => {}
                Ok(Next::Give) if gives => {
                    let wifi = Wifi::new(b"attic", b"eleven green umbrellas");
                    phone.give(&name("Ada"), GOOD.as_bytes(), wifi.as_ref(), &mut out).unwrap();
                }
                _ => break,
            }
        }
        (supply.steps() - before, answered, owned)
    });
    let (steps, answered, owned) = ran.unwrap();
    let lost = board.supply.is_lost();
    assert!(board.flash.illegal_writes().is_empty());
    Ran { off: board.power_off(), steps, lost, answered, owned }
}

/// What is on flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    left: u8,
    level: u8,
    owner: bool,
    wifi: bool,
}

fn look(off: &Off<Nor>) -> Seen {
    let mut board = off.clone().power_on(None);
    with_store(&mut board, false, |store, _| {
        let mut window = [0; 2];
        block_on(store.get_public(&SET_UP_WINDOW, &mut window)).unwrap();
        let mut levels = [0; 27];
        block_on(store.get_public(&THROTTLE, &mut levels)).unwrap();
        let mut owner = Secret::<[u8; 87]>::zeroed();
        let owner = block_on(store.get(&OWNER, &mut owner)).unwrap().is_some();
        let wifi = block_on(Wifi::load(store)).unwrap().is_some();
        Seen { left: window[1], level: levels[17], owner, wifi }
    })
    .unwrap()
}

#[derive(Debug, PartialEq, Eq)]
struct Broken(&'static str, Cut);

/// Cuts at every step in every way, and in the recovery, and judges. Returns how many cuts there were.
fn sweep(gives: bool, lazy: bool) -> Result<u64, Broken> {
    let (base, label) = made();
    let old = look(&base);
    let clean = run(base.clone(), &label, gives, None, lazy);
    assert_eq!(clean.owned, gives);
    let new = look(&clean.off);
    let mut cuts = 0;
    for at in 0..clean.steps.max(1) {
        for fault in Fault::ALL {
            let cut = Cut::new(at, fault, at);
            let ran = run(base.clone(), &label, gives, Some(cut), lazy);
            let judge = |off: &Off<Nor>| -> Result<(), Broken> {
                let seen = look(off);
                if ran.answered && !seen.owner && seen.left >= old.left {
                    return Err(Broken("a free attempt", cut));
                }
                if !ran.answered && seen.owner {
                    return Err(Broken("an owner without a proof", cut));
                }
                // Owner, Wi-Fi and a full window: all or none.
                let whole = seen.owner == seen.wifi && (!seen.owner || seen == new);
                if !whole || seen.left > WINDOW_ATTEMPTS {
                    return Err(Broken("half an owner", cut));
                }
                if ran.owned && !seen.owner {
                    return Err(Broken("acknowledged and lost", cut));
                }
                Ok(())
            };
            judge(&ran.off)?;
            cuts += u64::from(ran.lost);
            // The recovery is cut as well.
            let mut board = ran.off.clone().power_on(Some(Cut::new(cuts % 13, fault, cuts)));
            with_store(&mut board, false, |_, _| ());
            judge(&board.power_off())?;
            // And set-up can be done again, unless it is done.
            if at % 5 == 0 && !look(&ran.off).owner {
                let again = run(ran.off.clone(), &label, true, None, false);
                assert!(again.owned, "{cut:?}");
            }
        }
    }
    Ok(cuts)
}

#[test]
fn provision_5_1_5_no_cut_of_a_proof_gives_a_free_attempt() {
    let cuts = sweep(false, false).unwrap();
    assert!(cuts >= 20, "{cuts}");
}

#[test]
fn no_cut_leaves_half_an_owner() {
    let cuts = sweep(true, false).unwrap();
    assert!(cuts >= 60, "{cuts}");
}

#[test]
fn a_device_that_answers_before_it_counts_is_caught() {
    let Err(Broken(why, _)) = sweep(false, true) else { panic!("the planted bug passed") };
    assert_eq!(why, "a free attempt");
}
