//! Ways to erase a device without being allowed to, to keep one from being erased, and to start one that is half erased.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::{Secret, Software};
use gabion_erase::{
    ButtonTiming, Context, ERASE_INTENT, EraseError, HoldButton, NoVolatile, TriggerKind,
    newest_receipt, order,
};
use gabion_flash::block_on;
use gabion_hal::NoEvents;
use gabion_sim::Off;
use gabion_storage::{Storage, StorageError};

/// A store whose intent cannot be read, as after a bit of it was changed.
struct Damaged<'s, 'f>(&'s mut TestStore<'f>, bool);

impl Storage for Damaged<'_, '_> {
    type FlashError = <TestStore<'static> as Storage>::FlashError;

    async fn read(
        &mut self,
        parameter: &'static gabion_profile::Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, StorageError<Self::FlashError>> {
        if self.1 && parameter.id == ERASE_INTENT.parameter().id {
            return Err(StorageError::Damaged);
        }
        self.0.read(parameter, out).await
    }

    async fn commit(
        &mut self,
        changes: &[gabion_storage::Change<'_>],
    ) -> Result<(), StorageError<Self::FlashError>> {
        if changes.iter().any(|change| change.parameter().id == ERASE_INTENT.parameter().id) {
            self.1 = false;
        }
        self.0.commit(changes).await
    }

    async fn erase_class(
        &mut self,
        class: gabion_profile::Class,
    ) -> Result<(), StorageError<Self::FlashError>> {
        self.0.erase_class(class).await
    }
}

fn owned() -> Off<Nor> {
    let mut board = new_device().power_on(None);
    let mut live = open(&mut board).unwrap();
    block_on(live_in(&mut live)).unwrap();
    drop(live);
    board.power_off()
}

/// A damaged intent neither erases anything nor starts anything, however often it is tried; a new order by somebody who may
/// settles it.
#[test]
fn damaging_the_intent_neither_erases_nor_starts_the_device() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let mut store = Damaged(&mut live.store, true);
    let mut run = |store: &mut Damaged<'_, '_>| {
        let mut regions = (&mut live.cache,);
        let context = Context {
            provider: &Unsigned,
            memory: &mut NoVolatile,
            clock: &mut live.clock,
            events: &mut NoEvents,
            device_key: None,
        };
        block_on(gabion_erase::resume(&PLAN, store, &mut regions, context))
            .map(|c| c.finished_reset())
    };
    for _ in 0..3 {
        let refused = run(&mut store);
        assert_eq!(refused, Err(EraseError::Storage(StorageError::Damaged)));
    }
    assert_eq!(block_on(values(store.0)), Ok(4), "nothing was erased");
    let _ordered = block_on(order(&mut store, Told, &mut NoEvents)).unwrap();
    assert_eq!(run(&mut store), Ok(true));
    assert_eq!(run(&mut store), Ok(false));
    assert_eq!(block_on(values(store.0)), Ok(0));
}

/// An intent that no firmware of ours wrote: every value of each of its bytes that is not allowed is refused, nothing is erased.
#[test]
fn forging_the_bytes_of_an_intent_erases_nothing() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let good = [1, 1, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut forged: Vec<Vec<u8>> = vec![Vec::new(), good[..15].to_vec()];
    for (at, values) in [(0, 0..=0_u8), (0, 2..=4), (1, 0..=0), (1, 3..=9), (2, 0..=0), (2, 4..=9)]
    {
        for value in values {
            let mut bytes = good.to_vec();
            bytes[at] = value;
            forged.push(bytes);
        }
    }
    for at in [3, 10, 11, 12, 13, 14, 15] {
        let mut bytes = good.to_vec();
        bytes[at] = 1;
        forged.push(bytes);
    }
    for bytes in forged {
        block_on(live.store.put(&ERASE_INTENT, &bytes)).unwrap();
        let refused = block_on(resume(&mut live));
        assert_eq!(refused, Err("Unknown".to_owned()), "{bytes:?}");
        assert_eq!(block_on(values(&mut live.store)), Ok(4));
    }
    block_on(live.store.put(&ERASE_INTENT, &good)).unwrap();
    assert_eq!(block_on(resume(&mut live)), Ok(true), "the test's own intent is right");
}

/// Whoever pulls the plug again and again while a reset runs gets neither the data nor a device that starts.
#[test]
fn pulling_the_plug_for_ever_does_not_keep_the_data() {
    let mut off = owned();
    {
        let mut board = off.power_on(None);
        let mut live = open(&mut board).unwrap();
        let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
        drop(live);
        off = board.power_off();
    }
    let mut finished = false;
    for pull in 0..400_u64 {
        // Each time a little later: at first nearly nothing gets done.
        let mut board = off.power_on(Some(gabion_sim::Cut::clean(3 + pull)));
        if let Ok(mut live) = open(&mut board) {
            match block_on(resume(&mut live)) {
                Ok(done) => finished = done || finished,
                Err(_) => assert!(!finished),
            }
        }
        off = board.power_off();
        if finished {
            break;
        }
    }
    let mut board = off.power_on(None);
    let mut live = open(&mut board).unwrap();
    block_on(resume(&mut live)).unwrap();
    assert_eq!(block_on(values(&mut live.store)), Ok(0));
}

/// A reset needs a witness: a network that only says so has none. The types say it (`compile_fail` examples of `Held` and
/// `Clean`, `ResetTrigger`); here, that an order is what makes the difference, and that the receipt tells who it was.
#[test]
fn a_reset_without_an_order_does_nothing_and_the_receipt_names_the_trigger() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    for _ in 0..3 {
        assert_eq!(block_on(resume(&mut live)), Ok(false));
    }
    assert_eq!(block_on(values(&mut live.store)), Ok(4));
    let mut button = HoldButton::new(ButtonTiming::DEFAULT);
    let held = (0..1_000_u64).find_map(|tick| button.poll(tick > 10, tick * 50));
    let _ordered = block_on(order(&mut live.store, held.unwrap(), &mut NoEvents)).unwrap();
    let key = Secret::new(IDENTITY_VALUE);
    let public = gabion_crypto::EcdsaP256Sign::p256_public_key(&Software, &key).unwrap();
    assert_eq!(block_on(resume_with(&mut live, &Software)), Ok(true));
    let mut bytes = [0; gabion_erase::RECEIPT_LEN];
    block_on(newest_receipt(&mut live.store, &mut bytes)).unwrap();
    let receipt = gabion_erase::Receipt::verify(&Software, &bytes, &public).unwrap();
    assert_eq!(receipt.trigger, TriggerKind::Button);
}

/// Noise on the wire of the button, a contact that is shorted from the start, a clock that an attacker moves: none is a hold.
#[test]
fn noise_a_shorted_contact_and_a_moved_clock_are_no_hold() {
    let mut rng = gabion_sim::Rng::new(7);
    let mut noisy = HoldButton::new(ButtonTiming::DEFAULT);
    let fired = (0..2_000_000_u64).filter(|now| noisy.poll(rng.byte() > 2, *now).is_some()).count();
    assert_eq!(fired, 0, "noise");
    let mut shorted = HoldButton::new(ButtonTiming::DEFAULT);
    assert!((0..100_000_u64).all(|tick| shorted.poll(true, tick * 20).is_none()), "shorted");
    let mut moved = HoldButton::new(ButtonTiming::DEFAULT);
    let _released = (0..10).find_map(|tick| moved.poll(false, tick * 20));
    let fired =
        (0..100_000_u64).filter(|_| moved.poll(true, u64::from(rng.byte()) << 40).is_some());
    assert_eq!(fired.count(), 0, "a moved clock");
}
