//! The life of two slots, without accidents.
// A test may stop loudly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod support;

use gabion_boot::Refusal;
use gabion_sim::block_on;
use gabion_update::{Misuse, Mode, SlotId, Standing, UpdateError, Updater};
use support::{boot, config, confirm, ends, factory, fetch, image, keys, update};

#[test]
fn an_update_is_tried_confirmed_and_raises_the_floor() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let booted = boot(&mut board, &support::MAP, &keys).unwrap();
    assert_eq!((booted.slot, booted.mode), (SlotId::A, Mode::Confirmed));
    assert_eq!(board.chip.state().counter, 3);

    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let mut board = board.power_off().power_on(None);
    let booted = boot(&mut board, &support::MAP, &keys).unwrap();
    assert_eq!((booted.slot, booted.mode), (SlotId::B, Mode::Trial { boot: 1, of: 3 }));
    assert_eq!(board.chip.state().counter, 3, "the floor waits for the confirmation");

    confirm(&mut board, SlotId::B, &keys).unwrap();
    assert_eq!(board.chip.state().counter, 5);
    let mut board = board.power_off().power_on(None);
    let booted = boot(&mut board, &support::MAP, &keys).unwrap();
    assert_eq!((booted.slot, booted.mode), (SlotId::B, Mode::Confirmed));
    assert!(board.flash.illegal_writes().is_empty());
}

#[test]
fn an_update_that_is_not_confirmed_goes_back_after_its_boots() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    for number in 1..=3 {
        board = board.power_off().power_on(None);
        let booted = boot(&mut board, &support::MAP, &keys).unwrap();
        assert_eq!((booted.slot, booted.mode), (SlotId::B, Mode::Trial { boot: number, of: 3 }));
    }
    for _ in 0..2 {
        board = board.power_off().power_on(None);
        let booted = boot(&mut board, &support::MAP, &keys).unwrap();
        assert_eq!((booted.slot, booted.mode), (SlotId::A, Mode::Reverted));
        let counter = board.chip.counter.clone();
        block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
            assert_eq!(updater.status().await.unwrap().standing, Standing::Reverted);
        });
    }
    // And the same update can be tried again.
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    board = board.power_off().power_on(None);
    let booted = boot(&mut board, &support::MAP, &keys).unwrap();
    assert_eq!(booted.mode, Mode::Trial { boot: 1, of: 3 });
}

#[test]
fn the_boot_path_writes_at_most_three_words_and_erases_nothing() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    for _ in 0..6 {
        board = board.power_off().power_on(None);
        boot(&mut board, &support::MAP, &keys).unwrap();
        let counters = board.flash.counters();
        assert!(counters.words <= 1, "{counters:?}");
        assert_eq!(counters.erases, 0);
    }
}

#[test]
fn a_download_goes_on_where_it_stopped() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let new = image(5);
    let (head, tail) = ends(&new);
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&new[..2100], &mut events).await.unwrap();
        drop(download);
        let status = updater.status().await.unwrap();
        assert_eq!(status.download, Some((2048, new.len() as u32)));
    });
    let mut board = board.power_off().power_on(None);
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        assert_eq!(download.position(), 2048);
        download.write(&new[2048..], &mut events).await.unwrap();
        let verified = download.finish(&mut events).await.unwrap();
        updater.install(verified, &mut events).await.unwrap();
    });
    let mut board = board.power_off().power_on(None);
    assert_eq!(boot(&mut board, &support::MAP, &keys).unwrap().slot, SlotId::B);
}

#[test]
fn what_will_not_do_is_refused_before_a_byte_is_erased() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    boot(&mut board, &support::MAP, &keys).unwrap();
    let erases = board.flash.counters().erases;
    let untrusted = {
        let mut mint = support::mint::Mint::new(5, 2300);
        mint.key = 9;
        mint.build()
    };
    let large = support::mint::Mint::new(5, 4096).build();
    for (image, refusal) in [
        (image(2), Refusal::Rollback),
        (untrusted, Refusal::UnknownKey),
        (large, Refusal::SizeOutOfRange),
    ] {
        assert_eq!(
            update(&mut board, SlotId::A, &image, &keys),
            Err(UpdateError::Refused(refusal))
        );
    }
    board.chip.change(|state| state.counter_max = 4);
    assert_eq!(update(&mut board, SlotId::A, &image(5), &keys), Err(UpdateError::CounterCapacity));
    assert_eq!(board.flash.counters().erases, erases);
}

#[test]
fn what_runs_already_is_not_installed_again() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    boot(&mut board, &support::MAP, &keys).unwrap();
    let before = board.flash.medium().clone();
    assert_eq!(update(&mut board, SlotId::A, &image(3), &keys), Err(UpdateError::AlreadyRunning));
    assert_eq!(*board.flash.medium(), before);
    // Nor after another update was begun and given up.
    let (other, mut events) = (image(4), board.chip.events.clone());
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (head, tail) = ends(&other);
        let download = updater.begin(&head, tail, &mut events).await.unwrap();
        drop(download);
        updater.abort().await.unwrap();
        let refused = fetch(&mut updater, &image(3), &mut events).await;
        assert_eq!(refused, Err(UpdateError::AlreadyRunning));
    });
}

#[test]
fn bytes_after_the_end_are_refused_and_not_stored() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let new = image(5);
    let (head, tail) = ends(&new);
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    let mut long = new.clone();
    long.extend([0x5a; 700]);
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        let result = download.write(&long, &mut events).await;
        assert_eq!(result, Err(UpdateError::Misuse(Misuse::TooMany)));
        let _verified = download.finish(&mut events).await.unwrap();
    });
    let slot = support::SLOT as usize;
    assert!(board.flash.medium().is_blank(slot + new.len().next_multiple_of(4)..2 * slot));
}

#[test]
fn an_update_on_trial_can_neither_be_updated_nor_confirmed_from_the_other_slot() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    assert_eq!(confirm(&mut board, SlotId::A, &keys), Err(UpdateError::Misuse(Misuse::NotOnTrial)));
    let mut board = board.power_off().power_on(None);
    boot(&mut board, &support::MAP, &keys).unwrap();
    let result = update(&mut board, SlotId::B, &image(7), &keys);
    assert_eq!(result, Err(UpdateError::Misuse(Misuse::OnTrial)));
}

#[test]
fn a_confirmed_newer_key_revokes_the_older_but_never_its_own() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let mut mint = support::mint::Mint::new(5, 2300);
    mint.key = 2;
    let (new, mut events) = (mint.build(), board.chip.events.clone());
    let counter = board.chip.counter.clone();
    block_on(async {
        let config = gabion_update::UpdaterConfig { revoke_older_keys: true, ..config(&keys) };
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config).await.unwrap();
        fetch(&mut updater, &new, &mut events).await.unwrap();
    });
    let mut board = board.power_off().power_on(None);
    assert_eq!(boot(&mut board, &support::MAP, &keys).unwrap().slot, SlotId::B);
    // On trial the old key still counts: the old image must be able to come back.
    confirm(&mut board, SlotId::B, &keys).unwrap();
    let mut board = board.power_off().power_on(None);
    assert_eq!(boot(&mut board, &support::MAP, &keys).unwrap().slot, SlotId::B);
    let result = update(&mut board, SlotId::B, &image(7), &keys);
    assert_eq!(result, Err(UpdateError::Refused(Refusal::UnknownKey)));
    mint.protected[0].1 = 7u32.to_le_bytes().to_vec();
    update(&mut board, SlotId::B, &mint.build(), &keys).unwrap();
}
