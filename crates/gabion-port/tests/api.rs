//! What the parts promise, seen from outside.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[path = "sim/blocking.rs"]
mod blocking;

use blocking::Sync;
use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use gabion_crypto::Software;
use gabion_hal::rand_core::TryRng;
use gabion_hal::{CounterError, MonotonicCounter};
use gabion_port::{
    Conditioned, EntropyError, FlashCounter, HealthError, OpenError, RawSource, RootPage,
    RootPageError,
};
use gabion_sim::{Rng, Setup, SimFlash};

const PAGE: u32 = 256;

fn flash() -> Sync<SimFlash<4, 256>> {
    Sync(SimFlash::new(Setup::new(4 * PAGE as usize)))
}

/// A noise source made by a rule.
struct Source<N>(N);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Silent;

impl core::fmt::Display for Silent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("silent")
    }
}

impl core::error::Error for Silent {}

impl<N: FnMut() -> Option<u8>> RawSource for Source<N> {
    type Error = Silent;

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Silent> {
        for byte in out {
            *byte = (self.0)().ok_or(Silent)?;
        }
        Ok(())
    }
}

fn good(seed: u64) -> impl FnMut() -> Option<u8> {
    let mut rng = Rng::new(seed);
    move || Some(rng.next() as u8)
}

#[test]
fn a_good_source_passes_for_long() {
    let mut entropy = Conditioned::start(Source(good(1)), Software).unwrap();
    let mut bytes = [0; 100_000];
    entropy.try_fill_bytes(&mut bytes).unwrap();
    let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
    assert!((395_000..405_000).contains(&ones), "{ones}");
}

#[test]
fn output_is_not_the_raw_bytes() {
    let mut seen = Vec::new();
    let mut source = good(2);
    let mut bytes = [0; 64];
    {
        let raw = Source(|| {
            let byte = source();
            seen.extend(byte);
            byte
        });
        Conditioned::start(raw, Software).unwrap().try_fill_bytes(&mut bytes).unwrap();
    }
    assert!(!seen.windows(8).any(|window| window == &bytes[..8]));
}

#[test]
fn a_source_that_sticks_is_refused_at_the_sixth_byte_and_for_good() {
    let mut good = good(3);
    let mut count = 0;
    let source = Source(move || {
        count += 1;
        // Stuck for a moment only: that does not make it good again.
        if (5000..5006).contains(&count) { Some(7) } else { good() }
    });
    let mut entropy = Conditioned::start(source, Software).unwrap();
    let mut bytes = [0; 32];
    let refused = (0..200).find_map(|_| entropy.try_fill_bytes(&mut bytes).err());
    assert_eq!(refused, Some(EntropyError::Health(HealthError::Repetition)));
    assert_eq!(entropy.try_next_u32(), Err(EntropyError::Health(HealthError::Repetition)));
    assert_eq!(entropy.try_next_u64(), Err(EntropyError::Health(HealthError::Repetition)));
}

#[test]
fn a_source_that_favours_a_byte_is_refused() {
    let mut good = good(4);
    let mut count = 0;
    let source = Source(move || {
        count += 1;
        if count % 3 == 0 { Some(0xaa) } else { good() }
    });
    let mut refused = None;
    match Conditioned::start(source, Software) {
        Err(error) => refused = Some(error),
        Ok(mut entropy) => {
            let mut bytes = [0; 32];
            for _ in 0..2000 {
                if let Err(error) = entropy.try_fill_bytes(&mut bytes) {
                    refused = Some(error);
                    break;
                }
            }
        }
    }
    assert_eq!(refused, Some(EntropyError::Health(HealthError::Proportion)));
}

#[test]
fn a_silent_source_is_an_error_and_not_a_hang() {
    assert_eq!(
        Conditioned::start(Source(|| None), Software).unwrap_err(),
        EntropyError::Source(Silent)
    );
}

#[test]
fn a_counter_counts_over_pages_and_leaps() {
    let mut counter = FlashCounter::open(flash(), PAGE).unwrap();
    assert_eq!(counter.read(), Err(CounterError::Corrupt), "blank is not zero");
    assert_eq!(counter.advance_to(1), Err(CounterError::Corrupt));
    counter.begin().unwrap();
    assert_eq!(counter.begin(), Err(OpenError::Exists));
    for value in 1..500 {
        counter.advance_to(value).unwrap();
        assert_eq!(counter.read(), Ok(value));
    }
    assert_eq!(counter.advance_to(498), Err(CounterError::WouldDecrease));
    for value in [499, 10_000, 10_001, u32::MAX - 1, u32::MAX] {
        counter.advance_to(value).unwrap();
        assert_eq!(counter.read(), Ok(value));
    }
    assert_eq!(counter.max(), u32::MAX);
}

#[test]
fn a_counter_keeps_to_its_pages() {
    let mut counter = FlashCounter::open(flash(), PAGE).unwrap();
    counter.begin().unwrap();
    for value in 1..300 {
        counter.advance_to(value).unwrap();
    }
    for at in [0, 3 * PAGE] {
        assert_eq!(counter.begin(), Err(OpenError::Exists), "{at}");
    }
    assert_eq!(FlashCounter::open(flash(), 3 * PAGE).err(), Some(OpenError::Geometry));
    assert_eq!(FlashCounter::open(flash(), 4).err(), Some(OpenError::Geometry));
    assert_eq!(FlashCounter::open(flash(), u32::MAX - 255).err(), Some(OpenError::Geometry));
}

#[test]
fn a_root_key_is_drawn_once_and_never_by_itself() {
    let mut entropy = Conditioned::start(Source(good(5)), Software).unwrap();
    let mut page = RootPage::new(flash(), PAGE);
    assert!(page.read().unwrap().is_none());
    let key = page.draw(&mut entropy).unwrap();
    assert!(page.read().unwrap().unwrap().ct_eq(key.expose()));
    assert!(matches!(page.draw(&mut entropy), Err(RootPageError::Exists)));
    page.erase().unwrap();
    assert!(page.read().unwrap().is_none());
}

#[test]
fn each_flipped_bit_of_a_root_key_is_an_error_and_no_other_key() {
    let mut entropy = Conditioned::start(Source(good(6)), Software).unwrap();
    let mut flash = flash();
    RootPage::new(&mut flash, 0).draw(&mut entropy).unwrap();
    let mut record = [0; 40];
    flash.read(0, &mut record).unwrap();
    for bit in 0..320 {
        let mut flipped = record;
        flipped[bit / 8] ^= 1 << (bit % 8);
        flash.erase(0, PAGE).unwrap();
        flash.write(0, &flipped).unwrap();
        let found = RootPage::new(&mut flash, 0).read();
        assert!(matches!(found, Err(RootPageError::Damaged)), "bit {bit}");
    }
    flash.erase(0, PAGE).unwrap();
    // Blank where the record lies, and something behind it: no page of a new chip.
    flash.write(128, &[0; 4]).unwrap();
    assert!(matches!(RootPage::new(&mut flash, 0).read(), Err(RootPageError::Damaged)));
}
