//! What was done to updates and their state, done to this one. Each test is named after the attack or the failure.
//!
//! MCUboot 1966, 829 and 1588 (partly written state bricks) and wolfBoot 315 (a power-fail test that tests nothing) are in
//! `tests/power_cut.rs`; wolfBoot 589 and 453 (state in the same sector as firmware) do not compile: see `SlotMap`.
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
use gabion_hal::{EventKind, MonotonicCounter};
use gabion_sim::{Board, Cut, Fault, Off, Plain, Rng, Step, Tamper, block_on};
use gabion_update::{BootError, Misuse, Mode, SlotId, Standing, UpdateError, Updater};
use support::life::{Bug, History, Life, Plan};
use support::{
    Flash, MAP, PAGE, SLOT, boot, config, confirm, ends, factory, fetch, image, keys, update,
};

/// Runs the boot loader on a fresh power cycle.
fn booted(off: Off<Flash>) -> (Board<Flash>, SlotId, Mode) {
    let mut board = off.power_on(None);
    let keys = keys();
    let booted = boot(&mut board, &MAP, &keys).unwrap();
    (board, booted.slot, booted.mode)
}

/// A device with counter 5 confirmed in slot B, and counter 3 still in slot A.
fn updated() -> Off<Flash> {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let (mut board, slot, _) = booted(board.power_off());
    confirm(&mut board, slot, &keys).unwrap();
    board.power_off()
}

/// MCUboot issue 1708: a revert was a way back to an image below the floor.
#[test]
fn mcuboot_1708_no_state_of_the_flash_runs_an_image_below_the_floor() {
    let off = updated();
    let state = MAP.state().start() as usize..MAP.state().end() as usize;
    // Whatever single bit or word of the state somebody changes.
    let mut changed = 0;
    let mut judge = |medium| {
        let off = Off::<Flash>::with(medium, off.chip.clone());
        let mut board = off.power_on(None);
        let booted = boot(&mut board, &MAP, &keys()).unwrap();
        assert_eq!(booted.image.security_counter(), Some(5));
        changed += 1;
    };
    let used = state.start..state.start + 4 * 192;
    Tamper::new(&off.medium, used).clear_words(|_, medium| judge(medium));
    let mut rng = Rng::new(1708);
    for _ in 0..400 {
        let mut medium = off.medium.clone();
        for _ in 0..1 + rng.index(4) {
            medium.flip_bit(state.start + rng.index(4 * 192), rng.byte() & 7);
        }
        judge(medium);
    }
    assert!(changed > 500, "{changed}");
    // A state that somebody recorded when the old image ran, played back.
    let old = factory(&image(3));
    let mut replayed = off.clone();
    replayed.medium.tamper(state.start, &old.medium.bytes()[state]);
    let (mut board, slot, mode) = booted(replayed);
    assert_eq!((slot, mode), (SlotId::B, Mode::Fallback));
    assert!(board.chip.events.all().iter().any(|event| event.kind == EventKind::RollbackRefused));
    // With only the old image left, nothing runs.
    board.flash.medium_mut().tamper(SLOT as usize, &[0; 64]);
    let result = boot(&mut board, &MAP, &keys());
    assert!(matches!(result, Err(BootError::NothingBootable(Refusal::Rollback))), "{result:?}");
}

/// MCUboot issues 2282 and 2420: the counter was burnt before a revert.
#[test]
fn mcuboot_2282_2420_the_counter_is_not_burnt_before_a_revert() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    boot(&mut board, &MAP, &keys).unwrap();
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let mut off = board.power_off();
    for _ in 0..6 {
        let (board, _, _) = booted(off);
        assert_eq!(board.chip.state().counter, 3);
        off = board.power_off();
    }
    let (_, slot, mode) = booted(off);
    assert_eq!((slot, mode), (SlotId::A, Mode::Reverted));
}

/// MCUboot issue 2549: that the counter cannot go so high was found after the swap.
#[test]
fn mcuboot_2549_the_counters_capacity_is_checked_before_staging() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    board.chip.change(|state| state.counter_max = 16);
    boot(&mut board, &MAP, &keys).unwrap();
    let before = board.flash.medium().clone();
    let result = update(&mut board, SlotId::A, &image(17), &keys);
    assert_eq!(result, Err(UpdateError::CounterCapacity));
    assert_eq!(*board.flash.medium(), before, "nothing was written");
    update(&mut board, SlotId::A, &image(16), &keys).unwrap();
}

