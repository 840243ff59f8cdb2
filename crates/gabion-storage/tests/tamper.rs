//! The tamper probe (goal N2): whatever one change does to the flash, a key reads as its newest value or as an error. Never
//! an older value, never garbage.
//!
//! `GABION_FULL=1` probes every bit of the whole region; the default run takes every bit of the vault and of the head page.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use core::ops::Range;

use device::subject::*;
use gabion_flash::block_on;
use gabion_sim::{Medium, Multi, Off, SimFlash, Subject, Tamper};

type Nor = SimFlash<4, 512, Multi>;

/// A store with a past: every key has older values on flash, one was removed, the ring went round.
fn past<A: Anchor>() -> (Sealed<4, 512, Multi, A>, Off<Nor>, State) {
    let subject = Sealed::<4, 512, Multi, A>::new(6);
    let mut state = State::new();
    let mut off = subject.made();
    for boot in 0..6_u8 {
        let mut board = off.power_on(None);
        block_on(async {
            let mut live = subject.open(&mut board).await.unwrap();
            for round in 0..5_u8 {
                let op = Op::Put(usize::from(round % 3), boot * 16 + round + 1);
                subject.apply(&mut live, &op).await.unwrap();
                state = subject.expect(&state, &op);
            }
            let end = Op::Batch(vec![(3, (boot != 5).then_some(boot)), (0, Some(0xa0 + boot))]);
            subject.apply(&mut live, &end).await.unwrap();
            state = subject.expect(&state, &end);
        });
        off = board.power_off();
    }
    (subject, off, state)
}

/// Counts what the changed store says of each key: right, error, stale or garbage.
#[derive(Debug, Default)]
struct Tally {
    right: u64,
    error: u64,
    wrong: Vec<String>,
}

fn probe<A: Anchor>(
    (subject, off, state): &(Sealed<4, 512, Multi, A>, Off<Nor>, State),
    medium: Medium,
    what: &dyn core::fmt::Debug,
    tally: &mut Tally,
) {
    let mut board = Off::<Nor>::with(medium, off.chip.clone()).power_on(None);
    let seen = block_on(async {
        let mut live = subject.open(&mut board).await.ok()?;
        subject.observe(&mut live).await.ok()
    });
    let Some(seen) = seen else {
        tally.error += 1;
        return;
    };
    for key in 0..4 {
        match (seen.get(&key), state.get(&key)) {
            (seen, expected) if seen == expected => tally.right += 1,
            (Some(Err(error)), _) if !error.starts_with("garbage") => tally.error += 1,
            (seen, expected) => {
                tally.wrong.push(format!("{what:?}: key {key} {seen:?}, not {expected:?}"))
            }
        }
    }
}

/// The vault and the data pages.
const REGION: Range<usize> = 1024..4096;

fn parts(off: &Off<Nor>) -> Vec<Range<usize>> {
    if std::env::var_os("GABION_FULL").is_some() {
        return vec![REGION];
    }
    // The vault page in use, and the page with the highest number.
    let bytes = off.medium.bytes();
    let vault = if bytes[1024] == 1 { 1024..1536 } else { 1536..2048 };
    let seq = |page: usize| {
        let at = page * 512;
        (bytes[at] == 1).then(|| u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()))
    };
    let head = (4..8).max_by_key(|page| seq(*page)).unwrap() * 512;
    vec![vault, head..head + 512]
}

#[test]
fn no_flipped_bit_brings_an_older_value_back() {
    let past = past::<Unanchored>();
    let mut tally = Tally::default();
    for part in parts(&past.1) {
        Tamper::new(&past.1.medium, part)
            .flip_bits(|what, medium| probe(&past, medium, what, &mut tally));
    }
    assert!(tally.wrong.is_empty(), "{} wrong: {:?}", tally.wrong.len(), &tally.wrong[..1]);
    // A flipped bit of the vault is put right; one of a sealed value is an error.
    assert!(tally.right > 10_000 && tally.error > 500, "{} {}", tally.right, tally.error);
}

#[test]
fn no_cleared_word_brings_an_older_value_back() {
    let past = past::<Anchored>();
    let mut tally = Tally::default();
    let tamper = Tamper::new(&past.1.medium, REGION);
    tamper.clear_words(|what, medium| probe(&past, medium, what, &mut tally));
    assert!(tally.wrong.is_empty(), "{} wrong: {:?}", tally.wrong.len(), &tally.wrong[..1]);
    assert!(tally.right > 100 && tally.error > 100);
}

#[test]
fn no_cleared_record_brings_an_older_value_back() {
    let past = past::<Anchored>();
    let mut tally = Tally::default();
    let tamper = Tamper::new(&past.1.medium, REGION);
    for len in [8, 44, 52, 512] {
        tamper.clear_ranges(len, |what, medium| probe(&past, medium, what, &mut tally));
    }
    assert!(tally.wrong.is_empty(), "{} wrong: {:?}", tally.wrong.len(), &tally.wrong[..1]);
    assert!(tally.right > 100 && tally.error > 100);
}

#[test]
fn no_page_or_piece_put_in_another_place_brings_an_older_value_back() {
    let past = past::<Anchored>();
    let mut tally = Tally::default();
    let tamper = Tamper::new(&past.1.medium, REGION);
    for len in [64, 128, 512] {
        tamper.copy_ranges(len, |what, medium| probe(&past, medium, what, &mut tally));
    }
    assert!(tally.wrong.is_empty(), "{} wrong: {:?}", tally.wrong.len(), &tally.wrong[..1]);
    assert!(tally.right > 100 && tally.error > 100);
}
