//! Attacks by somebody with a flash programmer, each test named after its attack.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_flash::block_on;
use gabion_hal::EventKind;
use gabion_profile::Class;
use gabion_storage::{OpenError, Replay, Storage, StorageError};

fn put(device: &mut Device, value: &[u8]) {
    device.with(|store| block_on(store.put(&WIFI, value)).unwrap());
}

#[test]
fn replay_of_the_whole_image_is_refused_where_there_is_a_counter() {
    let mut device = Device::new();
    put(&mut device, b"old password");
    let old = device.image();
    put(&mut device, b"new password");
    device.tamper(0, &old);
    assert_eq!(device.open().err(), Some(OpenError::Replayed));
    assert!(device.events.iter().any(|event| event.kind == EventKind::ReplayDetected));
}

#[test]
fn replay_that_the_owner_accepts_opens_once_and_is_current_from_then_on() {
    let mut device = Device::new();
    put(&mut device, b"old password");
    let old = device.image();
    put(&mut device, b"new password");
    device.tamper(0, &old);
    device.replay = Replay::Accept;
    device.with(|store| assert_eq!(read(store, &WIFI), Ok(Some(b"old password".to_vec()))));
    device.replay = Replay::Refuse;
    device.with(|store| assert_eq!(read(store, &WIFI), Ok(Some(b"old password".to_vec()))));
    put(&mut device, b"third password");
    device.tamper(0, &old);
    assert_eq!(device.open().err(), Some(OpenError::Replayed));
}

#[test]
fn a_changed_chip_or_a_counter_that_was_set_back_is_refused() {
    let mut device = Device::new();
    put(&mut device, b"password");
    put(&mut device, b"password");
    put(&mut device, b"password");
    device.change(|chip| chip.counter -= 2);
    assert_eq!(device.open().err(), Some(OpenError::Replayed));
}

#[test]
fn the_vault_alone_put_back_does_not_bring_a_destroyed_class_back() {
    let mut device = Device::new();
    put(&mut device, b"secret");
    let vault = device.image()[1024..2048].to_vec();
    device.with(|store| block_on(store.erase_class(Class::UserSecret)).unwrap());
    device.tamper(1024, &vault);
    match device.try_with(|store| read(store, &WIFI)) {
        Ok(read) => assert_eq!(read, Ok(None)),
        Err(error) => assert_eq!(error, OpenError::Replayed),
    }
}

#[test]
fn data_pages_put_back_after_a_crypto_erase_stay_unreadable() {
    let mut device = Device::new();
    put(&mut device, b"secret");
    let data = device.image()[2048..].to_vec();
    device.with(|store| block_on(store.erase_class(Class::UserSecret)).unwrap());
    let counter = device.counter();
    device.tamper(2048, &data);
    assert_eq!(device.open().err(), Some(OpenError::Replayed));
    // Even with the counter out of the way.
    device.change(|chip| chip.counter = counter - 1);
    match device.try_with(|store| read(store, &WIFI)) {
        Ok(read) => assert!(matches!(read, Ok(None) | Err(StorageError::Damaged)), "{read:?}"),
        Err(error) => assert_eq!(error, OpenError::Replayed),
    }
}

#[test]
fn all_data_pages_erased_is_damage_and_not_an_empty_store() {
    let mut device = Device::new();
    put(&mut device, b"secret");
    device.tamper(2048, &[0xff; 4096 - 2048 + 1024]);
    assert_eq!(device.open().err(), Some(OpenError::Damaged));
}

#[test]
fn a_record_under_another_key_is_refused() {
    let mut device = Device::new();
    device.with(|store| {
        block_on(store.put(&KEYS_16[0], &[1; 16])).unwrap();
        block_on(store.put(&KEYS_16[1], &[2; 16])).unwrap();
    });
    let image = device.image();
    // The two bodies follow one another: find the one of key 1 by its header in clear.
    let header = [0x11, 0x20, 0x10, 0x00];
    let at = (2048..image.len()).find(|at| image[*at..].starts_with(&header)).unwrap();
    let body = image[at - 44 + 4..at].to_vec();
    device.tamper(at + 4, &body);
    device.with(|store| {
        assert_eq!(read(store, &KEYS_16[1]), Err(StorageError::Damaged));
        assert_eq!(read(store, &KEYS_16[0]), Ok(Some(vec![1; 16])));
    });
}

