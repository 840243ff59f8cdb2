//! What a run of the rig found, on one line, and how to see the first find again.

use core::fmt;
use std::collections::BTreeMap;

use crate::fault::{Cut, Fault};

/// What a power cut of a sweep interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first power on of the device.
    Open,
    /// This operation of the script, in a power cycle of its own.
    Op(usize),
    /// The whole script, in one power cycle.
    Session,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Op(index) => write!(f, "{index}"),
            Self::Session => f.write_str("session"),
        }
    }
}

/// One power cut with the cuts of its recovery: enough to repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What is cut.
    pub place: Place,
    /// The cut, and then the cuts of the power ons that follow it.
    pub cuts: Vec<Cut>,
}

impl Case {
    /// Reads what the `Display` form of a case says.
    pub fn parse(text: &str) -> Option<Self> {
        let (place, cuts) = text.split_once(':')?;
        let place = match place {
            "open" => Place::Open,
            "session" => Place::Session,
            index => Place::Op(index.parse().ok()?),
        };
        let cuts = cuts.split(',').map(parse_cut).collect::<Option<Vec<_>>>()?;
        Some(Self { place, cuts })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.place)?;
        for (index, cut) in self.cuts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let unstable = if cut.unstable { "/unstable" } else { "" };
            write!(f, "{comma}{}/{}/{}{unstable}", cut.at, cut.fault.name(), cut.seed)?;
        }
        Ok(())
    }
}

fn parse_cut(text: &str) -> Option<Cut> {
    let mut parts = text.split('/');
    let at = parts.next()?.parse().ok()?;
    let fault = Fault::by_name(parts.next()?)?;
    let seed = parts.next()?.parse().ok()?;
    let unstable = match parts.next() {
        None => false,
        Some("unstable") => true,
        Some(_) => return None,
    };
    Some(Cut { at, fault, seed, unstable })
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name: `lost acknowledged write`, `resurrected`, `third state`, `not idempotent` …
    pub name: String,
    /// What was seen.
    pub detail: String,
    /// What to set in the environment to see it again.
    pub replay: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.name, self.detail, self.replay)
    }
}

/// What a run of the rig did and found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Name of the run.
    pub name: String,
    /// Seed, if the run was a sample.
    pub seed: Option<u64>,
    /// Operations that completed without a cut.
    pub ops: u64,
    /// Power cuts in operations.
    pub cuts: u64,
    /// Power cuts in recoveries.
    pub recovery_cuts: u64,
    /// Recoveries that were examined.
    pub recoveries: u64,
    /// Cuts whose outcome had been examined before.
    pub repeated: u64,
    /// Broken promises by name.
    pub violations: BTreeMap<String, u64>,
    /// The first one.
    pub first: Option<Violation>,
}

impl Report {
    /// Returns the number of broken promises.
    pub fn violation_count(&self) -> u64 {
        self.violations.values().sum()
    }

    /// Returns how often the promise of this name was broken.
    pub fn count(&self, name: &str) -> u64 {
        self.violations.get(name).copied().unwrap_or(0)
    }

    /// Prints the report and panics if a promise was broken or nothing was tried.
    ///
    /// # Panics
    ///
    /// If so.
    #[track_caller]
    pub fn assert_clean(&self) {
        println!("{self}");
        assert!(self.violation_count() == 0, "{self}");
        assert!(self.cuts > 0, "no power cut was tried: {self}");
    }

    /// Prints the report and panics unless a promise was broken: for planted bugs.
    ///
    /// # Panics
    ///
    /// If so.
    #[track_caller]
    pub fn assert_caught(&self) {
        println!("{self}");
        assert!(self.violation_count() > 0, "the rig missed a planted bug: {self}");
    }

    /// Adds the counts of another run; the first find of all stays the first.
    pub fn merge(&mut self, other: Self) {
        self.ops += other.ops;
        self.cuts += other.cuts;
        self.recovery_cuts += other.recovery_cuts;
        self.recoveries += other.recoveries;
        self.repeated += other.repeated;
        for (name, count) in other.violations {
            *self.violations.entry(name).or_default() += count;
        }
        self.first = self.first.take().or(other.first);
    }

    pub(crate) fn add(&mut self, name: &str, detail: String, replay: String) {
        *self.violations.entry(name.to_owned()).or_default() += 1;
        if self.first.is_none() {
            self.first = Some(Violation { name: name.to_owned(), detail, replay });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ops, cuts, recovery_cuts, recoveries, repeated, .. } = self;
        let broken = self.violation_count();
        write!(
            f,
            "{name}: {broken} violations in {cuts} cuts, {recovery_cuts} recovery cuts, \
             {recoveries} recoveries ({repeated} repeated), {ops} whole operations"
        )?;
        if let Some(seed) = self.seed {
            write!(f, ", seed {seed}")?;
        }
        for (kind, count) in &self.violations {
            write!(f, "; {count} x {kind}")?;
        }
        if let Some(first) = &self.first {
            write!(f, "; first: {first}")?;
        }
        Ok(())
    }
}