/// The power fails at the counter itself, between the confirmation and the new floor.
#[test]
fn a_cut_at_the_counter_is_made_good_by_the_next_boot() {
    let keys = keys();
    for (seed, after) in [(0, 3), (1, 5)] {
        let mut board = factory(&image(3)).power_on(None);
        boot(&mut board, &MAP, &keys).unwrap();
        update(&mut board, SlotId::A, &image(5), &keys).unwrap();
        let (mut board, slot, _) = booted(board.power_off());
        // The confirmation writes one word, then raises the counter.
        board.supply.arm(Cut::new(1, Fault::Clean, seed));
        let result = confirm(&mut board, slot, &keys);
        assert!(matches!(result, Err(UpdateError::Counter(_))), "{result:?}");
        assert_eq!(board.supply.fired().map(|(_, step)| step), Some(Step::Counter));
        let off = board.power_off();
        assert_eq!(off.chip.counter, after);
        let (board, slot, mode) = booted(off);
        assert_eq!((slot, mode, board.chip.state().counter), (SlotId::B, Mode::Confirmed, 5));
    }
}

/// A counter that fails must not turn the guard off, and a broken one must not stop a device that could boot before.
#[test]
fn a_counter_that_fails_refuses_instead_of_assuming_zero() {
    let mut board = updated().power_on(None);
    board.chip.counter.set_broken(true);
    let result = boot(&mut board, &MAP, &keys());
    assert!(matches!(result, Err(BootError::Counter(_))), "{result:?}");
}

/// embassy-boot: a cut inside the confirmation reported a revert while the new image ran; a cut after the last progress word
/// reverted an update that never ran. `tests/power_cut.rs` judges this at every step; here once by hand.
#[test]
fn embassy_boot_the_reported_state_is_the_running_image() {
    let keys = keys();
    for fault in [Fault::Clean, Fault::TornWord, Fault::UndefinedWord] {
        for seed in 0..64 {
            let mut board = factory(&image(3)).power_on(None);
            update(&mut board, SlotId::A, &image(5), &keys).unwrap();
            let (mut board, slot, _) = booted(board.power_off());
            board.supply.arm(Cut::new(0, fault, seed).unstable());
            assert!(confirm(&mut board, slot, &keys).is_err());
            let mut told = Vec::new();
            let mut off = board.power_off();
            for _ in 0..2 {
                let (mut board, slot, mode) = booted(off);
                let counter = board.chip.counter.clone();
                let status = block_on(async {
                    let mut updater = Updater::open(&mut board.flash, counter, slot, config(&keys))
                        .await
                        .unwrap();
                    updater.status().await.unwrap()
                });
                assert_eq!(slot, SlotId::B);
                match (mode, status.standing) {
                    (Mode::Confirmed, Standing::Confirmed)
                    | (Mode::Trial { .. }, Standing::Trial { .. }) => {}
                    other => panic!("{other:?}"),
                }
                told.push(mode == Mode::Confirmed);
                off = board.power_off();
            }
            assert_eq!(told[0], told[1], "{fault:?} {seed}: a confirmation that comes and goes");
        }
    }
}

/// esp-hal issue 5767: one corrupt copy of the state was an error although the other was good.
#[test]
fn esp_hal_5767_a_corrupt_record_falls_back_to_one_that_is_not() {
    let life = Life::<4, 512, Plain>::new(Plan::Confirm, Bug::None, 300);
    let off = life.arrived();
    let state = life.map().state();
    let range = state.start() as usize..state.end() as usize;
    let mut tried = 0;
    let mut judge = |medium| {
        let booted = life.boots(Off::with(medium, off.chip.clone()));
        assert!(booted.is_some_and(|booted| booted.slot == SlotId::B));
        tried += 1;
    };
    let all = Tamper::new(&off.medium, range);
    all.flip_bits(|_, medium| judge(medium));
    all.clear_words(|_, medium| judge(medium));
    all.clear_ranges(512, |_, medium| judge(medium));
    assert!(tried > 2 * 512 * 8, "{tried}");
}

