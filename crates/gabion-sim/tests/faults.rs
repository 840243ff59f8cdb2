//! Each fault model gives only the outcomes that it allows, and gives all kinds of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use std::collections::BTreeSet;

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use gabion_sim::{Cut, Fault, FlashError, Medium, Off, Part, Rng, Setup, SimFlash};

type Flash = SimFlash<4, 64>;

const OLD: [u8; 4] = [0xFF, 0xF0, 0x0F, 0xFF];
const NEW: [u8; 4] = [0x5A, 0xF0, 0x01, 0xFF];

/// Cuts a rewrite of OLD to NEW at address 8.
fn word(fault: Fault, seed: u64, erased: u8) -> Medium {
    let flip = !erased;
    let old = OLD.map(|byte| byte ^ flip);
    let new = NEW.map(|byte| byte ^ flip);
    let mut off: Off<Flash> = Off::new(Setup::new(128).erased(erased));
    off.medium.tamper(8, &old);
    let mut board = off.power_on(Some(Cut::new(0, fault, seed)));
    assert_eq!(board.flash.write(8, &new), Err(FlashError::PowerLost));
    let medium = board.power_off().medium;
    assert!(medium.is_blank(0..8) && medium.is_blank(12..128), "{fault:?} touched other words");
    medium
}

fn words(fault: Fault, erased: u8) -> BTreeSet<[u8; 4]> {
    let of = |seed| -> [u8; 4] { word(fault, seed, erased).bytes()[8..12].try_into().unwrap() };
    (0..2_000).map(|seed| of(seed).map(|byte| byte ^ !erased)).collect()
}

/// A page of random bytes, some words of it blank.
fn page() -> Vec<u8> {
    let mut page = Rng::new(5).bytes(64);
    page[16..24].fill(0xFF);
    page
}

/// Cuts the erase of the second of three pages.
fn erase(fault: Fault, seed: u64, erased: u8) -> Medium {
    let flip = !erased;
    let mut off: Off<Flash> = Off::new(Setup::new(192).erased(erased));
    let all: Vec<u8> = page().iter().map(|byte| byte ^ flip).collect();
    (0..3).for_each(|index| off.medium.tamper(index * 64, &all));
    let mut board = off.power_on(Some(Cut::new(0, fault, seed)));
    assert_eq!(board.flash.erase(64, 128), Err(FlashError::PowerLost));
    let medium = board.power_off().medium;
    assert_eq!(medium.bytes()[..64], all, "{fault:?} touched another page");
    assert_eq!(medium.bytes()[128..], all, "{fault:?} touched another page");
    medium
}

fn pages(fault: Fault, erased: u8) -> BTreeSet<Vec<u8>> {
    let flip = !erased;
    let of = |seed| erase(fault, seed, erased).bytes()[64..128].iter().map(|b| b ^ flip).collect();
    (0..1_000).map(of).collect()
}

#[test]
fn a_clean_cut_of_a_write_is_before_or_after() {
    for erased in [0xFF, 0x00] {
        assert_eq!(words(Fault::Clean, erased), BTreeSet::from([OLD, NEW]));
        assert_eq!(word(Fault::Clean, 0, erased).bytes()[8..12], OLD.map(|b| b ^ !erased));
    }
}

#[test]
fn a_torn_word_has_any_subset_of_the_changing_bits() {
    for erased in [0xFF, 0x00] {
        let seen = words(Fault::TornWord, erased);
        for word in &seen {
            for (index, byte) in word.iter().enumerate() {
                let changing = OLD[index] ^ NEW[index];
                assert_eq!(byte & !changing, OLD[index] & !changing, "a bit that does not change");
            }
        }
        // 7 bits change: of 128 subsets nearly all must turn up.
        assert!(seen.len() > 100, "{} of 128 subsets", seen.len());
        assert!(seen.contains(&OLD) && seen.contains(&NEW));
    }
}

#[test]
fn an_undefined_word_has_any_value() {
    let seen = words(Fault::UndefinedWord, 0xFF);
    assert!(seen.len() > 1_900);
    assert!(seen.contains(&[0; 4]) && seen.contains(&[0xFF; 4]));
    assert!(seen.iter().any(|word| word[1] & !OLD[1] != 0), "bits may rise as well");
}

#[test]
fn a_clean_cut_of_an_erase_is_before_or_after() {
    for fault in [Fault::EraseClean, Fault::Clean] {
        assert_eq!(pages(fault, 0xFF), BTreeSet::from([page(), vec![0xFF; 64]]));
        assert_eq!(pages(fault, 0x00).len(), 2);
    }
}

#[test]
fn an_erase_by_prefix_has_a_first_part_erased() {
    for erased in [0xFF, 0x00] {
        let seen = pages(Fault::ErasePrefix, erased);
        for bytes in &seen {
            let whole = (0..=64).any(|end| {
                bytes[..end].iter().all(|byte| *byte == 0xFF) && bytes[end..] == page()[end..]
            });
            assert!(whole, "{bytes:02x?}");
        }
        assert!(seen.len() > 40);
    }
}

