//! The exhaustive run of the rig: every step of every operation, every fault.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::fault::{Cut, Step};
use crate::power::{Off, Part};
use crate::report::{Case, Report};
use crate::rig::{AtMostOne, Rig, Since};
use crate::rng::Rng;
use crate::subject::Subject;

/// What an interrupted operation left, and which states are now allowed.
struct Left<S: Subject> {
    off: Off<S::Flash>,
    old: S::State,
    new: S::State,
}

impl<S: Subject> Rig<S> {
    /// Cuts the first power on and each operation of a script at every step, with every fault.
    ///
    /// `GABION_REPLAY`, as printed with a violation, runs only that case.
    ///
    /// # Panics
    ///
    /// If `GABION_REPLAY` is set and is no case.
    pub fn sweep(&self, script: &[S::Op]) -> Report {
        let replay = std::env::var("GABION_REPLAY").ok();
        let only = replay.map(|text| Case::parse(&text).expect("GABION_REPLAY: no such case"));
        self.sweep_cases(script, only.as_ref())
    }

    /// Runs one case of a sweep again.
    pub fn replay(&self, script: &[S::Op], case: &Case) -> Report {
        self.sweep_cases(script, Some(case))
    }

    fn sweep_cases(&self, ops: &[S::Op], only: Option<&Case>) -> Report {
        let mut report = Report { name: self.name.clone(), ..Report::default() };
        let mut off = self.base.clone();
        let mut state = self.subject.initial();
        for index in 0..=ops.len() {
            let op = index.checked_sub(1).map(|at| (at, &ops[at]));
            let at = Case { op: op.map(|(at, _)| at), cuts: Vec::new() };
            let wear = off.medium.wear().to_vec();
            let mut script = AtMostOne(op.map(|(_, op)| op));
            let clean = match self.cycle(off.clone(), None, &mut script, true) {
                Ok(clean) => clean,
                Err((name, detail)) => {
                    report.add(&name, detail, uncut(&at));
                    return report;
                }
            };
            let after = match op {
                Some((_, op)) if clean.refused == 0 => self.subject.expect(&state, op),
                _ => state.clone(),
            };
            let seen = clean.seen.as_ref().expect("a cycle without a cut observes");
            let judged = self.subject.judge(&after, &after, seen);
            let checked = judged
                .and_then(|()| self.settled(clean.off.clone(), seen, &wear, Since::Operation));
            if let Err((name, detail)) = checked {
                report.add(&name, detail, uncut(&at));
                return report;
            }
            report.ops += u64::from(op.is_some());
            match only {
                None => self.sweep_op(&off, op, (&state, &after), &clean.steps, &mut report),
                Some(case) if case.op == at.op => {
                    self.one_case(&off, op.map(|(_, op)| op), (&state, &after), case, &mut report);
                }
                Some(_) => {}
            }
            state = after;
            off = clean.off;
        }
        report
    }

    fn sweep_op(
        &self,
        off: &Off<S::Flash>,
        op: Option<(usize, &S::Op)>,
        (before, after): (&S::State, &S::State),
        steps: &[Step],
        report: &mut Report,
    ) {
        let mut known = HashSet::new();
        for cut in self.cuts(steps, self.seeds) {
            let case = Case { op: op.map(|(at, _)| at), cuts: vec![cut] };
            let op = op.map(|(_, op)| op);
            report.cuts += 1;
            let states = (before, after);
            let Some(left) = self.interrupt(off.clone(), cut, op, states, &case, report) else {
                continue;
            };
            if !known.insert(fingerprint(&left.off, &left.old == before, &left.new == before)) {
                report.repeated += 1;
                continue;
            }
            self.recover(left, op, &case, report);
        }
    }