/// The state is gone altogether: two authentic images are left, and the better one runs.
#[test]
fn a_lost_state_is_no_brick() {
    for fill in [0xff, 0x00, 0x5a] {
        let mut off = updated();
        off.medium.tamper(MAP.state().start() as usize, &vec![fill; 2 * PAGE]);
        let (mut board, slot, mode) = booted(off);
        assert_eq!((slot, mode), (SlotId::B, Mode::Recovered));
        let counter = board.chip.counter.clone();
        let keys = keys();
        block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter, slot, config(&keys)).await.unwrap();
            assert_eq!(updater.status().await.unwrap().standing, Standing::Unknown);
            updater.provision().await.unwrap();
        });
        let (mut board, slot, mode) = booted(board.power_off());
        assert_eq!((slot, mode), (SlotId::B, Mode::Confirmed));
        update(&mut board, SlotId::B, &image(7), &keys).unwrap();
    }
}

/// A slot is damaged in the field: the other one runs, and the update heals the first.
#[test]
fn a_damaged_slot_is_replaced_by_the_other_one() {
    let keys = keys();
    let mut board = factory(&image(5)).power_on(None);
    let newer = support::mint::Mint::new(5, 2301).build();
    update(&mut board, SlotId::A, &newer, &keys).unwrap();
    let (mut board, slot, _) = booted(board.power_off());
    confirm(&mut board, slot, &keys).unwrap();
    let mut off = board.power_off();
    off.medium.flip_bit(SLOT as usize + 0x123, 3);
    let (mut board, slot, mode) = booted(off);
    assert_eq!((slot, mode), (SlotId::A, Mode::Fallback));
    assert!(board.chip.events.all().iter().any(|event| event.kind == EventKind::BootReverted));
    // Even the image that runs may heal it.
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let (_, slot, mode) = booted(board.power_off());
    assert_eq!((slot, mode), (SlotId::B, Mode::Trial { boot: 1, of: support::ATTEMPTS }));
}

/// MCUboot issue 1894 for updates: what an older, longer image left behind the new one does not stay executable.
#[test]
fn mcuboot_1894_nothing_of_the_older_image_stays_behind_the_new_one() {
    let keys = keys();
    let long = support::mint::Mint::new(4, 3700).build();
    let mut board = factory(&image(3)).power_on(None);
    board.flash.medium_mut().tamper(SLOT as usize, &long);
    let new = image(5);
    update(&mut board, SlotId::A, &new, &keys).unwrap();
    let slot = SLOT as usize;
    assert_eq!(board.flash.medium().bytes()[slot..slot + new.len()], new);
    assert!(board.flash.medium().is_blank(slot + new.len()..2 * slot));
}

/// CVE-2020-10648 for updates: one image is offered, another one is sent.
#[test]
fn u_boot_fit_another_image_than_the_offered_one_is_sent() {
    let keys = keys();
    let (offered, sent) = (image(5), image(6));
    let mut board = factory(&image(3)).power_on(None);
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (head, tail) = ends(&offered);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&sent, &mut events).await.unwrap();
        let result = download.finish(&mut events).await;
        assert!(matches!(result, Err(UpdateError::NotAsOffered)), "{result:?}");
        let none = updater.staged().await;
        assert!(matches!(none, Err(UpdateError::Misuse(Misuse::NothingStaged))));
    });
    let (_, slot, mode) = booted(board.power_off());
    assert_eq!((slot, mode), (SlotId::A, Mode::Confirmed));
}

/// The witness of one image does not install another one.
#[test]
fn a_witness_for_another_image_installs_nothing() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let running = boot(&mut board, &MAP, &keys).unwrap();
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    let new = image(5);
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (head, tail) = ends(&new);
        let download = updater.begin(&head, tail, &mut events).await.unwrap();
        assert!(matches!(
            download.finish(&mut events).await,
            Err(UpdateError::Misuse(Misuse::Incomplete))
        ));
        let result = updater.install(running.image, &mut events).await;
        assert_eq!(result, Err(UpdateError::Misuse(Misuse::WrongImage)));
    });
}

/// CVE-2020-27211: a glitch opened the debug port, so somebody can write the flash. Each boot verifies again.
#[test]
fn cve_2020_27211_whoever_writes_the_flash_boots_nothing_unsigned() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let mut off = board.power_off();
    off.medium.flip_bit(SLOT as usize + 0x200, 0);
    let (board, slot, mode) = booted(off);
    assert_eq!((slot, mode), (SlotId::A, Mode::Reverted));
    assert!(board.chip.events.all().iter().any(|event| event.kind == EventKind::BootRefused));
}

