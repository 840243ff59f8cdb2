//! What a reset does while the power stays on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::{EcdsaP256Sign, Secret, Software};
use gabion_erase::{
    Context, EraseError, NoVolatile, RECEIPT_LEN, Receipt, ReceiptError, TriggerKind,
    VolatileMemory, newest_receipt, order,
};
use gabion_flash::block_on;
use gabion_hal::{Event, EventKind, EventSink, NoEvents};
use gabion_profile::Class;
use gabion_sim::LeakScan;

fn owned() -> gabion_sim::Off<Nor> {
    let mut board = new_device().power_on(None);
    let mut live = open(&mut board).unwrap();
    block_on(live_in(&mut live)).unwrap();
    assert_eq!(block_on(values(&mut live.store)), Ok(4));
    drop(live);
    board.power_off()
}

#[test]
fn a_reset_forgets_the_user_and_keeps_the_factory() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let key = Secret::new(IDENTITY_VALUE);
    let public = Software.p256_public_key(&key).unwrap();
    assert_eq!(block_on(resume_with(&mut live, &Software)), Ok(false), "nothing was ordered");
    for number in 1..4 {
        block_on(live_in(&mut live)).unwrap();
        let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
        assert_eq!(block_on(values(&mut live.store)), Ok(4), "ordered is not done");
        assert_eq!(block_on(resume_with(&mut live, &Software)), Ok(true));
        assert_eq!(block_on(values(&mut live.store)), Ok(0));
        assert_eq!(block_on(resume_with(&mut live, &Software)), Ok(false), "once");
        let mut bytes = [0; RECEIPT_LEN];
        assert_eq!(
            block_on(newest_receipt(&mut live.store, &mut bytes)).unwrap(),
            Some(RECEIPT_LEN)
        );
        let receipt = Receipt::verify(&Software, &bytes, &public).unwrap();
        assert_eq!(
            (receipt.number, receipt.resumed, receipt.trigger),
            (number, 0, TriggerKind::Command)
        );
        assert_eq!(
            (receipt.regions, receipt.count.pages, receipt.count.bytes),
            (1, 3, 3 * PAGE as u32)
        );
        assert_eq!(receipt.plan, PLAN.digest(&Software));
        assert!(receipt.destroyed(Class::UserSecret) && receipt.destroyed(Class::PersonalData));
        assert!(!receipt.destroyed(Class::DeviceSecret) && !receipt.destroyed(Class::Factory));
        assert!(!receipt.destroyed(Class::User0), "a class without parameters has no key");
    }
}

#[test]
fn nothing_of_the_user_is_left_in_the_image_and_no_old_page_opens_again() {
    let before = owned();
    let mut scan = LeakScan::new();
    scan.plant("name in clear", &NAME_VALUE).plant("cache", &CACHE_VALUE);
    assert!(!scan.scan_medium(&before.medium).is_empty(), "the scan can find");
    let mut board = before.clone().power_on(None);
    let mut live = open(&mut board).unwrap();
    let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
    assert_eq!(block_on(resume(&mut live)), Ok(true));
    drop(live);
    let after = board.power_off();
    assert_eq!(scan.scan_medium(&after.medium), []);
    // Every data page of before, put back one by one and all together, under the vault of after and with the chip's key and
    // counter at hand: no value comes back.
    let vault = MAP.spans()[1].start() as usize..MAP.spans()[1].start() as usize + 2 * PAGE;
    let data: Vec<usize> = (vault.end..MAP.spans()[1].end() as usize).step_by(PAGE).collect();
    let mut tries: Vec<Vec<usize>> = data.iter().map(|page| vec![*page]).collect();
    tries.push(data);
    for pages in tries {
        let mut mixed = after.clone();
        for page in &pages {
            let old = before.medium.bytes()[*page..page + PAGE].to_vec();
            mixed.medium.tamper(*page, &old);
        }
        for counter in [before.chip.counter, after.chip.counter] {
            let mut mixed = mixed.clone();
            mixed.chip.counter = counter;
            let mut board = mixed.power_on(None);
            let Ok(mut live) = open(&mut board) else { continue };
            let mut bytes = [0; 32];
            for (parameter, value) in [
                (WIFI.parameter(), WIFI_VALUE),
                (HEALTH.parameter(), HEALTH_VALUE),
                (SETTING.parameter(), SETTING_VALUE),
            ] {
                let _refused =
                    block_on(gabion_storage::Storage::read(&mut live.store, parameter, &mut bytes));
                assert_ne!(bytes, value, "{pages:?} brought {} back", parameter.name);
            }
        }
    }
}

