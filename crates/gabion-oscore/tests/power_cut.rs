//! The power fails at every word and every erase that the real store makes, in every way that the simulator knows, and in the
//! recovery too. Whatever is left: no number is used twice, and nothing that was delivered is delivered again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod bench;

use std::collections::BTreeSet;

use bench::{begin, context, hex};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Multiwrite, Region, Shared, Span};
use gabion_oscore::coap::{MessageView, number};
use gabion_oscore::{OSCORE_STATE, OscoreError, OscoreRefusal, PARAMETERS, Session, Steps};
use gabion_profile::Parameter;
use gabion_sim::{Chip, Cut, Fault, Off, Setup, SimCounter, SimFlash, block_on};
use gabion_storage::{Change, Storage, StorageError, Store};

const PAGE: usize = 512;
const JOURNAL: Span = Span::new(0, 2 * PAGE as u32);
const REGION: Span = Span::new(2 * PAGE as u32, 6 * PAGE as u32);
const LISTS: &[&[Parameter]] = &[PARAMETERS];
const GET: &str = "44015d1f00003974396c6f63616c686f737483747631";
const STEPS: Steps = Steps { send: 3, receive: 3 };

type Nor = SimFlash<4, PAGE>;
type Flash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
type Sealed<'a> = Store<Flash<'a>, Software, SimCounter, 12, 192>;
type Shelf<'a> = Shared<NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
type FlashError = gabion_flash::FlashError<gabion_sim::FlashError>;

/// A store that is honest, or that says it wrote the state and does so only with the next write: what "use, then reserve"
/// amounts to.
struct Lazy<'a, 'b> {
    store: &'b mut Sealed<'a>,
    is_lazy: bool,
    owed: Option<Vec<u8>>,
}

impl Storage for Lazy<'_, '_> {
    type FlashError = FlashError;

    async fn read(
        &mut self,
        parameter: &'static Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<FlashError>> {
        self.store.read(parameter, out).await
    }

