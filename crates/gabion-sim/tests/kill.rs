//! `kill -9` is a power cut: a flash in a file keeps what was acknowledged.
//!
//! A test of its own, because a process that is being started shares its parent's locks for a
//! moment: other tests of files must not run beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)] // test code

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use gabion_sim::{Off, Setup, SimFlash};

type Flash = SimFlash<4, 64>;

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
    let file = env::temp_dir().join(format!("gabion-sim-{}-kill", std::process::id()));
    let mut acknowledged = 0;
    for round in 0..20_u64 {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killing_the_process_loses_nothing_that_was_acknowledged"])
            .args(["--nocapture", "--test-threads=1"])
            .env(CHILD, &file)
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
        let off = Off::<Flash>::open(&file, Setup::new(256)).unwrap();
        let found = newest(off.medium.bytes());
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "round {round}: acknowledged {acknowledged}, found {found}"
        );
    }
    fs::remove_file(&file).unwrap();
    assert!(acknowledged > 100, "the rounds did something: {acknowledged}");
}
