//! The law of every crash test, for the life cycle: over the real store and the simulated chip, the power fails at every step
//! of provisioning, first set-up and factory reset, in every way, and during the recovery from it. The device is always in
//! exactly one state of its life, and no cut opens the factory again.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion_profile::{Class, Origin, Parameter, parameters};
use gabion_provision::{
    Credentials, DebugPortFuse, Equipment, FACTORY_RECORD, IDENTITY_KEY, LabelSecret, LifeCycle,
    Model, NewIdentity, PARAMETERS, ProvisionError, Serial,
};
use gabion_sim::{Board, Chip, Fault, Off, Rig, Setup, SimCounter, SimFlash, Subject, block_on};
use gabion_storage::{Config, Storage, Store};

parameters! {
    /// Stands for what `gabion_auth` stores.
    pub const AUTH: {
        /// The label's verifier.
        LABEL: Critical { class: Class::DeviceSecret, number: 1, max_len: 64, origin: Origin::Factory, purpose: "test" };
        /// The owner's verifier.
        OWNER: Critical { class: Class::UserSecret, number: 2, max_len: 64, origin: Origin::User, purpose: "test" };
    }
}
const CREDENTIALS: Credentials = Credentials::new(LABEL, OWNER);
const LISTS: &[&[Parameter]] = &[PARAMETERS, AUTH];
const PAGE: usize = 512;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 8 * PAGE as u32);

type Nor = SimFlash<4, PAGE>;
type Sealed<'a> = Store<
    Region<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>,
    Software,
    SimCounter,
    8,
    160,
>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unprovisioned,
    FactoryProvisioned,
    Owned,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Provision,
    Claim,
    Reset,
}

#[derive(Debug)]
#[allow(dead_code, reason = "shown when a test fails")]
enum Failed {
    Store(String),
    Provision(String),
    NotThere,
}

impl<E: std::fmt::Debug> From<ProvisionError<E>> for Failed {
    fn from(why: ProvisionError<E>) -> Self {
        Self::Provision(format!("{why:?}"))
    }
}

struct Life {
    /// The bug: the record that closes the factory is written before the rest.
    in_two_steps: bool,
}

struct Live<'a> {
    store: Sealed<'a>,
    chip: Chip,
}

impl Live<'_> {
    async fn cycle(&mut self) -> Result<LifeCycle, Failed> {
        let mut fuse = DebugPortFuse::new(self.chip.debug_port.clone());
        Ok(LifeCycle::open(&mut self.store, CREDENTIALS, &mut fuse).await?)
    }
}

fn mount<'a>(board: &'a mut Board<Nor>, is_new: bool) -> Result<Sealed<'a>, Failed> {
    let failed = |why: &dyn std::fmt::Debug| Failed::Store(format!("{why:?}"));
    let journaled = block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL));
    let journaled = journaled.map_err(|why| failed(&why))?;
    let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
    // Lives as long as the board is lent; a test may leak it.
    let shared = Box::leak(Box::new(Shared::<NoopRawMutex, _>::new(journaled)));
    let [flash] = shared.split(&layout).unwrap();
    let (config, chip) = (Config::new(LISTS), &mut board.chip);
    let counter = chip.counter.clone();
    let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
    let opened = if is_new {
        block_on(Store::format(flash, config, Software, counter, root, entropy, events))
    } else {
        block_on(Store::open(flash, config, Software, counter, root, entropy, events))
    };
    opened.map_err(|why| failed(&why))
}

impl Subject for Life {
    type Flash = Nor;
    type Live<'a> = Live<'a>;
    type Op = Op;
    type State = State;
    type Error = Failed;

    fn initial(&self) -> State {
        State::Unprovisioned
    }

    fn expect(&self, before: &State, op: &Op) -> State {
        match (before, op) {
            (State::Unprovisioned, Op::Provision) => State::FactoryProvisioned,
            (State::FactoryProvisioned, Op::Claim) => State::Owned,
            (State::Owned, Op::Reset) => State::FactoryProvisioned,
            (same, _) => *same,
        }
    }

