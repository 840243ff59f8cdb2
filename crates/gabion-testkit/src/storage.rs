//! Sealed storage: what was put comes back, through power cuts and in spite of changed flash.

use gabion_flash::{FlashError, block_on};
use gabion_profile::CriticalKey;
use gabion_storage::{Change, Storage, StorageError};

use crate::case::{Outcome, ensure};
use crate::device::{Device, DeviceStore, FIRST, SECOND, THIRD, Words};
use crate::{Cut, Fault};

const LENGTH: usize = 24;

/// A value, or that there is none.
type Value = Option<[u8; LENGTH]>;
/// The values of the three keys.
type State = [Value; 3];
type Done<T> = Result<T, StorageError<FlashError<Fault>>>;

const KEYS: [CriticalKey; 3] = [FIRST, SECOND, THIRD];

/// The value of this number; its bytes stand nowhere else.
const fn value(number: u8) -> [u8; LENGTH] {
    let mut bytes = *b"the value with number: 0";
    bytes[LENGTH - 1] += number;
    bytes
}

fn read(
    store: &mut impl Storage<FlashError = FlashError<Fault>>,
    key: &CriticalKey,
) -> Done<Value> {
    let mut out = [0; 32];
    let length = block_on(store.read(key.parameter(), &mut out))?;
    Ok(length.map(|length| {
        let mut value = [0; LENGTH];
        value.copy_from_slice(&out[..length.min(LENGTH)]);
        value
    }))
}

fn state<W: Words>(device: &mut Device<W>) -> Result<State, &'static str> {
    let read_all = |store: &mut DeviceStore<'_, '_, W>| -> Done<State> {
        Ok([read(store, &KEYS[0])?, read(store, &KEYS[1])?, read(store, &KEYS[2])?])
    };
    let opened = device.with(read_all).map_err(|_| "the store does not open")?;
    opened.map_err(|_| "a value cannot be read")
}

/// Puts, gets, puts again, removes, and finds all of it after the next start.
///
/// # Errors
///
/// What was not there.
pub fn put_get_remove<W: Words>() -> Outcome {
    let mut device = Device::<W>::new()?;
    ensure(state(&mut device)? == [None; 3], "a new store is empty")?;
    let first = device.with(|store| {
        block_on(store.put(&FIRST, &value(1)))?;
        block_on(store.put(&SECOND, &value(2)))?;
        let before = read(store, &FIRST)?;
        block_on(store.put(&FIRST, &value(3)))?;
        block_on(store.put(&THIRD, &value(4)))?;
        block_on(store.remove(&SECOND))?;
        Ok::<_, StorageError<_>>((before, read(store, &FIRST)?, read(store, &SECOND)?))
    });
    let first = first.map_err(|_| "the store does not open")?.map_err(|_| "a change failed")?;
    ensure(first == (Some(value(1)), Some(value(3)), None), "values at once")?;
    let kept = [Some(value(3)), None, Some(value(4))];
    ensure(state(&mut device)? == kept, "values after a start")?;
    ensure(state(&mut device)? == kept, "values after another start")
}

/// The steps of a session, and the state after each.
const STEPS: usize = 4;

fn step<W: Words>(store: &mut DeviceStore<'_, '_, W>, number: usize) -> Done<()> {
    let (first, second) = (value(2), value(3));
    match number {
        0 => block_on(store.commit(&[Change::put(&FIRST, &first), Change::put(&SECOND, &second)])),
        1 => block_on(store.remove(&THIRD)),
        2 => block_on(store.put(&FIRST, &value(4))),
        _ => {
            let third = value(5);
            block_on(store.commit(&[Change::remove(&SECOND), Change::put(&THIRD, &third)]))
        }
    }
}

const STATES: [State; STEPS + 1] = [
    [Some(value(1)), None, Some(value(1))],
    [Some(value(2)), Some(value(3)), Some(value(1))],
    [Some(value(2)), Some(value(3)), None],
    [Some(value(4)), Some(value(3)), None],
    [Some(value(4)), None, Some(value(5))],
];

/// Runs the steps from `from` on; returns how many of all were acknowledged.
fn session<W: Words>(device: &mut Device<W>, from: usize) -> usize {
    let mut acknowledged = from;
    let _ = device.with(|store| {
        while acknowledged < STEPS && step(store, acknowledged).is_ok() {
            acknowledged += 1;
        }
    });
    acknowledged
}

