//! The story from the outside: as a person runs it, cuts it and runs it again.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(clippy::arithmetic_side_effects)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("gabion-life-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn flash(&self) -> PathBuf {
        self.0.join("device.flash")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn life(flash: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_life"))
        .arg("--flash")
        .arg(flash)
        .args(more)
        .output()
        .expect("life starts")
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn progress(lines: &[Value]) -> u64 {
    lines
        .iter()
        .filter(|l| l["acknowledged"] == "progress")
        .filter_map(|l| l["value"].as_u64())
        .max()
        .unwrap_or(0)
}

#[test]
fn the_whole_life_in_one_go_and_a_second_owner() {
    let home = Home::new("whole");
    let first = life(&home.flash(), &["--json"]);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let told = lines(&first);
    assert_eq!(progress(&told), 113);
    assert!(told.last().unwrap()["say"].is_string());
    assert!(told.iter().any(|l| l["end"] == true));
    let areas: Vec<&str> = told.iter().filter_map(|l| l["area"].as_str()).collect();
    for area in ["5.1", "5.3", "5.4", "5.7", "5.8", "5.9", "5.10", "5.11", "5.12", "6"] {
        assert!(areas.contains(&area), "area {area} was not shown");
    }
    // What is refused is refused: two forged images at boot, a weak password, guesses, a roll-back, three tamperings,
    // personal data without a yes and after a no.
    let refused = told.iter().filter(|l| l["refused"].is_string()).count();
    assert!(refused >= 15, "only {refused} refusals");

    // The power failed in the last message; what was kept before it arrived, the alarm first.
    let all = |key: &str| -> Vec<String> {
        told.iter().filter_map(|l| l[key].as_str()).map(str::to_owned).collect()
    };
    let kept = told.iter().filter(|l| l["acknowledged"] == "message");
    let kept: Vec<&str> = kept.filter_map(|l| l["value"].as_str()).collect();
    assert_eq!(kept, ["Normal 1", "Urgent 1", "Normal 2"]);
    assert_eq!(all("delivered")[..3], ["Urgent 1", "Normal 1", "Normal 2"]);
    // The copy that the guest took is what `gabion privacy verify` takes; the device holds nothing of it any more.
    let export = std::fs::read(home.flash().with_extension("export")).unwrap();
    let taken = |bytes: &[u8]| bytes.windows(10).any(|w| w == b"a quarter ");
    assert!(taken(&export) && !taken(&std::fs::read(home.flash()).unwrap()));
    // The statement is the engine's: nothing is claimed without answers and tests.
    let statement = told.iter().find(|l| l["statement"].is_object()).unwrap();
    assert_eq!(statement["statement"]["claimed"], 0);
    assert!(statement["statement"]["problems"].as_u64().unwrap() > 20, "{statement}");

    let second = life(&home.flash(), &["--json"]);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(progress(&lines(&second)), 213);
}

#[test]
fn prose_shows_the_label_and_the_table() {
    let home = Home::new("prose");
    let told = life(&home.flash(), &[]);
    assert!(told.status.success());
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("▄▄▄▄▄"), "no QR code");
    assert!(text.contains("where"));
    // The owner's secrets are typed, never told.
    assert!(!text.contains("seven otters"));
    assert!(!text.contains("plums-and-gravel"));
}

#[test]
fn cut_at_any_flash_step_it_goes_on_to_the_end() {
    let home = Home::new("cut");
    let every: u64 = std::env::var("GABION_CUT_EVERY").ok().map_or(331, |n| n.parse().unwrap());
    let mut at = 1;
    loop {
        let flash = home.flash();
        let _ = std::fs::remove_dir_all(&home.0);
        std::fs::create_dir_all(&home.0).unwrap();
        let limit = at.to_string();
        let cut = life(&flash, &["--json", "--cut-after", &limit]);
        let before = progress(&lines(&cut));
        match cut.status.code() {
            Some(3) => {}
            Some(0) => break,
            other => panic!("--cut-after {at}: {other:?} {}", String::from_utf8_lossy(&cut.stderr)),
        }
        let on = life(&flash, &["--json"]);
        let stderr = String::from_utf8_lossy(&on.stderr).into_owned();
        assert!(on.status.success(), "--cut-after {at}, then: {stderr}");
        let told = lines(&on);
        let resumed = told.iter().find_map(|l| l["resumed"].as_u64()).unwrap_or(0);
        assert!(
            resumed >= before,
            "--cut-after {at}: {before} was acknowledged, {resumed} is left"
        );
        // Cut in the very last step, the end was kept before it was said, and the next owner moved in.
        assert_eq!(progress(&told) % 100, 13, "--cut-after {at}");
        at += every;
    }
    assert!(at > 5 * every, "the life has only {at} flash steps: nothing was cut");
}

#[test]
fn facts_tell_what_is_kept_and_change_nothing() {
    let home = Home::new("facts");
    let none = life(&home.flash(), &["--facts"]);
    assert!(none.status.success());
    assert!(life(&home.flash(), &["--json"]).status.success());
    let facts = |_| lines(&life(&home.flash(), &["--facts", "--json"])).pop().unwrap();
    let (a, b) = (facts(0), facts(1));
    for fact in ["progress", "version", "life cycle", "lowest security counter"] {
        assert_eq!(a["facts"][fact], b["facts"][fact]);
        assert!(!a["facts"][fact].is_null(), "{fact} is not told");
    }
}

#[test]
fn a_strange_flash_file_is_refused_and_left_as_it_is() {
    let home = Home::new("strange");
    std::fs::write(home.flash(), b"somebody's diary").unwrap();
    let told = life(&home.flash(), &[]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("not a flash file"));
    assert_eq!(std::fs::read(home.flash()).unwrap(), b"somebody's diary");
}

/// An attacker, or a worn cell, ruins the event log after the owner ordered the reset.
#[test]
fn a_ruined_log_does_not_keep_a_pending_factory_reset_from_running() {
    const LOG: std::ops::Range<usize> = 0x3_4000..0x4_0000;
    for ruin in [0x00_u8, 0xff] {
        let home = Home::new(&format!("ruined-{ruin}"));
        let flash = home.flash();
        // Cut where the reset stands in the store and has not run: later and later until that is so.
        let is_ordered = |at: u64| {
            let _ = std::fs::remove_dir_all(&home.0);
            std::fs::create_dir_all(&home.0).unwrap();
            let cut = life(&flash, &["--json", "--cut-after", &at.to_string()]);
            (cut.status.code(), lines(&cut).iter().any(|l| l["acknowledged"] == "reset"))
        };
        let (mut at, mut late) = (1_000_u64, 20_000_u64);
        while late - at > 20 {
            let middle = at.midpoint(late);
            if is_ordered(middle) == (Some(3), false) { at = middle } else { late = middle }
        }
        loop {
            let (code, ordered) = is_ordered(at);
            assert_eq!(code, Some(3), "the life ended before the reset was ordered");
            if ordered {
                break;
            }
            at += 20;
        }
        let mut bytes = std::fs::read(&flash).unwrap();
        bytes[LOG].fill(ruin);
        std::fs::write(&flash, &bytes).unwrap();
        let told = life(&flash, &["--facts"]);
        // The log is lost and says so; what the owner wanted gone is gone all the same.
        let stderr = String::from_utf8_lossy(&told.stderr);
        assert!(stderr.contains("event log"), "{stderr}");
        let left = std::fs::read(&flash).unwrap();
        assert!(!left.windows(7).any(|w| w == b"kitchen"), "a value in clear outlived the reset");
    }
}