/// A download that is damaged on its way is given up at its end, and the next attempt starts anew.
#[test]
fn a_bit_flipped_on_the_way_is_found_and_the_update_can_be_repeated() {
    let keys = keys();
    let new = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let mut damaged = new.clone();
    damaged[0x321] ^= 4;
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (head, tail) = ends(&new);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&damaged, &mut events).await.unwrap();
        let result = download.finish(&mut events).await;
        assert!(matches!(result, Err(UpdateError::Refused(Refusal::HashMismatch))), "{result:?}");
        fetch(&mut updater, &new, &mut events).await.unwrap();
    });
    assert_eq!(booted(board.power_off()).1, SlotId::B);
}

/// What lies in the slot of a download that was cut is changed meanwhile.
#[test]
fn a_download_whose_first_part_was_changed_does_not_go_on_for_ever() {
    let keys = keys();
    let new = image(5);
    let (head, tail) = ends(&new);
    let mut board = factory(&image(3)).power_on(None);
    let mut events = board.chip.events.clone();
    for (place, finds_at_once) in [(0, true), (0x300, false)] {
        let counter = board.chip.counter.clone();
        block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
            let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
            download.write(&new[..2200], &mut events).await.unwrap();
        });
        board.flash.medium_mut().flip_bit(SLOT as usize + place, 1);
        let counter = board.chip.counter.clone();
        block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
            let first = fetch(&mut updater, &new, &mut events).await;
            assert!(matches!(first, Err(UpdateError::Refused(_))), "{finds_at_once}: {first:?}");
            if finds_at_once {
                return;
            }
            fetch(&mut updater, &new, &mut events).await.unwrap();
        });
    }
}

/// A life of random updates, cuts, tampering and reverts: the floor never sinks, and what runs is never below it.
#[test]
fn a_random_life_never_goes_below_the_floor() {
    let life = Life::<4, 512, Plain>::new(Plan::Confirm, Bug::None, 300);
    let mut rng = Rng::new(0x1708);
    let mut floor = 0;
    let mut off = life.factory();
    let mut history = History::default();
    for _ in 0..3_000 {
        let steps = 1 + rng.below(400);
        let fault = Fault::ALL[rng.index(8)];
        let cut = Cut::new(rng.below(steps), fault, rng.next());
        let cycle = life.cycle(off, Some(cut), &mut history).unwrap();
        assert!(cycle.off.chip.counter >= floor);
        floor = cycle.off.chip.counter;
        off = cycle.off;
        if history.confirmed && rng.chance(1, 20) {
            off = life.factory();
            (floor, history) = (0, History::default());
        }
    }
}

/// A trial that ended because its image did not verify has ended, whatever becomes of the slot.
#[test]
fn a_revert_is_for_good() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let mut off = board.power_off();
    off.medium.flip_bit(SLOT as usize + 0x200, 0);
    let (board, _, mode) = booted(off);
    assert_eq!(mode, Mode::Reverted);
    let mut off = board.power_off();
    off.medium.flip_bit(SLOT as usize + 0x200, 0);
    for _ in 0..2 {
        let (board, slot, mode) = booted(off);
        assert_eq!(
            (slot, mode),
            (SlotId::A, Mode::Reverted),
            "the slot is whole again, and not asked for"
        );
        assert_eq!(board.flash.counters().words, 0);
        off = board.power_off();
    }
}

/// Without a state the better one of two images runs, not the first.
#[test]
fn a_lost_state_recovers_to_the_better_image() {
    for (a, b, better) in [(4, 6, SlotId::B), (6, 4, SlotId::A), (5, 5, SlotId::A)] {
        let mut off = factory(&image(a));
        off.medium.tamper(SLOT as usize, &image(b));
        off.medium.tamper(MAP.state().start() as usize, &[0xff; 2 * PAGE]);
        let (board, slot, mode) = booted(off);
        assert_eq!((slot, mode), (better, Mode::Recovered));
        assert_eq!(board.chip.state().counter, 0, "nothing was confirmed");
    }
}

