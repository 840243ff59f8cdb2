//! Counts of tests, read from what the runners print.

use core::fmt;
use core::ops::AddAssign;

/// How many tests or checks passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Ran and held.
    pub passed: u64,
    /// Ran and did not hold, or could not be run at all.
    pub failed: u64,
    /// Not run, with a reason that was printed.
    pub skipped: u64,
}

impl Totals {
    /// Says whether something passed and nothing failed: a run of no tests is not a success.
    pub fn succeeded(&self) -> bool {
        self.failed == 0 && self.passed > 0
    }

    /// Reads the result line of a libtest binary: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub fn from_libtest(line: &str) -> Option<Self> {
        let counts = line.trim().strip_prefix("test result: ")?.split_once(". ")?.1;
        Some(Self::sum(counts.split(';')))
    }

    /// Reads nextest's closing line: `Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 2 failed, 1 skipped`.
    pub fn from_nextest(line: &str) -> Option<Self> {
        let rest = line.trim().strip_prefix("Summary [")?;
        let (_, counts) = rest.split_once(" run: ")?;
        Some(Self::sum(counts.split(',')))
    }

    fn sum<'a>(parts: impl Iterator<Item = &'a str>) -> Self {
        let mut totals = Self::default();
        for part in parts {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|n| n.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => totals.passed += count,
                // Whatever else a runner counts before "failed" (timed out, exec failed) did not hold.
                Some("failed" | "timed" | "exec") => totals.failed += count,
                Some("skipped" | "ignored") => totals.skipped += count,
                _ => {}
            }
        }
        totals
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
