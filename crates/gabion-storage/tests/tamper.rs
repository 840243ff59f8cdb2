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
use gabion_sim::{Medium, Multi, Off, Rng, SimFlash, Subject, Tamper};

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
    if let Some(illegal) = board.flash.illegal_writes().first() {
        tally.wrong.push(format!("{what:?}: {illegal:?}"));
    }
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

/// Several bytes at once, at random places: no older value, no garbage, and no word written twice by the start that follows.
/// `GABION_SEED` and `GABION_CYCLES` repeat a find and run longer.
#[test]
fn no_scattered_bytes_bring_an_older_value_back_or_make_the_start_write_over_them() {
    let number = |name: &str, or| std::env::var(name).map_or(or, |n| n.parse().unwrap());
    let (seed, cycles): (u64, u64) = (number("GABION_SEED", 4), number("GABION_CYCLES", 3_000));
    println!("GABION_SEED={seed} GABION_CYCLES={cycles}");
    let past = past::<Anchored>();
    let mut rng = Rng::new(seed);
    let mut tally = Tally::default();
    for cycle in 0..cycles {
        let mut medium = past.1.medium.clone();
        let pieces = 1 + rng.index(4);
        let mut what = Vec::new();
        for _ in 0..pieces {
            let len = [1, 2, 4, 8, 16, 64, 300][rng.index(7)];
            // Blank pages too, and mostly bits that fall: that is what a programmer can do without erasing.
            let at = REGION.start + rng.index(REGION.len() - len);
            let bytes: Vec<u8> = match rng.below(4) {
                0 => rng.bytes(len),
                1 => vec![0; len],
                2 => vec![0xff; len],
                _ => medium.bytes()[at..at + len].iter().map(|byte| byte & rng.byte()).collect(),
            };
            medium.tamper(at, &bytes);
            what.push((at, len));
        }
        probe(&past, medium, &(cycle, what), &mut tally);
    }
    assert!(
        tally.wrong.is_empty(),
        "{} wrong: {:?}",
        tally.wrong.len(),
        &tally.wrong[..3.min(tally.wrong.len())]
    );
    assert!(
        tally.right > cycles / 4 && tally.error > cycles / 4,
        "{} {}",
        tally.right,
        tally.error
    );
}