/// What was verified before the download began is not what is installed after it.
#[test]
fn a_witness_for_what_was_in_the_slot_before_installs_nothing() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let mut events = board.chip.events.clone();
    let counter = board.chip.counter.clone();
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (first, second) = (image(5), image(6));
        let (head, tail) = ends(&first);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&first, &mut events).await.unwrap();
        let witness = download.finish(&mut events).await.unwrap();
        let (head, tail) = ends(&second);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        assert_eq!(download.position(), 0, "nothing of the first image counts for the second");
        download.write(&second[..1000], &mut events).await.unwrap();
        let result = updater.install(witness, &mut events).await;
        assert_eq!(result, Err(UpdateError::Misuse(Misuse::WrongImage)));
    });
}

/// A record whose seal was never written does not exist, though it is whole.
#[test]
fn a_record_without_its_seal_does_not_count() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let mut off = board.power_off();
    // The newest record is the trial; its seal is the first word behind its 64 bytes.
    let state = MAP.state().start() as usize;
    let newest =
        (0..5).rev().map(|n| state + n * 192).find(|at| !off.medium.is_blank(*at..at + 64));
    off.medium.tamper(newest.unwrap() + 64, &[0xff; 4]);
    let (_, slot, mode) = booted(off);
    assert_eq!((slot, mode), (SlotId::A, Mode::Confirmed));
}

/// The chip's counter refuses to sink, whoever asks.
#[test]
fn the_floor_does_not_sink() {
    let mut board = updated().power_on(None);
    assert!(board.chip.counter.advance_to(4).is_err());
}

/// A flash on which reads of slot B fail a few times, or one write to it.
struct Failing<'a> {
    flash: &'a mut support::Flash,
    fails: u32,
    /// So many writes to slot B succeed before the one that fails.
    write_fails_after: Option<u32>,
}

impl embedded_storage_async::nor_flash::ErrorType for Failing<'_> {
    type Error = gabion_sim::FlashError;
}

impl embedded_storage_async::nor_flash::ReadNorFlash for Failing<'_> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        if self.fails > 0 && (SLOT..2 * SLOT).contains(&at) {
            self.fails -= 1;
            return Err(gabion_sim::FlashError::OutOfBounds);
        }
        embedded_storage_async::nor_flash::ReadNorFlash::read(self.flash, at, bytes).await
    }

    fn capacity(&self) -> usize {
        embedded_storage_async::nor_flash::ReadNorFlash::capacity(self.flash)
    }
}

impl embedded_storage_async::nor_flash::NorFlash for Failing<'_> {
    const WRITE_SIZE: usize = support::WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        embedded_storage_async::nor_flash::NorFlash::erase(self.flash, from, to).await
    }

    async fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        if let Some(left) = &mut self.write_fails_after
            && (SLOT..2 * SLOT).contains(&at)
        {
            if *left == 0 {
                self.write_fails_after = None;
                return Err(gabion_sim::FlashError::OutOfBounds);
            }
            *left -= 1;
        }
        embedded_storage_async::nor_flash::NorFlash::write(self.flash, at, bytes).await
    }
}

/// A read that fails says nothing of an image: it must not end a trial.
#[test]
fn a_read_that_fails_does_not_revoke_an_update() {
    let keys = keys();
    for fails in [1, 2] {
        let mut board = factory(&image(3)).power_on(None);
        update(&mut board, SlotId::A, &image(5), &keys).unwrap();
        let boot = gabion_update::Boot {
            map: &MAP,
            keys: gabion_boot::KeySet::new(&keys),
            policy: gabion_boot::Policy::new(u32::MAX),
            provider: &gabion_crypto::Software,
            rollback: gabion_update::Rollback::Guarded,
        };
        let mut counter = board.chip.counter.clone();
        let mut events = board.chip.events.clone();
        let mut flash = Failing { flash: &mut board.flash, fails, write_fails_after: None };
        let first = block_on(boot.run(&mut flash, &mut counter, &mut events));
        match (fails, first) {
            (1, Ok(run)) => assert!(matches!(run.mode, Mode::Trial { .. }), "{:?}", run.mode),
            (2, Err(gabion_update::BootError::Flash(_))) => {}
            (_, other) => panic!("{fails} failed reads: {other:?}"),
        }
        let (_, slot, mode) = booted(board.power_off());
        assert_eq!(slot, SlotId::B, "after {fails} failed reads the trial goes on: {mode:?}");
    }
}