#[test]
fn a_receipt_of_another_device_or_with_any_bit_changed_is_refused() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
    block_on(resume_with(&mut live, &Software)).unwrap();
    let mut bytes = [0; RECEIPT_LEN];
    block_on(newest_receipt(&mut live.store, &mut bytes)).unwrap();
    let public = |n| Software.p256_public_key(&Secret::new([n; 32])).unwrap();
    assert!(Receipt::verify(&Software, &bytes, &public(0x11)).is_ok());
    assert_eq!(Receipt::verify(&Software, &bytes, &public(2)), Err(ReceiptError::Refused));
    for bit in (0..RECEIPT_LEN * 8).step_by(3) {
        let mut changed = bytes;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Receipt::verify(&Software, &changed, &public(0x11)).is_err(), "bit {bit}");
    }
    for len in 0..RECEIPT_LEN {
        assert_eq!(
            Receipt::verify(&Software, &bytes[..len], &public(0x11)),
            Err(ReceiptError::NotAReceipt)
        );
    }
}

#[test]
fn a_region_that_was_forgotten_stops_every_start() {
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let context = Context {
        provider: &Software,
        memory: &mut NoVolatile,
        clock: &mut live.clock,
        events: &mut NoEvents,
        device_key: None,
    };
    let clean = block_on(gabion_erase::resume(&PLAN, &mut live.store, &mut (), context));
    assert_eq!(clean.err(), Some(EraseError::Plan("cache")));
}

#[test]
fn memory_that_does_not_forget_stops_the_reset_and_the_next_boot_goes_on() {
    struct Stubborn;
    impl VolatileMemory for Stubborn {
        fn wipe(&mut self) -> bool {
            false
        }
    }
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let _ordered = block_on(order(&mut live.store, Told, &mut NoEvents)).unwrap();
    let context = Context {
        provider: &Software,
        memory: &mut Stubborn,
        clock: &mut live.clock,
        events: &mut NoEvents,
        device_key: None,
    };
    let mut regions = (&mut live.cache,);
    let clean = block_on(gabion_erase::resume(&PLAN, &mut live.store, &mut regions, context));
    assert_eq!(clean.err(), Some(EraseError::Memory));
    assert_eq!(block_on(values(&mut live.store)), Ok(0), "keys went first");
    drop(live);
    let mut board = board.power_off().power_on(None);
    let mut live = open(&mut board).unwrap();
    assert_eq!(block_on(resume(&mut live)), Ok(true));
}

#[test]
fn events_tell_the_start_the_resumption_and_the_end() {
    #[derive(Default)]
    struct Kinds(Vec<EventKind>);
    impl EventSink for Kinds {
        fn event(&mut self, event: Event) {
            self.0.push(event.kind);
        }
    }
    let mut kinds = Kinds::default();
    let mut board = owned().power_on(None);
    let mut live = open(&mut board).unwrap();
    let _ordered = block_on(order(&mut live.store, Told, &mut kinds)).unwrap();
    let mut run = |live: &mut Live<'_>| {
        let mut regions = (&mut live.cache,);
        let context = Context {
            provider: &Unsigned,
            memory: &mut NoVolatile,
            clock: &mut live.clock,
            events: &mut kinds,
            device_key: None,
        };
        block_on(gabion_erase::resume(&PLAN, &mut live.store, &mut regions, context)).is_ok()
    };
    drop(live);
    // The power fails in the middle of the first run.
    let mut board = board.power_off().power_on(Some(gabion_sim::Cut::clean(150)));
    let mut live = open(&mut board).unwrap();
    assert!(!run(&mut live));
    drop(live);
    let mut board = board.power_off().power_on(None);
    let mut live = open(&mut board).unwrap();
    assert!(run(&mut live));
    let mut bytes = [0; RECEIPT_LEN];
    assert_eq!(
        block_on(newest_receipt(&mut live.store, &mut bytes)),
        Ok(None),
        "no identity, no receipt"
    );
    assert_eq!(
        kinds.0,
        [EventKind::ResetStarted, EventKind::ResetResumed, EventKind::ResetFinished]
    );
}
