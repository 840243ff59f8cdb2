//! Goal N2 with a counter: one bit of whatever the newest commit programmed is flipped, and the store is opened.
//! The value is right or an error, never older; and one flipped bit never closes the whole store.

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
use gabion_storage::{Storage, StorageError};

#[test]
fn a_flipped_bit_of_the_newest_commit_gives_an_error_or_the_right_value() {
    let (mut right, mut damaged, mut closed) = (0, 0, 0);
    for history in 0..12_u8 {
        let mut device = Device::new();
        device.with(|store| {
            for n in 0..history {
                block_on(store.put(&WIFI, &[n; 24])).unwrap();
                block_on(store.put(&KEYS_16[usize::from(n % 4)], &[n; 16])).unwrap();
            }
            block_on(store.put(&PIN, b"the older value")).unwrap();
        });
        let before = device.image();
        device.with(|store| block_on(store.put(&PIN, b"the newest value")).unwrap());
        let after = device.image();
        let start = REGION.start() as usize;
        for at in (start..after.len()).filter(|at| before[*at] != after[*at]) {
            for bit in 0..8 {
                let mut flipped = device.copy();
                flipped.flip(at, bit);
                match flipped.try_with(|store| (read(store, &PIN), read(store, &WIFI))) {
                    Ok((Ok(Some(value)), wifi)) => {
                        assert_eq!(value, b"the newest value", "stale at {at:#x}.{bit}");
                        let old = history.checked_sub(1).map(|n| vec![n; 24]);
                        assert_eq!(wifi, Ok(old), "another key at {at:#x}.{bit}");
                        right += 1;
                    }
                    Ok((Err(StorageError::Damaged), _)) => damaged += 1,
                    Ok(other) => panic!("{other:?} at {at:#x}.{bit}"),
                    Err(why) => {
                        println!("history {history}: {at:#x}.{bit}: {why:?}");
                        closed += 1;
                    }
                }
            }
        }
    }
    println!("{right} right, {damaged} damaged, {closed} closed");
    assert!(right > 0 && damaged > 0);
    assert_eq!(closed, 0, "one bit closed the whole store");
}
