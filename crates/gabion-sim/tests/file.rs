//! A flash in a file: what is written is there at once, and nobody else gets in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use std::io::ErrorKind;
use std::path::PathBuf;
use std::{env, fs};

use embedded_storage::nor_flash::NorFlash;
use gabion_hal::MonotonicCounter;
use gabion_sim::{ChipState, Cut, Fault, Medium, Off, Setup, SimFlash};

type Flash = SimFlash<4, 64>;

/// A file that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("gabion-sim-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn open(&self) -> Off<Flash> {
        Off::open(&self.0, Setup::new(256)).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn content_wear_and_chip_survive_without_a_power_off() {
    let file = Scratch::new("survive");
    let mut off = file.open();
    assert_eq!(off.chip.boots, 0);
    off.chip = ChipState::from_seed(9);
    let secret = off.chip.root_secret;
    let mut board = off.power_on(None);
    board.flash.erase(64, 128).unwrap();
    board.flash.write(64, &[1, 2, 3, 4]).unwrap();
    board.chip.counter.advance_to(3).unwrap();
    drop(board); // no power off

    let off = file.open();
    assert_eq!(off.medium.bytes()[64..68], [1, 2, 3, 4]);
    assert_eq!((off.medium.wear(), off.medium.writes_at(64)), (&[0, 1, 0, 0][..], 1));
    assert_eq!((off.chip.root_secret, off.chip.counter, off.chip.boots), (secret, 3, 1));
    let raw = fs::read(&file.0).unwrap();
    assert_eq!(raw[64..68], [1, 2, 3, 4], "the raw image comes first");
}

#[test]
fn what_a_cut_leaves_is_in_the_file() {
    let file = Scratch::new("cut");
    let mut board = file.open().power_on(Some(Cut::new(1, Fault::TornWord, 0)));
    board.flash.write(0, &[0; 8]).unwrap_err();
    let left = board.power_off().medium;
    assert_eq!(file.open().medium, left);
    assert_ne!(left.bytes()[4..8], [0xFF; 4]);
}

#[test]
fn a_cloned_device_leaves_the_file_alone() {
    let file = Scratch::new("clone");
    let off = file.open();
    let mut board = off.clone().power_on(None);
    board.flash.write(0, &[0; 4]).unwrap();
    drop(off);
    assert!(file.open().medium.is_blank(0..256));
}

#[test]
fn a_second_process_is_kept_out() {
    let file = Scratch::new("lock");
    let first = file.open();
    let second = Off::<Flash>::open(&file.0, Setup::new(256));
    assert_eq!(second.err().unwrap().kind(), ErrorKind::WouldBlock);
    drop(first);
    file.open();
}

#[test]
fn a_file_that_is_none_or_another_geometry_is_refused_and_not_touched() {
    let file = Scratch::new("foreign");
    fs::write(&file.0, b"somebody's letter").unwrap();
    let kind = |setup| Off::<Flash>::open(&file.0, setup).err().unwrap().kind();
    assert_eq!(kind(Setup::new(256)), ErrorKind::InvalidData);
    assert_eq!(fs::read(&file.0).unwrap(), b"somebody's letter");

    fs::remove_file(&file.0).unwrap();
    drop(file.open());
    assert_eq!(kind(Setup::new(512)), ErrorKind::InvalidData);
    assert_eq!(kind(Setup::new(256).erased(0)), ErrorKind::InvalidData);
    let other = Off::<SimFlash<8, 64>>::open(&file.0, Setup::new(256));
    assert_eq!(other.err().unwrap().kind(), ErrorKind::InvalidData);

    let whole = fs::read(&file.0).unwrap();
    for len in 1..whole.len() {
        fs::write(&file.0, &whole[..len]).unwrap();
        assert_eq!(kind(Setup::new(256)), ErrorKind::InvalidData);
    }
}

#[test]
fn a_medium_can_be_saved_and_loaded() {
    let file = Scratch::new("medium");
    let mut medium = Medium::new(Setup::new(256).erased(0), 4, 64);
    medium.tamper(3, &[1, 2, 3]);
    medium.save(&file.0).unwrap();
    let loaded = Medium::load(&file.0).unwrap();
    assert_eq!(loaded, medium);
    assert_eq!((loaded.erased(), loaded.writes_at(0), loaded.writes_at(4)), (0, 1, 1));
    Off::<Flash>::open(&file.0, Setup::new(256).erased(0)).unwrap();
}