/// A write that failed leaves a hole: nothing may be appended behind it, and the download is gone on with from its last mark.
#[test]
fn a_download_whose_write_failed_is_begun_again() {
    let (keys, new) = (keys(), image(5));
    for after in 0..10 {
        let mut board = factory(&image(3)).power_on(None);
        let (counter, mut events) = (board.chip.counter.clone(), board.chip.events.clone());
        let (head, tail) = ends(&new);
        let flash = Failing { flash: &mut board.flash, fails: 0, write_fails_after: Some(after) };
        block_on(async {
            let mut updater =
                Updater::open(flash, counter, SlotId::A, config(&keys)).await.unwrap();
            let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
            let mut failed = 0;
            for piece in new.chunks(300) {
                match download.write(piece, &mut events).await {
                    Ok(()) => assert_eq!(failed, 0, "write {after}: bytes behind a hole"),
                    Err(UpdateError::Flash(_)) => failed += 1,
                    Err(UpdateError::Misuse(Misuse::Interrupted)) => assert_eq!(failed, 1),
                    Err(other) => panic!("{other:?}"),
                }
            }
            if failed == 1 {
                let paused = download.pause();
                let download = updater.go_on(paused).await.unwrap();
                let ended = download.finish(&mut events).await;
                assert_eq!(ended, Err(UpdateError::Misuse(Misuse::Interrupted)));
            } else {
                // The last block is written at the end.
                assert!(matches!(download.finish(&mut events).await, Err(UpdateError::Flash(_))));
            }
            let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
            let start = download.position() as usize;
            assert_eq!(start, after as usize / 4 * PAGE, "write {after}");
            download.write(&new[start..], &mut events).await.unwrap();
            let verified = download.finish(&mut events).await.unwrap();
            updater.install(verified, &mut events).await.unwrap();
        });
        let (_, slot, _) = booted(board.power_off());
        assert_eq!(slot, SlotId::B, "write {after}");
    }
}

/// Both ends of an image that was signed once can be sent by anybody. They must not undo an installation that waits.
#[test]
fn a_replayed_offer_does_not_undo_an_installation() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    update(&mut board, SlotId::A, &image(5), &keys).unwrap();
    let replayed = image(4);
    let refused = update(&mut board, SlotId::A, &replayed, &keys);
    assert_eq!(refused, Err(UpdateError::Misuse(Misuse::Pending)));
    let (mut board, slot, _) = booted(board.power_off());
    assert_eq!(slot, SlotId::B, "what was installed is tried");
    // Whoever may withdraw it, can; then another one may come.
    confirm(&mut board, SlotId::B, &keys).unwrap();
    update(&mut board, SlotId::B, &image(6), &keys).unwrap();
    let (counter, mut events) = (board.chip.counter.clone(), board.chip.events.clone());
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::B, config(&keys)).await.unwrap();
        updater.withdraw().await.unwrap();
        updater.withdraw().await.unwrap();
        assert_eq!(updater.status().await.unwrap().standing, Standing::Confirmed);
        fetch(&mut updater, &image(7), &mut events).await.unwrap();
    });
    let (_, slot, mode) = booted(board.power_off());
    assert_eq!((slot, mode), (SlotId::A, Mode::Trial { boot: 1, of: 3 }));
}

