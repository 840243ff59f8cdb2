//! `kill -9` at random points: what was acknowledged is there at the next start.
//!
//! `GABION_KILLS=1000 cargo test --release -p life --test kill` runs the long form; `GABION_SEED` repeats a run's delays.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::arithmetic_side_effects)]

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// What the device acknowledged so far; each of these may only grow.
#[derive(Debug, Default, Clone, Copy)]
struct Acknowledged {
    progress: u64,
    floor: u64,
    commits: u64,
    records: u64,
    receipt: u64,
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |n| n.parse().expect(name))
}

#[test]
fn killed_at_random_points_nothing_acknowledged_is_lost() {
    let kills = number("GABION_KILLS", 60);
    let mut seed = number("GABION_SEED", 0x1eaf);
    println!("GABION_KILLS={kills} GABION_SEED={seed}");
    let dir = std::env::temp_dir().join(format!("gabion-kill-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let flash = dir.join("device.flash");
    let mut sure = Acknowledged::default();
    // Messages that the device said it keeps, and that no server has seen.
    let mut waiting: Vec<String> = Vec::new();
    let (mut killed, mut ends, mut resumes) = (0, 0, 0);
    while killed < kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Mostly early, sometimes late, so that every chapter is reached and hit.
        let longest = if seed >> 61 == 0 { 1_000_000 } else { 150_000 };
        let delay = Duration::from_micros((seed >> 33) % longest);
        let mut child = Command::new(env!("CARGO_BIN_EXE_life"))
            .args(["--json", "--flash"])
            .arg(&flash)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("life starts");
        std::thread::sleep(delay);
        let _ = child.kill();
        let mut out = String::new();
        let mut err = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        match child.wait().unwrap().code() {
            None => killed += 1,
            Some(0) => ends += 1,
            Some(code) => panic!("after {killed} kills: exit {code}: {err}\n{sure:?}\n{out}"),
        }
        for line in out.lines() {
            // A kill may cut the last line short.
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            if let Some(resumed) = line["resumed"].as_u64() {
                resumes += 1;
                let facts = &line["facts"];
                let found = |fact: &str| facts[fact].as_u64().unwrap();
                assert!(resumed >= sure.progress, "kill {killed}: {sure:?}, but {line}");
                assert!(found("lowest security counter") >= sure.floor, "{sure:?}, but {line}");
                assert!(found("commits") >= sure.commits, "{sure:?}, but {line}");
                assert!(found("log records") >= sure.records, "{sure:?}, but {line}");
                sure.commits = found("commits");
                sure.records = found("log records");
            }
            if let Some(seen) = line["delivered"].as_str() {
                waiting.retain(|one| one != seen);
            }
            if line["acknowledged"] == "message" {
                waiting.push(line["value"].as_str().unwrap().to_owned());
            }
            if line["acknowledged"] == "progress" && line["value"].as_u64().unwrap() % 100 == 10 {
                assert!(waiting.is_empty(), "kill {killed}: {waiting:?} never arrived");
            }
            let value = line["value"].as_u64().unwrap_or(0);
            match line["acknowledged"].as_str() {
                Some("progress") => sure.progress = sure.progress.max(value),
                Some("lowest security counter") => sure.floor = sure.floor.max(value),
                Some("receipt") => {
                    assert!(value >= sure.receipt, "receipt {value} after {}", sure.receipt);
                    sure.receipt = value;
                }
                _ => {}
            }
        }
    }
    println!("{killed} kills, {resumes} resumed starts, {ends} whole lives: {sure:?}");
    assert!(resumes > kills / 3, "too few starts got far enough to prove anything");
    let _ = std::fs::remove_dir_all(&dir);
}