    async fn commit(&mut self, changes: &[Change<'_>]) -> Result<(), StorageError<FlashError>> {
        if !self.is_lazy {
            return self.store.commit(changes).await;
        }
        let owed = self.owed.replace(changes[0].value().unwrap().to_vec());
        match owed {
            Some(owed) => self.store.put(&OSCORE_STATE, &owed).await,
            None => Ok(()),
        }
    }

    async fn erase_class(
        &mut self,
        class: gabion_profile::Class,
    ) -> Result<(), StorageError<FlashError>> {
        self.store.erase_class(class).await
    }
}

fn with_store<T>(
    flash: &mut Nor,
    chip: &mut Chip,
    format: bool,
    act: impl FnOnce(&mut Sealed<'_>) -> T,
) -> Option<T> {
    let journaled = block_on(Journaled::open_multiwrite(flash, JOURNAL)).ok()?;
    let layout = Layout::check(8 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
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
    Some(act(&mut store.ok()?))
}

/// A server (id 1) with a store in which its context begins, and messages of its peer.
fn device() -> (Off<Nor>, Vec<Vec<u8>>) {
    let mut board = Off::<Nor>::new(Setup::new(8 * PAGE)).power_on(None);
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    with_store(&mut board.flash, &mut board.chip, true, |store| {
        let made = Session::begin(context(&[1], &[]), store, &OSCORE_STATE, STEPS);
        drop(block_on(made).unwrap());
    })
    .unwrap();
    let (mut peer, mut memory) = begin(&[], &[1], Steps::DEFAULT);
    let messages = (0..40)
        .map(|_| {
            let mut out = [0; 200];
            let (length, _) =
                block_on(peer.protect_request(&mut memory, &hex(GET), &mut out)).unwrap();
            out[..length].to_vec()
        })
        .collect();
    (board.power_off(), messages)
}

/// What the device did that the world saw.
#[derive(Default)]
struct World {
    sent: BTreeSet<u64>,
    delivered: BTreeSet<usize>,
    /// The number that was used, or the message that was delivered, a second time.
    broken: Option<String>,
}

/// One session: it takes up the context, sends `send` messages and is given `receive`, until the power fails.
fn session(
    off: Off<Nor>,
    cut: Option<Cut>,
    is_lazy: bool,
    world: &mut World,
    messages: &[Vec<u8>],
    receive: &[usize],
) -> (Off<Nor>, u64, bool) {
    let mut board = off.power_on(cut);
    let supply = board.supply.clone();
    let before = supply.steps();
    with_store(&mut board.flash, &mut board.chip, false, |store| {
        let mut store = Lazy { store, is_lazy, owed: None };
        let resumed = Session::resume(context(&[1], &[]), &mut store, &OSCORE_STATE, STEPS);
        let mut session = match block_on(resumed) {
            Ok(session) => session,
            Err(OscoreError::Storage(_)) if supply.is_lost() => return,
            Err(other) => panic!("{other:?}"),
        };
        for at in receive {
            let mut out = [0; 400];
            match block_on(session.protect_request(&mut store, &hex(GET), &mut out)) {
                Ok((length, _)) => {
                    let message = MessageView::parse(&out[..length]).unwrap();
                    let option = message.only(number::OSCORE).unwrap();
                    let bytes = &option[1..=usize::from(option[0] & 7)];
                    let number = bytes.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
                    if !world.sent.insert(number) {
                        world.broken = Some(format!("number {number} was used twice"));
                    }
                }
                Err(OscoreError::Storage(_)) => {}
                Err(other) => panic!("{other:?}"),
            }
            match block_on(session.unprotect_request(&mut store, &messages[*at], &mut out)) {
                Ok(_) => {
                    if !world.delivered.insert(*at) {
                        world.broken = Some(format!("message {at} was delivered twice"));
                    }
                }
                Err(OscoreError::Storage(_)) => {}
                Err(OscoreError::Refused(OscoreRefusal::Replayed)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    });
    let lost = supply.is_lost();
    let steps = supply.steps() - before;
    assert!(board.flash.illegal_writes().is_empty());
    (board.power_off(), steps, lost)
}

const FIRST: &[usize] = &[0, 1, 3, 2, 4, 5, 7, 8, 6, 9];

/// Cuts a session at every step in every way, then the one after it, then lets the peer send everything again.
fn sweep(is_lazy: bool) -> Result<u64, String> {
    let (base, messages) = device();
    let mut world = World::default();
    let (_, steps, _) = session(base.clone(), None, is_lazy, &mut world, &messages, FIRST);
    assert_eq!(world.sent.len(), FIRST.len());
    assert_eq!(world.delivered.len(), FIRST.len());
    let mut cuts = 0;
    for at in 0..steps {
        for fault in Fault::ALL {
            let mut world = World::default();
            let cut = Cut::new(at, fault, at);
            let (off, _, lost) =
                session(base.clone(), Some(cut), is_lazy, &mut world, &messages, FIRST);
            if !lost {
                continue;
            }
            cuts += 1;
            let again = Cut::new(cuts % 23, Fault::ALL[(cuts % 5) as usize], cuts);
            let (off, _, _) =
                session(off, Some(again), is_lazy, &mut world, &messages, &[0, 1, 2, 3, 10]);
            let all: Vec<usize> = (0..messages.len()).collect();
            let (_, _, lost) = session(off, None, is_lazy, &mut world, &messages, &all);
            assert!(!lost);
            if let Some(why) = world.broken {
                return Err(format!("{cut:?}: {why}"));
            }
            // The peer is heard again behind the step that the last of them, message 10, may have reserved.
            let heard = (10 + usize::from(STEPS.receive)..messages.len())
                .all(|at| world.delivered.contains(&at));
            assert!(heard, "{cut:?}: deaf");
        }
    }
    Ok(cuts)
}

#[test]
fn no_number_twice_and_no_message_twice_whenever_the_power_fails() {
    let cuts = sweep(false).unwrap();
    println!("{cuts} cuts");
    assert!(cuts > 100);
}

#[test]
fn a_session_that_uses_first_and_reserves_later_is_caught() {
    let why = sweep(true).unwrap_err();
    println!("{why}");
    assert!(why.contains("twice"));
}