    /// Runs one operation into a cut.
    fn interrupt(
        &self,
        off: Off<S::Flash>,
        cut: Cut,
        op: Option<&S::Op>,
        (before, after): (&S::State, &S::State),
        case: &Case,
        report: &mut Report,
    ) -> Option<Left<S>> {
        let cycle = match self.cycle(off, Some(cut), &mut AtMostOne(op), false) {
            Ok(cycle) => cycle,
            Err((name, detail)) => {
                report.add(&name, detail, replay_of(case));
                return None;
            }
        };
        let (old, new) = if cycle.acknowledged > 0 {
            (after, after)
        } else if cycle.began {
            (before, after)
        } else {
            (before, before)
        };
        Some(Left { off: cycle.off, old: old.clone(), new: new.clone() })
    }

    /// Examines a device after a cut, and again with its recovery cut.
    fn recover(&self, left: Left<S>, op: Option<&S::Op>, case: &Case, report: &mut Report) {
        let allowed = (&left.old, &left.new);
        let found = self.examine(left.off.clone(), op, allowed, case, report);
        let Some(steps) = found else { return };
        if self.recovery_cuts == 0 {
            return;
        }
        let mut known = HashSet::new();
        for cut in self.cuts(&steps, self.seeds.min(3)) {
            let mut case = case.clone();
            let mut off = left.off.clone();
            let mut next = Some(cut);
            while let Some(cut) = next.take() {
                case.cuts.push(cut);
                report.recovery_cuts += 1;
                match self.cycle(off.clone(), Some(cut), &mut AtMostOne(None), true) {
                    Err((name, detail)) => {
                        report.add(&name, detail, replay_of(&case));
                        break;
                    }
                    Ok(cycle) => off = cycle.off,
                }
                if !known.insert(fingerprint(&off, true, true)) {
                    report.repeated += 1;
                    break;
                }
                let Some(steps) = self.examine(off.clone(), op, allowed, &case, report) else {
                    break;
                };
                if case.cuts.len() <= self.recovery_cuts {
                    let mut rng = Rng::new(cut.seed ^ (cut.at << 8) ^ case.cuts.len() as u64);
                    next = self.pick(&mut rng, &steps);
                }
            }
        }
    }

    /// Powers on without a cut and checks every promise. Returns the steps of the recovery.
    fn examine(
        &self,
        off: Off<S::Flash>,
        op: Option<&S::Op>,
        allowed: (&S::State, &S::State),
        case: &Case,
        report: &mut Report,
    ) -> Option<Vec<Step>> {
        report.recoveries += 1;
        match self.check(off, op, allowed) {
            Ok((steps, _, _)) => Some(steps),
            Err((name, detail)) => {
                report.add(&name, detail, replay_of(case));
                None
            }
        }
    }

    fn one_case(
        &self,
        off: &Off<S::Flash>,
        op: Option<&S::Op>,
        states: (&S::State, &S::State),
        case: &Case,
        report: &mut Report,
    ) {
        let Some((first, later)) = case.cuts.split_first() else { return };
        report.cuts += 1;
        let found = self.interrupt(off.clone(), *first, op, states, case, report);
        let Some(Left { mut off, old, new }) = found else { return };
        for cut in later {
            report.recovery_cuts += 1;
            match self.cycle(off, Some(*cut), &mut AtMostOne(None), true) {
                Ok(cycle) => off = cycle.off,
                Err((name, detail)) => return report.add(&name, detail, replay_of(case)),
            }
        }
        self.examine(off, op, (&old, &new), case, report);
    }
}

fn uncut(at: &Case) -> String {
    match at.op {
        Some(op) => format!("without a cut, operation {op} of the script"),
        None => "without a cut, first power on".into(),
    }
}

fn replay_of(case: &Case) -> String {
    format!("GABION_REPLAY={case}")
}

/// Tells apart the outcomes of a cut that can lead to different recoveries.
fn fingerprint<F: Part>(off: &Off<F>, old: bool, new: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (off.medium.bytes(), off.chip.counter, old, new).hash(&mut hasher);
    (&off.medium.unstable, &off.medium.writes).hash(&mut hasher);
    hasher.finish()
}