/// Boot loader and application are built on different days: the same key stands at different places of their lists, or is
/// missing in one. Revocation is by key.
#[test]
fn revocation_does_not_depend_on_the_place_in_a_list() {
    use support::mint::{Mint, trusted};
    let signed = |counter, key| {
        let mut mint = Mint::new(counter, 2300);
        mint.key = key;
        mint.body[0] = key; // another image, not another signature
        mint.build()
    };
    let application = [trusted(1), trusted(2), trusted(3)];
    let start =
        |board: &mut Board<Flash>, list: &[gabion_boot::TrustedKey]| boot(board, &MAP, list);
    let mut board = factory(&signed(3, 1)).power_on(None);
    let counter = board.chip.counter.clone();
    let mut events = board.chip.events.clone();
    let mut revoking = config(&application);
    revoking.revoke_older_keys = true;
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter.clone(), SlotId::A, revoking).await.unwrap();
        fetch(&mut updater, &signed(3, 2), &mut events).await.unwrap();
    });
    let mut board = board.power_off().power_on(None);
    assert_eq!(start(&mut board, &application).unwrap().slot, SlotId::B);
    let counter = board.chip.counter.clone();
    let mut revoking = config(&application);
    revoking.revoke_older_keys = true;
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::B, revoking).await.unwrap();
        updater.confirm(&mut events).await.unwrap();
    });
    let mut off = board.power_off();
    // The list of the boot loader, and whether the kept image (key 2), and the old one alone (key 1), run under it.
    let lists: [(&[u8], bool, bool); 5] = [
        (&[1, 2, 3], true, false),
        (&[2, 3], true, false),
        (&[9, 1, 2], true, false),
        (&[2], true, false),
        (&[1, 8, 2, 3], true, false),
    ];
    for (list, kept, old) in lists {
        let list: Vec<_> = list.iter().map(|key| trusted(*key)).collect();
        let mut board = off.power_on(None);
        let booted = start(&mut board, &list);
        assert_eq!(booted.is_ok_and(|booted| booted.slot == SlotId::B), kept);
        off = board.power_off();
        let mut ruined = Off::<Flash>::with(off.medium.clone(), off.chip.clone());
        ruined.medium.tamper(SLOT as usize, &[0; 64]);
        let mut board = ruined.power_on(None);
        assert_eq!(start(&mut board, &list).is_ok(), old, "the old image's key is revoked");
    }
}

/// The hook before an installation puts it off, and nothing is lost by that (EN 303 645 5.3-12).
#[test]
fn a_hook_puts_an_installation_off() {
    use gabion_update::Consent;
    let keys = keys();
    let new = image(5);
    let mut board = factory(&image(3)).power_on(None);
    let (counter, mut events) = (board.chip.counter.clone(), board.chip.events.clone());
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (head, tail) = ends(&new);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&new, &mut events).await.unwrap();
        let verified = download.finish(&mut events).await.unwrap();
        let mut busy = 2;
        let mut hook = |image: &gabion_boot::Image| {
            assert_eq!(image.security_counter(), Some(5), "the hook sees what would be installed");
            busy -= 1;
            if busy >= 0 { Consent::Later } else { Consent::Now }
        };
        let mut answer = updater.install_when(verified, &mut hook, &mut events).await.unwrap();
        let mut asked = 1;
        while answer == Consent::Later {
            assert_eq!(updater.status().await.unwrap().standing, Standing::Confirmed);
            let again = updater.staged().await.unwrap();
            answer = updater.install_when(again, &mut hook, &mut events).await.unwrap();
            asked += 1;
        }
        assert_eq!(asked, 3);
        assert_eq!(updater.status().await.unwrap().standing, Standing::Pending);
    });
    assert_eq!(booted(board.power_off()).1, SlotId::B);
}

/// A paused download belongs to its record: after another one was begun it is not gone on with.
#[test]
fn a_paused_download_does_not_go_into_anothers_slot() {
    let keys = keys();
    let mut board = factory(&image(3)).power_on(None);
    let (counter, mut events) = (board.chip.counter.clone(), board.chip.events.clone());
    block_on(async {
        let mut updater =
            Updater::open(&mut board.flash, counter, SlotId::A, config(&keys)).await.unwrap();
        let (first, second) = (image(5), image(6));
        let (head, tail) = ends(&first);
        let mut download = updater.begin(&head, tail, &mut events).await.unwrap();
        download.write(&first[..500], &mut events).await.unwrap();
        let paused = download.pause();
        let mut download = updater.go_on(paused).await.unwrap();
        assert_eq!(download.position(), 500);
        download.write(&first[500..600], &mut events).await.unwrap();
        let paused = download.pause();
        let (head, tail) = ends(&second);
        drop(updater.begin(&head, tail, &mut events).await.unwrap());
        let refused = updater.go_on(paused).await.map(drop);
        assert_eq!(refused, Err(UpdateError::Misuse(Misuse::NothingStaged)));
        let paused = updater.begin(&head, tail, &mut events).await.unwrap().pause();
        updater.abort().await.unwrap();
        let refused = updater.go_on(paused).await.map(drop);
        assert_eq!(refused, Err(UpdateError::Misuse(Misuse::NothingStaged)), "given up");
    });
}
