//! The two probes that stand in for an attacker: the leak scan and the tamper probe.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use gabion_sim::{Leak, LeakScan, Medium, Mutation, Rng, Setup, Tamper};

const SECRET: &[u8; 20] = b"correct horse batter";

fn scan() -> LeakScan {
    let mut scan = LeakScan::new();
    scan.plant("passphrase", SECRET).plant("pin", b"4711");
    scan
}

fn noise(len: usize) -> Vec<u8> {
    Rng::new(11).bytes(len)
}

#[test]
fn noise_holds_no_secret() {
    assert_eq!(scan().scan(&noise(1 << 20)), []);
    assert_eq!(scan().scan(&[0; 4096]), []);
    assert_eq!(scan().scan(&[]), []);
}

#[test]
fn a_whole_secret_is_found_at_any_offset() {
    for at in [0, 1, 7, 500, 1004] {
        let mut bytes = noise(1024);
        bytes[at..at + 20].copy_from_slice(SECRET);
        let leaks = scan().scan(&bytes);
        assert_eq!(leaks.len(), 1);
        let Leak { secret, address, from, len, inverted } = &leaks[0];
        assert_eq!((secret.as_str(), *address, *from, *len), ("passphrase", at, 0, 20));
        assert!(!inverted);
    }
}

#[test]
fn each_part_of_eight_bytes_is_found_and_of_seven_is_not() {
    for from in 0..=12 {
        let mut bytes = noise(256);
        bytes[100..108].copy_from_slice(&SECRET[from..from + 8]);
        let leaks = scan().scan(&bytes);
        assert!(leaks.len() == 1 && leaks[0].from == from && leaks[0].len >= 8, "{leaks:?}");
    }
    let mut bytes = vec![0; 256];
    bytes[100..107].copy_from_slice(&SECRET[3..10]);
    assert_eq!(scan().scan(&bytes), []);
}

#[test]
fn inverted_secrets_and_short_ones_are_found() {
    let mut bytes = noise(256);
    for (cell, byte) in bytes[30..50].iter_mut().zip(SECRET) {
        *cell = !byte;
    }
    bytes[200..204].copy_from_slice(b"4711");
    let leaks = scan().scan(&bytes);
    assert_eq!(leaks.len(), 2);
    assert_eq!(leaks[0].to_string(), "passphrase[0..20] at 0x1e (inverted)");
    assert_eq!((leaks[1].secret.as_str(), leaks[1].address), ("pin", 200));
}

#[test]
fn two_copies_are_two_leaks() {
    let mut medium = Medium::new(Setup::new(1024), 4, 256);
    medium.tamper(10, SECRET);
    medium.tamper(600, SECRET);
    let found: Vec<usize> = scan().scan_medium(&medium).iter().map(|leak| leak.address).collect();
    assert_eq!(found, [10, 600]);
}

#[test]
#[should_panic(expected = "found by chance")]
fn a_secret_that_would_be_found_by_chance_is_refused() {
    LeakScan::new().plant("zeros", &[0; 16]);
}

fn medium() -> Medium {
    let mut medium = Medium::new(Setup::new(128), 4, 64);
    medium.tamper(0, &noise(64));
    medium
}

fn distance(left: &Medium, right: &Medium) -> u32 {
    left.bytes().iter().zip(right.bytes()).map(|(l, r)| (l ^ r).count_ones()).sum()
}

#[test]
fn each_bit_is_flipped_once() {
    let medium = medium();
    let mut seen = std::collections::BTreeSet::new();
    let tried = Tamper::new(&medium, 8..24).flip_bits(|mutation, changed| {
        assert_eq!(distance(&medium, &changed), 1);
        let Mutation::FlipBit { address, bit } = mutation else { panic!() };
        assert!((8..24).contains(address));
        assert!(seen.insert((*address, *bit)));
    });
    assert_eq!((tried, seen.len()), (128, 128));
    assert_eq!(Tamper::all(&medium).flip_bits(|_, _| {}), 1024);
}

#[test]
fn words_and_ranges_are_cleared_to_ones_and_to_zeros() {
    let medium = medium();
    let mut ones = 0;
    let tried = Tamper::all(&medium).clear_words(|mutation, changed| {
        let Mutation::ClearWord { address, value } = mutation else { panic!() };
        assert_eq!(changed.bytes()[*address..address + 4], [*value; 4]);
        ones += u32::from(*value == 0xFF);
    });
    // 16 written words both ways; the 16 blank ones only to zeros.
    assert_eq!((tried, ones), (48, 16));
    let tried = Tamper::new(&medium, 0..64).clear_ranges(16, |mutation, changed| {
        let Mutation::ClearRange { range, value } = mutation else { panic!() };
        assert!(changed.bytes()[range.clone()].iter().all(|byte| byte == value));
    });
    assert_eq!(tried, 2 * 13);
}

#[test]
fn ranges_are_copied_over_one_another() {
    let medium = medium();
    let tried = Tamper::new(&medium, 0..64).copy_ranges(16, |mutation, changed| {
        let Mutation::CopyRange { from, to } = mutation else { panic!() };
        assert_eq!(changed.bytes()[*to..to + 16], medium.bytes()[from.clone()]);
    });
    assert_eq!(tried, 4 * 3);
}
