//! The law of every crash test, for the counter: every step of every operation is cut in every way, the recovery too.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

#[path = "sim/blocking.rs"]
mod blocking;

use gabion_hal::MonotonicCounter;
use gabion_port::FlashCounter;
use gabion_sim::{Board, Fault, Rig, Setup, SimFlash, Subject};

use blocking::Sync;

const PAGE: usize = 64;
type Flash = SimFlash<4, PAGE>;

/// The counter as it is, or with a mistake that must be found.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Right,
    /// Every leap goes step by step in the same page: a cut leaves a value in between.
    StepByStep,
}

struct Counting(Kind);

#[derive(Debug, Clone)]
enum Op {
    Begin,
    To(u32),
}

impl Subject for Counting {
    type Flash = Flash;
    type Live<'a> = FlashCounter<Sync<&'a mut Flash>>;
    type Op = Op;
    type State = Option<u32>;
    type Error = String;

    fn initial(&self) -> Option<u32> {
        None
    }

    fn expect(&self, _before: &Option<u32>, op: &Op) -> Option<u32> {
        match op {
            Op::Begin => Some(0),
            Op::To(value) => Some(*value),
        }
    }

    async fn open<'a>(&'a self, board: &'a mut Board<Flash>) -> Result<Self::Live<'a>, String> {
        FlashCounter::open(Sync(&mut board.flash), 0).map_err(|e| format!("{e:?}"))
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), String> {
        match op {
            Op::Begin => match live.begin() {
                // Begun before the power failed, and acknowledged now.
                Err(gabion_port::OpenError::Exists) if live.read() == Ok(0) => Ok(()),
                other => other.map_err(|e| format!("{e:?}")),
            },
            Op::To(value) if self.0 == Kind::StepByStep => {
                let now = live.read().map_err(|e| format!("{e:?}"))?;
                (now..=*value).try_for_each(|to| live.advance_to(to)).map_err(|e| format!("{e:?}"))
            }
            Op::To(value) => live.advance_to(*value).map_err(|e| format!("{e:?}")),
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Option<u32>, String> {
        match live.read() {
            Ok(value) => Ok(Some(value)),
            Err(gabion_hal::CounterError::Corrupt) => Ok(None),
            Err(other) => Err(format!("{other:?}")),
        }
    }
}

/// Single steps over several pages, leaps, and steps after leaps.
fn script() -> Vec<Op> {
    let mut script = vec![Op::Begin];
    script.extend((1..30).map(Op::To));
    script.extend([40, 41, 42, 1000, 1001, 5000, 70_000].map(Op::To));
    script.extend((70_001..70_016).map(Op::To));
    script
}

fn rig(kind: Kind) -> Rig<Counting> {
    Rig::new(Counting(kind), Setup::new(2 * PAGE)).named("counter").seeds(4)
}

#[test]
fn every_step_of_every_operation_is_cut() {
    let report = rig(Kind::Right).sweep(&script());
    println!("{report}");
    report.assert_clean();
}

#[test]
fn bits_in_doubt_that_read_differently_each_time() {
    let rig = rig(Kind::Right).faults(&[Fault::TornWord]).seeds(2).unstable();
    let report = rig.sweep(&script());
    println!("{report}");
    report.assert_clean();
}

#[test]
fn a_planted_mistake_is_caught() {
    let report = rig(Kind::StepByStep).sweep(&[Op::Begin, Op::To(3)]);
    report.assert_caught();
}