    async fn open<'a>(&'a self, board: &'a mut Board<Nor>) -> Result<Live<'a>, Failed> {
        let chip = board.chip.clone();
        Ok(Live { store: mount(board, false)?, chip })
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failed> {
        let cycle = live.cycle().await?;
        let (store, chip) = (&mut live.store, &mut live.chip);
        let failed = |why: &dyn std::fmt::Debug| Failed::Store(format!("{why:?}"));
        match (cycle, op) {
            (LifeCycle::Unprovisioned(factory), Op::Provision) => {
                if self.in_two_steps {
                    let early = store.put(&LABEL, &[1; 64]).await;
                    early.map_err(|why| failed(&why))?;
                }
                let secret =
                    LabelSecret::generate(&mut chip.entropy, &[]).map_err(|why| failed(&why))?;
                let mut fuse = DebugPortFuse::new(chip.debug_port.clone());
                let equipment = Equipment {
                    model: Model::new(b"LAMP-2").unwrap(),
                    serial: Serial::new(b"A00017").unwrap(),
                    secret: &secret,
                    verifier: &[1; 64],
                    public: &[],
                    identity: NewIdentity::Generate,
                    also: &[],
                };
                let made = factory
                    .provision(
                        store,
                        &Software,
                        &mut chip.entropy,
                        &mut fuse,
                        &mut chip.events,
                        &equipment,
                    )
                    .await?;
                assert_eq!(made.serial().as_str(), "A00017");
            }
            (LifeCycle::FactoryProvisioned(device), Op::Claim) => {
                store.put(&OWNER, &[2; 64]).await.map_err(|why| failed(&why))?;
                device.claimed(store, &mut chip.events).await?;
            }
            (LifeCycle::Owned(device), Op::Reset) => {
                store.erase_class(Class::UserSecret).await.map_err(|why| failed(&why))?;
                device.was_reset(store).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<State, Failed> {
        let state = match live.cycle().await? {
            LifeCycle::Unprovisioned(_) => return Ok(State::Unprovisioned),
            LifeCycle::FactoryProvisioned(_) => State::FactoryProvisioned,
            LifeCycle::Owned(_) => State::Owned,
        };
        // Whatever the state: the identity is there, and so are the label's verifier and the record.
        for parameter in [LABEL.parameter(), FACTORY_RECORD.parameter(), IDENTITY_KEY.parameter()] {
            let mut out = [0; 64];
            let read = live.store.read(parameter, &mut out).await;
            if read.map_err(|why| Failed::Store(format!("{why:?}")))?.is_none() {
                return Err(Failed::NotThere);
            }
        }
        Ok(state)
    }
}

fn made() -> Off<Nor> {
    let mut board = Off::<Nor>::new(Setup::new(10 * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    mount(&mut board, true).map(|_| ()).unwrap();
    board.power_off()
}

fn rig(in_two_steps: bool) -> Rig<Life> {
    let rig = Rig::on(Life { in_two_steps }, made()).named("life cycle");
    rig.seeds(1).recovery_cuts(0).max_erases(6).opens_write()
}

#[test]
fn provision_5_1_1_no_cut_leaves_a_device_between_two_states_of_its_life() {
    rig(false).seeds(2).sweep(&[Op::Provision, Op::Claim, Op::Reset, Op::Claim]).assert_clean();
}

#[test]
fn provision_5_1_1_nor_does_a_cut_of_the_recovery() {
    let faults = [Fault::Clean, Fault::TornWord];
    rig(false).faults(&faults).recovery_cuts(1).sweep(&[Op::Provision]).assert_clean();
}

#[test]
fn planted_bug_of_storing_the_credential_before_the_record_is_caught() {
    rig(true).sweep(&[Op::Provision]).assert_caught();
}