/// Cuts the power in every flash operation of a session, each time in three ways, and in every operation of the start
/// after it: what was acknowledged is there, what was not is there whole or not at all, and the session can be finished.
///
/// # Errors
///
/// What was lost, or what was there by half.
pub fn power_cuts<W: Words>() -> Outcome {
    let mut ready = Device::<W>::new()?;
    let prepared = ready.with(|store| {
        block_on(store.commit(&[Change::put(&FIRST, &value(1)), Change::put(&THIRD, &value(1))]))
    });
    ensure(matches!(prepared, Ok(Ok(()))), "the first state")?;
    for cut in Cut::ALL {
        let mut operation = 0;
        loop {
            let mut device = ready.clone();
            device.flash.cut_power(operation, cut);
            let acknowledged = session(&mut device, 0);
            if device.flash.has_power() {
                ensure(acknowledged == STEPS, "the clean session")?;
                break;
            }
            recover(&mut device, acknowledged)?;
            operation += 1;
        }
        ensure(operation > 8, "the session wrote something")?;
    }
    Ok(())
}

/// Starts the device after a cut: first with every operation of the start cut too, then cleanly.
fn recover<W: Words>(device: &mut Device<W>, acknowledged: usize) -> Outcome {
    let mut operation = 0;
    loop {
        device.flash.restore_power();
        let mut again = device.clone();
        again.flash.cut_power(operation, Cut::Half);
        let _ = again.with(|_| ());
        if again.flash.has_power() {
            break;
        }
        again.flash.restore_power();
        settle(&mut again, acknowledged)?;
        operation += 1;
    }
    settle(device, acknowledged)
}

/// Checks what a device holds after a cut, twice, and finishes the session.
fn settle<W: Words>(device: &mut Device<W>, acknowledged: usize) -> Outcome {
    let found = state(device)?;
    let at = if found == STATES[acknowledged] { acknowledged } else { acknowledged + 1 };
    ensure(STATES.get(at) == Some(&found), "neither the old state nor the new one")?;
    ensure(state(device)? == found, "another start changed the state")?;
    ensure(session(device, at) == STEPS, "the session cannot be finished")?;
    ensure(state(device)? == STATES[STEPS], "the finished state")
}

/// Flips one bit of every programmed byte of the flash in turn: a read gives the newest value or an error, never an older
/// one and never garbage.
///
/// # Errors
///
/// What a read gave.
pub fn flipped_bits<W: Words>() -> Outcome {
    let mut device = Device::<W>::new()?;
    ensure(
        matches!(device.with(|s| block_on(s.put(&FIRST, &value(1)))), Ok(Ok(())))
            && matches!(device.with(|s| block_on(s.put(&FIRST, &value(2)))), Ok(Ok(()))),
        "two puts",
    )?;
    let (mut right, mut wrong) = (0, 0);
    for at in 0..device.flash.bytes().len() {
        if device.flash.bytes()[at] == 0xff {
            continue;
        }
        let mut damaged = device.clone();
        damaged.flash.flip(at, 1 << (at % 8));
        match damaged.with(|store| read(store, &FIRST)) {
            Ok(Ok(found)) => {
                ensure(found == Some(value(2)), "an older value, none, or garbage")?;
                right += 1;
            }
            Ok(Err(_)) | Err(_) => wrong += 1,
        }
    }
    ensure(right > 0 && wrong > 0, "both outcomes were seen")
}

/// Looks at the flash as a thief would: no value stands there in clear.
///
/// # Errors
///
/// When one does.
pub fn nothing_in_clear<W: Words>() -> Outcome {
    let mut device = Device::<W>::new()?;
    let put = device.with(|store| block_on(store.put(&FIRST, &value(1))));
    ensure(matches!(put, Ok(Ok(()))), "a put")?;
    let wanted = value(1);
    let legible = device.flash.bytes().windows(8).any(|window| *window == wanted[..8]);
    ensure(!legible, "a value in clear")
}

/// Puts an older image of the flash back: the chip's counter tells.
///
/// # Errors
///
/// When the older values are served.
pub fn restored_image<W: Words>() -> Outcome {
    let mut device = Device::<W>::new()?;
    let put = device.with(|store| block_on(store.put(&FIRST, &value(1))));
    ensure(matches!(put, Ok(Ok(()))), "a put")?;
    let older = device.flash.clone();
    for number in 2..5 {
        let put = device.with(|store| block_on(store.put(&FIRST, &value(number))));
        ensure(matches!(put, Ok(Ok(()))), "a later put")?;
    }
    device.flash = older;
    ensure(device.with(|_| ()).is_err(), "an older store was opened")
}

/// Carries the flash to another chip: nothing opens there.
///
/// # Errors
///
/// When it does.
pub fn another_chip<W: Words>() -> Outcome {
    let mut device = Device::<W>::new()?;
    let put = device.with(|store| block_on(store.put(&FIRST, &value(1))));
    ensure(matches!(put, Ok(Ok(()))), "a put")?;
    device.root = [8; 32];
    ensure(device.with(|_| ()).is_err(), "another chip opened the store")
}
