//! Images of format version 1 that every later version must open, and the hex lines of docs/spec/storage.md.
//!
//! The `earlier_` ones were written when the nonce part was SipHash-2-4 over more fields. How a writer makes nonces and salts is
//! its own affair: the reader takes them from the flash.
//!
//! `GABION_BLESS=1` writes the images anew: only when version 1 has never left the house.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use core::marker::PhantomData;
use std::path::PathBuf;

use device::subject::*;
use gabion_flash::block_on;
use gabion_sim::{Medium, Multi, Off, Plain, Setup, SimFlash, Subject};

const SPEC: &str = include_str!("../../../docs/spec/storage.md");

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/v1").join(name)
}

/// A device that puts, replaces, removes, commits several keys and erases a class, over two boots.
fn grow<const W: usize, const P: usize, K: Nor>(
    subject: &Sealed<W, P, K, Anchored>,
) -> Off<SimFlash<W, P, K>> {
    let mut off = subject.made();
    let first = [Op::Put(0, 1)];
    let second = [
        Op::Put(1, 2),
        Op::Put(0, 3),
        Op::Remove(1),
        Op::Batch(vec![(1, Some(4)), (2, Some(5))]),
        Op::Erase,
        Op::Put(3, 6),
        Op::Put(2, 7),
        Op::Rekey,
        Op::Put(3, 8),
    ];
    for ops in [&first[..], &second[..]] {
        let mut board = off.power_on(None);
        block_on(async {
            let mut live = subject.open(&mut board).await.unwrap();
            for op in ops {
                subject.apply(&mut live, op).await.unwrap();
            }
        });
        off = board.power_off();
        if ops.len() == 1 && W == 4 {
            check_or_bless("words_of_4_first_boot.bin", &off);
        }
    }
    off
}

fn check_or_bless<const W: usize, const P: usize, K: Nor>(
    name: &str,
    off: &Off<SimFlash<W, P, K>>,
) {
    if std::env::var_os("GABION_BLESS").is_some() {
        std::fs::create_dir_all(path("")).unwrap();
        std::fs::write(path(name), off.medium.bytes()).unwrap();
    }
}

fn opens<const W: usize, const P: usize, K: Nor>(name: &str) {
    let subject = Sealed::<W, P, K, Anchored> { pages: 6, scrub: false, kind: PhantomData };
    let grown = grow(&subject);
    check_or_bless(name, &grown);
    let image = std::fs::read(path(name)).unwrap();
    // Same chip, same firmware, same bytes: a difference here is a change of the format or of the nonces.
    assert!(image == grown.medium.bytes(), "{name}: the store writes other bytes than version 1");
    for name in [name, &format!("earlier_{name}")] {
        reads(&subject, &grown, name);
    }
}

fn reads<const W: usize, const P: usize, K: Nor>(
    subject: &Sealed<W, P, K, Anchored>,
    grown: &Off<SimFlash<W, P, K>>,
    name: &str,
) {
    let image = std::fs::read(path(name)).unwrap();
    let mut medium = Medium::new(Setup::new(image.len()), W, P);
    medium.tamper(0, &image);
    let mut board = Off::<SimFlash<W, P, K>>::with(medium, grown.chip.clone()).power_on(None);
    let seen = block_on(async {
        let mut live = subject.open(&mut board).await.unwrap();
        subject.observe(&mut live).await.unwrap()
    });
    assert_eq!(seen, State::from([(2, Ok(7)), (3, Ok(8))]), "{name}");
}

#[test]
fn an_image_of_version_1_with_words_of_4_opens() {
    opens::<4, 512, Multi>("words_of_4.bin");
}

#[test]
fn an_image_of_version_1_with_words_of_16_opens() {
    opens::<16, 1024, Plain>("words_of_16.bin");
}

fn example(name: &str) -> Vec<u8> {
    let start = format!("- {name}: `");
    let line = SPEC.lines().find_map(|line| line.strip_prefix(&start)).unwrap();
    let hex: Vec<_> = line.trim_end_matches('`').split(' ').collect();
    hex.iter().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[test]
fn the_examples_of_the_specification_stand_in_the_image() {
    let image = std::fs::read(path("words_of_4_first_boot.bin")).unwrap();
    // Journal, vault, place 0; the first data page is number 1, in place 1.
    let page = &image[5 * 512..6 * 512];
    assert_eq!(example("header"), page[..44]);
    assert_eq!(example("slot 0"), page[504..]);
    assert_eq!(example("slot 1"), page[496..504]);
    assert_eq!(example("slot 2"), page[488..496]);
    assert_eq!(example("item and nonce part of the body"), page[44..56]);
}
