//! The exhaustive run of the rig: every step of every operation, every fault.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::fault::{Cut, Step};
use crate::power::{Off, Part};
use crate::report::{Case, Place, Report};
use crate::rig::{Broken, Rig, Since};
use crate::rng::Rng;
use crate::session::{Nothing, Session};
use crate::subject::Subject;

/// What a cut left, and which states are now allowed.
struct Left<S: Subject> {
    off: Off<S::Flash>,
    old: S::State,
    new: S::State,
    /// What was cut, or would have come next.
    op: Option<S::Op>,
    /// Operations that were over.
    done: usize,
}

/// Where a part of a sweep starts.
struct Start<S: Subject> {
    off: Off<S::Flash>,
    state: S::State,
}

impl<S: Subject> Rig<S> {
    /// Cuts the first power on and each operation of a script at every step, with every fault. Each
    /// operation has a power cycle of its own.
    ///
    /// `GABION_REPLAY`, as printed with a violation, runs only that case.
    ///
    /// # Panics
    ///
    /// If `GABION_REPLAY` is set and is no case.
    pub fn sweep(&self, script: &[S::Op]) -> Report {
        self.run(script, false, replay_from_env().as_ref())
    }

    /// Cuts a whole script that runs in one power cycle at every step, with every fault: what the
    /// subject keeps in RAM from one operation to the next counts.
    ///
    /// `GABION_REPLAY`, as printed with a violation, runs only that case.
    ///
    /// # Panics
    ///
    /// If `GABION_REPLAY` is set and is no case.
    pub fn sweep_session(&self, script: &[S::Op]) -> Report {
        self.run(script, true, replay_from_env().as_ref())
    }

    /// Runs one case of a sweep again.
    pub fn replay(&self, script: &[S::Op], case: &Case) -> Report {
        self.run(script, case.place == Place::Session, Some(case))
    }

    fn run(&self, ops: &[S::Op], session: bool, only: Option<&Case>) -> Report {
        let mut report = Report { name: self.name.clone(), ..Report::default() };
        let start = Start { off: self.base.clone(), state: self.subject.initial() };
        let parts: Vec<(Place, &[S::Op])> = if session {
            vec![(Place::Session, ops)]
        } else {
            let each = ops.chunks(1).enumerate().map(|(index, op)| (Place::Op(index), op));
            core::iter::once((Place::Open, &ops[..0])).chain(each).collect()
        };
        let ran = parts.into_iter().try_fold(start, |start, (place, ops)| {
            self.part(start, place, ops, only, &mut report).map_err(|broken| (place, broken))
        });
        if let Err((place, (name, detail))) = ran {
            report.add(&name, detail, format!("without a cut, {place}"));
        }
        report
    }

    /// Runs a part of a script without a cut, then with every cut. Returns where the next starts.
    fn part(
        &self,
        start: Start<S>,
        place: Place,
        ops: &[S::Op],
        only: Option<&Case>,
        report: &mut Report,
    ) -> Result<Start<S>, Broken> {
        let wear = start.off.medium.wear().to_vec();
        let mut session = Session::of(&self.subject, start.state.clone(), ops);
        let clean = self.cycle(start.off.clone(), None, &mut session, true)?;
        let after = session.state;
        let seen = clean.seen.as_ref().expect("a cycle without a cut observes");
        self.subject.judge(&after, &after, seen)?;
        // The bound on erases is for one operation; a session has several.
        let wear = if ops.len() > 1 { clean.off.medium.wear().to_vec() } else { wear };
        self.settled(clean.off.clone(), seen, &wear, Since::Operation)?;
        report.ops += ops.len() as u64;
        match only {
            None => self.cut_part(&start, place, ops, &clean.steps, report),
            Some(case) if case.place == place => self.one_case(&start, ops, case, report),
            Some(_) => {}
        }
        Ok(Start { off: clean.off, state: after })
    }

    fn cut_part(
        &self,
        start: &Start<S>,
        place: Place,
        ops: &[S::Op],
        steps: &[Step],
        report: &mut Report,
    ) {
        let mut known = HashSet::new();
        for cut in self.cuts(steps, self.seeds) {
            let case = Case { place, cuts: vec![cut] };
            let Some(left) = self.interrupt(start, cut, ops, &case, report) else { continue };
            if !known.insert(fingerprint(&left.off, left.done, left.old == left.new)) {
                report.repeated += 1;
                continue;
            }
            self.recover(left, &case, report);
        }
    }

    /// Runs operations into a cut.
    fn interrupt(
        &self,
        start: &Start<S>,
        cut: Cut,
        ops: &[S::Op],
        case: &Case,
        report: &mut Report,
    ) -> Option<Left<S>> {
        report.cuts += 1;
        let mut session = Session::of(&self.subject, start.state.clone(), ops);
        match self.cycle(start.off.clone(), Some(cut), &mut session, false) {
            Ok(cycle) => {
                let ((old, new), done) = (session.allowed(), session.done);
                let op = session.pending.or_else(|| ops.get(done).or(ops.last()).cloned());
                Some(Left { off: cycle.off, old, new, op, done })
            }
            Err((name, detail)) => {
                report.add(&name, detail, replay_of(case));
                None
            }
        }
    }

    /// Examines a device after a cut, and again with its recovery cut.
    fn recover(&self, left: Left<S>, case: &Case, report: &mut Report) {
        let (op, allowed) = (left.op.as_ref(), (&left.old, &left.new));
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
                match self.cycle(off.clone(), Some(cut), &mut Nothing, true) {
                    Err((name, detail)) => {
                        report.add(&name, detail, replay_of(&case));
                        break;
                    }
                    Ok(cycle) => off = cycle.off,
                }
                if !known.insert(fingerprint(&off, 0, true)) {
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

    fn one_case(&self, start: &Start<S>, ops: &[S::Op], case: &Case, report: &mut Report) {
        let Some((first, later)) = case.cuts.split_first() else { return };
        let found = self.interrupt(start, *first, ops, case, report);
        let Some(Left { mut off, old, new, op, .. }) = found else { return };
        for cut in later {
            report.recovery_cuts += 1;
            match self.cycle(off, Some(*cut), &mut Nothing, true) {
                Ok(cycle) => off = cycle.off,
                Err((name, detail)) => return report.add(&name, detail, replay_of(case)),
            }
        }
        self.examine(off, op.as_ref(), (&old, &new), case, report);
    }
}

fn replay_from_env() -> Option<Case> {
    let text = std::env::var("GABION_REPLAY").ok()?;
    Some(Case::parse(&text).unwrap_or_else(|| panic!("GABION_REPLAY is no case: {text:?}")))
}

fn replay_of(case: &Case) -> String {
    format!("GABION_REPLAY={case}")
}

/// Tells apart the outcomes of a cut that can lead to different recoveries.
fn fingerprint<F: Part>(off: &Off<F>, done: usize, settled: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (off.medium.bytes(), off.chip.counter, done, settled).hash(&mut hasher);
    (&off.medium.unstable, &off.medium.writes).hash(&mut hasher);
    hasher.finish()
}
