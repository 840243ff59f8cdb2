//! Runs the shared test bodies on a board and counts what came of them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::board::{Board, End};
use crate::totals::Totals;

/// The longest that all tests together may take on one board.
const LIMIT: Duration = Duration::from_secs(300);

/// The firmwares with tests: the shared bodies, and the search of the whole RAM for secrets.
const SUITES: &[&str] = &["tests", "secrets"];

/// Builds the tests for `board`, runs them and prints a line for each.
///
/// # Errors
///
/// When they could not be built or the emulator could not be started.
pub(super) fn run(root: &Path, board: &Board) -> Result<Totals> {
    let start = Instant::now();
    let folder = board.build(root, "gabion-qemu", "release", SUITES)?;
    let built = start.elapsed();
    let start = Instant::now();
    let mut totals = Totals::default();
    for suite in SUITES {
        let mut tally = Tally::default();
        let end =
            board.run(&folder.join(suite), &[], LIMIT, |line| tally.line(board.title, line))?;
        totals += tally.close(board.title, end);
    }
    println!(
        "     Summary [{:8.3}s] {} on {} ({}), built in {:.1} s",
        start.elapsed().as_secs_f64(),
        totals,
        board.title,
        board.target,
        built.as_secs_f64(),
    );
    Ok(totals)
}

/// Reads the lines that the firmware prints.
#[derive(Debug, Default)]
struct Tally {
    announced: u64,
    passed: u64,
    failed: u64,
}

impl Tally {
    fn line(&mut self, title: &str, line: &str) {
        if let Some(count) =
            line.strip_prefix("running ").and_then(|l| l.strip_suffix(" tests")?.parse().ok())
        {
            self.announced = count;
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|l| l.split_once(" ... "))
        {
            if outcome == "ok" {
                self.passed += 1;
                println!("        PASS [{title:>9}] {name}");
            } else {
                self.failed += 1;
                println!("        FAIL [{title:>9}] {name}: {outcome}");
            }
        } else if !line.starts_with("test result: ") && !line.is_empty() {
            // A panic's place and message, or what the emulator has to say.
            println!("             {line}");
        }
    }

    /// Counts announced tests of which nothing was heard as failed: a panic or a hang must not hide them.
    fn close(&mut self, title: &str, end: End) -> Totals {
        let silent = self.announced.saturating_sub(self.passed + self.failed);
        if silent > 0 {
            println!("        FAIL [{title:>9}] {silent} tests never ran to their end ({end:?})");
            self.failed += silent;
        }
        if self.failed == 0 && (end != End::Success || self.announced == 0) {
            println!("        FAIL [{title:>9}] the firmware ended as {end:?}");
            self.failed += 1;
        }
        Totals { passed: self.passed, failed: self.failed, skipped: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(lines: &[&str], end: End) -> (u64, u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.line("board", line);
        }
        let Totals { passed, failed, .. } = tally.close("board", end);
        (passed, failed)
    }

    #[test]
    fn counts_what_it_hears() {
        let lines = ["running 2 tests", "test a ... ok", "test b ... FAILED: no", "test result: x"];
        assert_eq!(totals(&lines, End::Failure), (1, 1));
    }

    #[test]
    fn a_panic_fails_the_test_it_happened_in_and_all_after_it() {
        let lines = ["running 3 tests", "test a ... ok", "test b ... ", "panicked at x.rs:1:1:"];
        assert_eq!(totals(&lines, End::Failure), (1, 2));
    }

    #[test]
    fn silence_is_a_failure() {
        assert_eq!(totals(&[], End::Success), (0, 1));
        assert_eq!(totals(&["running 1 tests", "test a ... ok"], End::Failure), (1, 1));
        assert_eq!(totals(&["running 1 tests", "test a ... ok"], End::TimeOut), (1, 1));
    }
}