#[test]
fn a_torn_erase_only_raises_bits() {
    for erased in [0xFF, 0x00] {
        let seen = pages(Fault::EraseTorn, erased);
        let mut risen = [false; 9];
        for bytes in &seen {
            assert!(bytes.iter().zip(page()).all(|(new, old)| new & old == old), "a bit fell");
            let down: u32 = page().iter().map(|byte| byte.count_zeros()).sum();
            let left: u32 = bytes.iter().map(|byte| byte.count_zeros()).sum();
            risen[(8 * (down - left) / down) as usize] = true;
        }
        // From hardly begun to nearly done.
        assert!(risen[0] && risen[3] && risen[5] && risen[7], "{risen:?}");
    }
}

#[test]
fn an_erase_that_programs_first_only_clears_bits() {
    for erased in [0xFF, 0x00] {
        let seen = pages(Fault::EraseZeroed, erased);
        assert!(
            seen.iter().all(|bytes| bytes.iter().zip(page()).all(|(new, old)| new & !old == 0))
        );
        assert!(seen.contains(&vec![0; 64]), "all of the page");
        assert!(seen.iter().any(|bytes| bytes[..32] == [0; 32] && bytes[32..] == page()[32..]));
        assert!(seen.len() > 200);
    }
}

#[test]
fn an_undefined_erase_leaves_anything() {
    let seen = pages(Fault::EraseUndefined, 0xFF);
    assert_eq!(seen.len(), 1_000);
    assert!(
        seen.iter().any(|bytes| bytes[0] & !page()[0] != 0 && bytes[1] & page()[1] != page()[1])
    );
}

#[test]
fn the_same_cut_gives_the_same_outcome() {
    for fault in Fault::ALL {
        for seed in 0..50 {
            if fault.applies(gabion_sim::Step::Word) {
                assert_eq!(word(fault, seed, 0xFF), word(fault, seed, 0xFF));
            } else {
                assert_eq!(erase(fault, seed, 0xFF), erase(fault, seed, 0xFF));
            }
        }
    }
}

#[test]
fn what_reads_blank_after_a_cut_may_be_written_and_what_does_not_may_not() {
    type Plain = gabion_sim::PlainNor<4, 64>;
    let cut = |seed| {
        let off: Off<Plain> = Off::new(Setup::new(64));
        let mut board = off.power_on(Some(Cut::new(0, Fault::Clean, seed)));
        board.flash.write(0, &[7; 4]).unwrap_err();
        board.power_off().power_on(None)
    };
    cut(0).flash.write(0, &[7; 4]).unwrap();
    cut(1).flash.write(0, &[7; 4]).unwrap_err();

    let off: Off<Plain> = Off::new(Setup::new(64).count_blank_torn());
    let mut board = off.power_on(Some(Cut::clean(0)));
    board.flash.write(0, &[7; 4]).unwrap_err();
    board.power_off().power_on(None).flash.write(0, &[7; 4]).unwrap_err();

    // A page that was erased by half: the first half may be written.
    let mut off: Off<Plain> = Off::new(Setup::new(64));
    off.medium.tamper(0, &[0; 64]);
    let mut board = off.power_on(Some(Cut::new(0, Fault::ErasePrefix, 0)));
    board.flash.erase(0, 64).unwrap_err();
    let mut board = board.power_off().power_on(None);
    board.flash.write(28, &[7; 4]).unwrap();
    board.flash.write(32, &[7; 4]).unwrap_err();
}

#[test]
fn bits_in_doubt_read_at_random_until_they_are_written_or_erased() {
    fn reads<F: Part + ReadNorFlash>(flash: &mut F, at: u32) -> BTreeSet<[u8; 4]> {
        let mut word = [0; 4];
        (0..200)
            .map(|_| {
                flash.read(at, &mut word).unwrap();
                word
            })
            .collect()
    }
    let mut off: Off<Flash> = Off::new(Setup::new(128));
    off.medium.tamper(0, &OLD);
    let mut board = off.power_on(Some(Cut::new(0, Fault::TornWord, 2).unstable()));
    board.flash.write(0, &NEW).unwrap_err();
    let mut board = board.power_off().power_on(None);
    let seen = reads(&mut board.flash, 0);
    assert!(seen.len() > 20, "{}", seen.len());
    for word in &seen {
        assert!(
            word.iter().zip(OLD.iter().zip(NEW)).all(|(w, (o, n))| w | n == *w | n && w & o == *w)
        );
    }
    assert_eq!(reads(&mut board.flash, 4).len(), 1);
    let mut again = board.power_off().power_on(None);
    assert_ne!(reads(&mut again.flash, 0).len(), 1, "a power cycle does not settle them");
    again.flash.erase(0, 64).unwrap();
    assert_eq!(reads(&mut again.flash, 0), BTreeSet::from([[0xFF; 4]]));

    let mut off: Off<Flash> = Off::new(Setup::new(64));
    off.medium.tamper(0, &[0; 64]);
    let mut board = off.power_on(Some(Cut::new(0, Fault::EraseClean, 1).unstable()));
    board.flash.erase(0, 64).unwrap_err();
    let mut board = board.power_off().power_on(None);
    assert!(reads(&mut board.flash, 60).len() > 100, "an erase that looks done may not be");
}
