//! A flash in a file: what is written is there after the process is killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use std::io::{BufRead, BufReader, ErrorKind};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
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

const CHILD: &str = "GABION_SIM_TEST_CHILD";

/// The child: two words per number, the second one the complement, an erase when full; each number
/// is acknowledged on the standard output. It runs until it is killed.
fn child(path: &str) {
    let mut board = Off::<Flash>::open(path, Setup::new(256)).unwrap().power_on(None);
    let mut next = newest(board.flash.medium().bytes()) + 1;
    loop {
        let at = next % 32 * 8;
        if at.is_multiple_of(64) {
            board.flash.erase(at, at + 64).unwrap();
        }
        let mut words = next.to_le_bytes().to_vec();
        words.extend((!next).to_le_bytes());
        // A record that a kill left torn is skipped by the next round over the page.
        let mut found = [0; 8];
        board.flash.read(at, &mut found).unwrap();
        if found == [0xFF; 8] {
            board.flash.write(at, &words).unwrap();
            println!("{next}");
        }
        next += 1;
    }
}

fn newest(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    let words: Vec<u32> = words.collect();
    words.chunks(2).filter(|pair| pair[0] == !pair[1]).map(|pair| pair[0]).max().unwrap_or(0)
}

#[test]
fn killing_the_process_loses_nothing_that_was_acknowledged() {
    if let Ok(path) = env::var(CHILD) {
        return child(&path);
    }
    let file = Scratch::new("kill");
    let mut acknowledged = 0;
    for round in 0..20_u64 {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killing_the_process_loses_nothing_that_was_acknowledged"])
            .args(["--nocapture", "--test-threads=1"])
            .env(CHILD, &file.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut numbers =
            output.lines().map_while(Result::ok).filter_map(|line| line.trim().parse::<u32>().ok());
        acknowledged = numbers.next().expect("the child works");
        std::thread::sleep(Duration::from_micros(round * 397));
        process.kill().unwrap();
        acknowledged = numbers.last().unwrap_or(acknowledged);
        process.wait().unwrap();
        let off = file.open();
        let found = newest(off.medium.bytes());
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "round {round}: acknowledged {acknowledged}, found {found}"
        );
    }
    assert!(acknowledged > 100, "the rounds did something: {acknowledged}");
}