#[test]
fn a_damaged_key_stays_damaged_until_it_is_put_again() {
    let mut device = Device::new();
    device.with(|store| block_on(store.put(&KEYS_16[0], &[1; 16])).unwrap());
    device.with(|store| block_on(store.put(&KEYS_16[0], &[2; 16])).unwrap());
    let image = device.image();
    let header = [0x10, 0x20, 0x10, 0x00];
    let at = (2048..image.len()).rev().find(|at| image[*at..].starts_with(&header));
    // The last match from the end is an entry; bodies stand before the entries.
    let bodies: Vec<usize> = (2048..2560 * 2)
        .filter(|at| image[*at..].starts_with(&header) && image[*at + 12] != 0xff)
        .collect();
    assert!(at.is_some() && bodies.len() >= 2);
    for body in bodies {
        device.tamper(body + 20, &[image[body + 20] ^ 1]);
    }
    for _ in 0..3 {
        device.with(|store| assert_eq!(read(store, &KEYS_16[0]), Err(StorageError::Damaged)));
        // The collector carries the damage on, and never an older value.
        device.with(|store| {
            for round in 0..40 {
                block_on(store.put(&KEYS_16[1], &[round; 16])).unwrap();
            }
        });
    }
    device.with(|store| block_on(store.put(&KEYS_16[0], &[3; 16])).unwrap());
    device.with(|store| assert_eq!(read(store, &KEYS_16[0]), Ok(Some(vec![3; 16]))));
}

#[test]
fn a_dead_random_source_makes_no_keys_and_still_reads() {
    let mut device = Device::new();
    put(&mut device, b"secret");
    device.change(|chip| chip.entropy = gabion_sim::EntropyMode::Dead);
    device.with(|store| {
        assert_eq!(read(store, &WIFI), Ok(Some(b"secret".to_vec())));
        block_on(store.put(&WIFI, b"another")).unwrap();
        assert_eq!(block_on(store.rekey(Class::UserSecret)), Err(StorageError::Hardware));
        // Destroying needs no new key.
        block_on(store.erase_class(Class::UserSecret)).unwrap();
        assert_eq!(read(store, &WIFI), Err(StorageError::ClassDestroyed));
        assert_eq!(block_on(store.put(&WIFI, b"x")), Err(StorageError::ClassDestroyed));
    });
    assert!(device.events.iter().any(|event| event.kind == EventKind::EntropyFailed));
    let mut blank = Device::blank();
    blank.change(|chip| chip.entropy = gabion_sim::EntropyMode::Dead);
    assert_eq!(blank.format_at(REGION).err(), Some(OpenError::Hardware));
    device.change(|chip| chip.entropy = gabion_sim::EntropyMode::Good);
    device.with(|store| assert_eq!(read(store, &WIFI), Ok(None)));
}

#[test]
fn a_full_store_refuses_and_loses_nothing() {
    let mut device = Device::new();
    device.with(|store| {
        let mut kept = Vec::new();
        for key in KEYS_16.iter() {
            block_on(store.put(key, &[9; 16])).unwrap();
            kept.push(key);
        }
        let mut full = false;
        for round in 0..200_u8 {
            match block_on(store.put(&PIN, &[round; 64])) {
                Ok(()) => {}
                Err(StorageError::Full) => full = true,
                Err(error) => panic!("{error:?}"),
            }
        }
        let _ = full;
        for key in kept {
            assert_eq!(read(store, key), Ok(Some(vec![9; 16])));
        }
    });
}

/// A torn word may read as valid on the day on which the store builds on it, and not on the next.
#[test]
fn an_entry_that_reads_differently_tomorrow_takes_nothing_with_it() {
    let mut device = Device::new();
    put(&mut device, b"first");
    let before = device.image();
    device.open().unwrap();
    let after = device.image();
    // The last entry that this start wrote: entries grow downwards.
    let last = (2048..after.len()).find(|at| before[*at] != after[*at]).unwrap() / 8 * 8;
    assert_eq!(after[last..last + 2], [0x01, 0xf0], "a settled entry");
    put(&mut device, b"second");
    device.with(|store| block_on(store.put(&PIN, b"1234")).unwrap());
    for bytes in [[0; 8], [0xff; 8], [0x5a; 8]] {
        device.tamper(last, &bytes);
        device.with(|store| {
            assert_eq!(read(store, &WIFI), Ok(Some(b"second".to_vec())));
            assert_eq!(read(store, &PIN), Ok(Some(b"1234".to_vec())));
        });
    }
}

