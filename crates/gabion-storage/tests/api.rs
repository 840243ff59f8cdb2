//! What the store promises while the power stays on.

#![allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::Secret;
use gabion_flash::block_on;
use gabion_profile::Class;
use gabion_storage::{Change, Config, OpenError, Storage, StorageError};

#[test]
fn a_value_comes_back_and_is_sealed_on_flash() {
    let mut device = Device::new();
    device.with(|store| {
        block_on(async {
            store.put(&WIFI, b"correct horse battery staple").await.unwrap();
            store.put(&NAME, b"kitchen").await.unwrap();
            let mut out = Secret::<[u8; 64]>::zeroed();
            assert_eq!(store.get(&WIFI, &mut out).await, Ok(Some(28)));
            assert_eq!(&out.expose()[..28], b"correct horse battery staple");
            let mut name = [0; 32];
            assert_eq!(store.get_public(&NAME, &mut name).await, Ok(Some(7)));
        });
    });
    let image = device.image();
    assert!(!contains(&image, b"horse"), "a critical value in clear");
    assert!(contains(&image, b"kitchen"), "a public value is readable");
    device.with(|store| {
        assert_eq!(read(store, &WIFI), Ok(Some(b"correct horse battery staple".to_vec())));
        assert_eq!(read(store, &PIN), Ok(None));
    });
}

#[test]
fn ten_thousand_updates_keep_the_newest_of_each() {
    let mut device = Device::new();
    let mut model = [None; 4];
    let mut rng = gabion_sim::Rng::new(7);
    for boot in 0..20 {
        device.with(|store| {
            for _ in 0..500 {
                let key = rng.index(4);
                let value = [rng.byte(); 16];
                if rng.chance(1, 9) {
                    block_on(store.remove(&KEYS_16[key])).unwrap();
                    model[key] = None;
                } else {
                    block_on(store.put(&KEYS_16[key], &value)).unwrap();
                    model[key] = Some(value);
                }
            }
            for key in 0..4 {
                let value = read(store, &KEYS_16[key]).unwrap();
                assert_eq!(value, model[key].map(|v| v.to_vec()), "boot {boot}, key {key}");
            }
        });
        device.with(|store| {
            for key in 0..4 {
                let value = read(store, &KEYS_16[key]).unwrap();
                assert_eq!(value, model[key].map(|v| v.to_vec()), "after boot {boot}, key {key}");
            }
        });
    }
}

#[test]
fn a_commit_of_many_keys_is_one() {
    let mut device = Device::new();
    device.with(|store| {
        block_on(async {
            store.put(&PIN, b"1234").await.unwrap();
            let commits = store.commits();
            let changes = [
                Change::put(&WIFI, b"secret"),
                Change::remove(&PIN),
                Change::put(&NAME, b"hall"),
                Change::put(&NAME, b"attic"),
            ];
            store.commit(&changes).await.unwrap();
            assert_eq!(store.commits(), commits + 1);
        });
    });
    device.with(|store| {
        assert_eq!(read(store, &PIN), Ok(None));
        assert_eq!(read(store, &WIFI), Ok(Some(b"secret".to_vec())));
        assert_eq!(read_public(store), Ok(Some(b"attic".to_vec())));
    });
}

#[test]
fn a_class_is_erased_and_starts_again() {
    let mut device = Device::new();
    device.with(|store| {
        block_on(async {
            store.put(&WIFI, b"secret").await.unwrap();
            store.put(&KEYS_16[0], &[7; 16]).await.unwrap();
            store.erase_class(Class::UserSecret).await.unwrap();
        });
        assert_eq!(read(store, &WIFI), Ok(None));
        assert_eq!(read(store, &KEYS_16[0]), Ok(Some(vec![7; 16])));
        block_on(store.put(&WIFI, b"another")).unwrap();
        block_on(store.erase_class(Class::UserSecret)).unwrap();
        block_on(store.put(&WIFI, b"third")).unwrap();
    });
    device.with(|store| {
        assert_eq!(read(store, &WIFI), Ok(Some(b"third".to_vec())));
        assert_eq!(read(store, &KEYS_16[0]), Ok(Some(vec![7; 16])));
    });
}

#[test]
fn a_class_key_is_rotated_and_values_stay() {
    let mut device = Device::new();
    device.with(|store| {
        for key in 0..4 {
            block_on(store.put(&KEYS_16[key], &[key as u8; 16])).unwrap();
        }
        block_on(store.put(&WIFI, b"secret")).unwrap();
        for _ in 0..10 {
            block_on(store.rekey(Class::Configuration)).unwrap();
        }
        for key in 0..4 {
            assert_eq!(read(store, &KEYS_16[key]), Ok(Some(vec![key as u8; 16])));
        }
    });
    device.with(|store| {
        for key in 0..4 {
            assert_eq!(read(store, &KEYS_16[key]), Ok(Some(vec![key as u8; 16])));
        }
        assert_eq!(read(store, &WIFI), Ok(Some(b"secret".to_vec())));
    });
}

#[test]
fn misuse_is_told_apart_and_changes_nothing() {
    let mut device = Device::new();
    device.with(|store| {
        block_on(async {
            store.put(&PIN, b"1234").await.unwrap();
            assert_eq!(store.put(&PIN, &[0; 65]).await, Err(StorageError::TooLong));
            assert_eq!(store.put(&STRANGER, &[0; 4]).await, Err(StorageError::Unregistered));
            let mut small = [0; 3];
            assert_eq!(
                store.read(PIN.parameter(), &mut small).await,
                Err(StorageError::BufferTooSmall(4))
            );
            assert_eq!(store.commit(&[]).await, Ok(()));
            assert_eq!(store.remove(&WIFI).await, Ok(()));
        });
        assert_eq!(read(store, &PIN), Ok(Some(b"1234".to_vec())));
    });
}

#[test]
fn a_blank_flash_and_another_chips_flash_are_refused() {
    let mut device = Device::blank();
    assert_eq!(device.open().err(), Some(OpenError::Unformatted));
    let mut device = Device::new();
    device.change(|chip| chip.root_secret[0] ^= 1);
    assert_eq!(device.open().err(), Some(OpenError::Unformatted));
}

#[test]
fn a_plan_that_cannot_work_is_refused() {
    let mut device = Device::blank();
    let too_small = gabion_flash::Span::new(1024, 512 * 4);
    assert_eq!(device.format_at(too_small).err(), Some(OpenError::Plan));
    const { assert!(Config::record_size(32) == 92) };
}