#[test]
fn a_bit_that_falls_in_a_blank_page_harms_no_key() {
    let mut device = Device::new();
    put(&mut device, b"first");
    put(&mut device, b"second");
    let image = device.image();
    let mut tried = 0;
    let blank = |at: &usize| image[at - 8..image.len().min(at + 8)].iter().all(|b| *b == 0xff);
    for at in (REGION.start() as usize..image.len()).filter(blank).step_by(3) {
        let mut harmed = device.copy();
        harmed.flip(at, 5);
        for boot in 0..2 {
            let read = harmed.try_with(|store| read(store, &WIFI)).unwrap();
            assert_eq!(read, Ok(Some(b"second".to_vec())), "boot {boot}, bit at {at:#x}");
        }
        tried += 1;
    }
    assert!(tried > 800, "only {tried} places were blank");
}

#[test]
fn a_flipped_bit_in_the_vault_costs_no_secret() {
    let mut device = Device::new();
    put(&mut device, b"first");
    put(&mut device, b"second");
    let image = device.image();
    let vault = REGION.start() as usize..REGION.start() as usize + 2 * PAGE;
    let used: Vec<usize> = vault.filter(|at| image[*at] != 0xff).collect();
    assert!(used.len() > 100, "where is the vault?");
    for at in used {
        for bit in [0, 3, 7] {
            let mut harmed = device.copy();
            harmed.flip(at, bit);
            for boot in 0..2 {
                let read = harmed.try_with(|store| read(store, &WIFI));
                let read = read.unwrap_or_else(|why| panic!("boot {boot}, {at:#x}.{bit}: {why:?}"));
                assert_eq!(read, Ok(Some(b"second".to_vec())), "boot {boot}, {at:#x}.{bit}");
            }
        }
    }
}

/// The page with the newest record of a key is taken out of the middle: the older one on an older page must not come back.
#[test]
fn a_page_erased_in_the_middle_brings_nothing_older_back() {
    let mut device = Device::new();
    device.with(|store| {
        let mut fill = |count: u8| {
            for round in 0..count {
                block_on(store.put(&KEYS_16[1], &[round; 16])).unwrap();
            }
        };
        fill(6);
        block_on(store.put(&KEYS_16[0], &[1; 16])).unwrap();
    });
    for value in [2, 3] {
        device.with(|store| {
            for round in 0..6 {
                block_on(store.put(&KEYS_16[1], &[round; 16])).unwrap();
            }
            block_on(store.put(&KEYS_16[0], &[value; 16])).unwrap();
        });
    }
    device.with(|store| {
        for round in 0..7 {
            block_on(store.put(&KEYS_16[1], &[round; 16])).unwrap();
        }
    });
    let image = device.image();
    let (mut damaged, mut right) = (0, 0);
    for page in (2048..image.len()).step_by(512) {
        let mut changed = device.copy();
        changed.tamper(page, &[0xff; 512]);
        match changed.try_with(|store| read(store, &KEYS_16[0])) {
            Ok(Ok(value)) => {
                assert_eq!(value, Some(vec![3; 16]), "page {page:#x}");
                right += 1;
            }
            Ok(Err(StorageError::Damaged)) | Err(OpenError::Replayed) => damaged += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(damaged > 0 && right > 0, "{damaged} {right}");
}

/// Somebody makes the device count until the chip's counter is used up: nothing more is written, and everything stays readable.
#[test]
fn a_counter_that_was_used_up_refuses_writes_and_keeps_what_is_there() {
    let mut device = Device::new();
    put(&mut device, b"password");
    let counter = device.counter();
    device.change(|chip| chip.counter_max = counter + 1);
    device.with(|store| {
        block_on(store.put(&PIN, b"1234")).unwrap();
        assert_eq!(block_on(store.put(&PIN, b"5678")), Err(StorageError::Hardware));
        assert_eq!(block_on(store.erase_class(Class::UserSecret)), Err(StorageError::Hardware));
        assert_eq!(read(store, &PIN), Ok(Some(b"1234".to_vec())));
    });
    device.with(|store| assert_eq!(read(store, &WIFI), Ok(Some(b"password".to_vec()))));
}
