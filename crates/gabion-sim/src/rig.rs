//! The power rig: cuts the power at every step of every operation and judges what is left.

use core::fmt::Debug;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::block_on::block_on;
use crate::chip::ChipState;
use crate::fault::{Cut, Fault, Step};
use crate::medium::{Medium, Setup};
use crate::power::{Board, Off, Part};
use crate::report::{Case, Report};
use crate::rng::Rng;

/// What the rig tests: how to open it, use it, look at it, and what the specification says.
#[allow(async_fn_in_trait)] // The rig polls on one thread; nobody needs the futures to be `Send`.
pub trait Subject {
    /// The flash part that it runs on, such as `SimFlash<4, 256>`.
    type Flash: Part;
    /// The opened system; it may borrow the board.
    type Live<'a>
    where
        Self: 'a;
    /// An operation.
    type Op: Clone + Debug;
    /// What a user can see of it: the model's view.
    type State: Clone + PartialEq + Debug;
    /// Its error.
    type Error: Debug;

    /// Returns what a blank device shows after its first power on.
    fn initial(&self) -> Self::State;

    /// Returns what the specification says that an operation makes of a state.
    fn expect(&self, before: &Self::State, op: &Self::Op) -> Self::State;

    /// Opens the system after power on, recovery included.
    ///
    /// # Errors
    ///
    /// Its own. While the power is on, an error is a broken promise.
    async fn open<'a>(
        &'a self,
        board: &'a mut Board<Self::Flash>,
    ) -> Result<Self::Live<'a>, Self::Error>;

    /// Runs one operation. `Ok` acknowledges it.
    ///
    /// # Errors
    ///
    /// Its own.
    async fn apply(&self, live: &mut Self::Live<'_>, op: &Self::Op) -> Result<(), Self::Error>;

    /// Looks at everything that a user can see.
    ///
    /// # Errors
    ///
    /// Its own.
    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Self::State, Self::Error>;

    /// Judges what is seen after a cut. `old` and `new` are equal if only one is allowed: the
    /// operation was acknowledged, or had not begun.
    ///
    /// # Errors
    ///
    /// Name and detail of the broken promise.
    fn judge(
        &self,
        old: &Self::State,
        new: &Self::State,
        seen: &Self::State,
    ) -> Result<(), (String, String)> {
        if seen == old || seen == new {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }

    /// Looks into the device without power, after each recovery: the place for further promises,
    /// such as a leak scan for what the state no longer holds.
    ///
    /// # Errors
    ///
    /// Name and detail of the broken promise.
    fn inspect(
        &self,
        _off: &Off<Self::Flash>,
        _state: &Self::State,
    ) -> Result<(), (String, String)> {
        Ok(())
    }

    /// Says whether an operation may be refused with this error while the power is on, such as
    /// for want of room. A refused operation must change nothing.
    fn tolerates(&self, _op: &Self::Op, _error: &Self::Error) -> bool {
        false
    }
}

pub(crate) type Broken = (String, String);

/// How far one power cycle came.
pub(crate) struct Cycle<S: Subject> {
    pub(crate) off: Off<S::Flash>,
    pub(crate) lost: bool,
    /// Operations that were acknowledged, or refused.
    pub(crate) done: usize,
    /// Which of them were refused.
    pub(crate) refused: Vec<usize>,
    /// Whether the operation after them had begun.
    pub(crate) began: bool,
    pub(crate) seen: Option<S::State>,
    steps: Vec<Step>,
}

/// The rig. See the crate's documentation for a whole crash test.
pub struct Rig<S: Subject> {
    pub(crate) subject: S,
    pub(crate) base: Off<S::Flash>,
    pub(crate) name: String,
    pub(crate) faults: Vec<Fault>,
    seeds: u64,
    pub(crate) recovery_cuts: usize,
    pub(crate) unstable: bool,
    opens_write: bool,
    max_erases: u32,
}

impl<S: Subject> Rig<S> {
    /// Makes a rig for a subject on a blank device.
    pub fn new(subject: S, setup: Setup) -> Self {
        Self::on(subject, Off::new(setup))
    }

    /// Makes a rig for a subject on a device that is not blank.
    pub fn on(subject: S, base: Off<S::Flash>) -> Self {
        Self {
            subject,
            base,
            name: "rig".into(),
            faults: Fault::ALL.to_vec(),
            seeds: 3,
            recovery_cuts: 2,
            unstable: false,
            opens_write: false,
            max_erases: 4,
        }
    }

    /// Names the run in its report.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Uses only these fault models (default: all).
    #[must_use]
    pub fn faults(mut self, faults: &[Fault]) -> Self {
        self.faults = faults.to_vec();
        self
    }

    /// Tries this many outcomes of each fault at each step (default 3: both extremes, one random).
    #[must_use]
    pub fn seeds(mut self, seeds: u64) -> Self {
        self.seeds = seeds;
        self
    }

    /// Cuts the recovery too, up to this many times in a row (default 2). The first recovery is
    /// cut at each of its steps, the later ones at one that is picked.
    #[must_use]
    pub fn recovery_cuts(mut self, cuts: usize) -> Self {
        self.recovery_cuts = cuts;
        self
    }

    /// Lets the bits in doubt read differently on each read.
    #[must_use]
    pub fn unstable(mut self) -> Self {
        self.unstable = true;
        self
    }

    /// Allows a power on to write though there is nothing to recover (a boot counter, a log).
    #[must_use]
    pub fn opens_write(mut self) -> Self {
        self.opens_write = true;
        self
    }

    /// Sets how often one page may be erased within one power cycle (default 4).
    #[must_use]
    pub fn max_erases(mut self, erases: u32) -> Self {
        self.max_erases = erases;
        self
    }

    /// Sets the chip of the device.
    #[must_use]
    pub fn chip(mut self, chip: ChipState) -> Self {
        self.base.chip = chip;
        self
    }

    /// Cuts the first power on and each operation of a script at every step, with every fault.
    ///
    /// `GABION_REPLAY`, as printed with a violation, runs only that case.
    pub fn sweep(&self, script: &[S::Op]) -> Report {
        let replay = std::env::var("GABION_REPLAY").ok();
        let only = replay.map(|text| Case::parse(&text).expect("GABION_REPLAY: no such case"));
        self.sweep_cases(script, only.as_ref())
    }

    /// Runs one case of a sweep again.
    pub fn replay(&self, script: &[S::Op], case: &Case) -> Report {
        self.sweep_cases(script, Some(case))
    }

    fn sweep_cases(&self, script: &[S::Op], only: Option<&Case>) -> Report {
        let mut report = Report { name: self.name.clone(), ..Report::default() };
        let mut off = self.base.clone();
        let mut state = self.subject.initial();
        for index in 0..=script.len() {
            let op = index.checked_sub(1).map(|at| (at, &script[at]));
            let at = Case { op: op.map(|(at, _)| at), cuts: Vec::new() };
            let wear = off.medium.wear().to_vec();
            let clean = match self.cycle(off.clone(), None, one(op.map(|(_, op)| op)), true) {
                Ok(clean) => clean,
                Err((name, detail)) => {
                    report.add(&name, detail, format!("without a cut, {at}"));
                    return report;
                }
            };
            let after = match op {
                Some((_, op)) if clean.refused.is_empty() => self.subject.expect(&state, op),
                _ => state.clone(),
            };
            let seen = clean.seen.as_ref().expect("a cycle without a cut observes");
            let judged = self.subject.judge(&after, &after, seen);
            let checked = judged.and_then(|()| self.settled(clean.off.clone(), seen, &wear));
            if let Err((name, detail)) = checked {
                report.add(&name, detail, format!("without a cut, {at}"));
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
            let Some((left, old, new)) =
                self.interrupt(off.clone(), cut, op, (before, after), &case, report)
            else {
                continue;
            };
            if !known.insert(fingerprint(&left, &old == before, &new == before)) {
                report.repeated += 1;
                continue;
            }
            self.recover(left, op, (&old, &new), &case, report);
        }
    }

    /// Runs one operation into a cut. Returns what is left and which states are now allowed.
    fn interrupt(
        &self,
        off: Off<S::Flash>,
        cut: Cut,
        op: Option<&S::Op>,
        (before, after): (&S::State, &S::State),
        case: &Case,
        report: &mut Report,
    ) -> Option<(Off<S::Flash>, S::State, S::State)> {
        match self.cycle(off, Some(cut), one(op), false) {
            Err((name, detail)) => {
                report.add(&name, detail, replay_of(case));
                None
            }
            Ok(cycle) if cycle.done > cycle.refused.len() => {
                Some((cycle.off, after.clone(), after.clone()))
            }
            Ok(cycle) if cycle.began => Some((cycle.off, before.clone(), after.clone())),
            Ok(cycle) => Some((cycle.off, before.clone(), before.clone())),
        }
    }

    /// Examines a device after a cut, and again with its recovery cut.
    fn recover(
        &self,
        left: Off<S::Flash>,
        op: Option<&S::Op>,
        allowed: (&S::State, &S::State),
        case: &Case,
        report: &mut Report,
    ) {
        let Some(steps) = self.examine(left.clone(), op, allowed, case, report) else { return };
        if self.recovery_cuts == 0 {
            return;
        }
        let mut known = HashSet::new();
        for cut in self.cuts(&steps, self.seeds.min(3)) {
            let mut case = case.clone();
            let mut off = left.clone();
            let mut next = Some(cut);
            while let Some(cut) = next.take() {
                case.cuts.push(cut);
                report.recovery_cuts += 1;
                match self.cycle(off.clone(), Some(cut), &[], true) {
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
                if case.cuts.len() <= self.recovery_cuts && !steps.is_empty() {
                    let mut rng = Rng::new(cut.seed ^ (cut.at << 8) ^ case.cuts.len() as u64);
                    next = Some(self.pick(&mut rng, steps.len() as u64));
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

    /// Recovers, judges, powers on again, retries. Returns recovery steps, device and state.
    #[allow(clippy::type_complexity)]
    pub(crate) fn check(
        &self,
        off: Off<S::Flash>,
        op: Option<&S::Op>,
        (old, new): (&S::State, &S::State),
    ) -> Result<(Vec<Step>, Off<S::Flash>, S::State), Broken> {
        let wear = off.medium.wear().to_vec();
        let first = self.cycle(off, None, &[], true)?;
        let seen = first.seen.expect("a cycle without a cut observes");
        self.subject.judge(old, new, &seen)?;
        self.settled(first.off.clone(), &seen, &wear)?;
        if let Some(op) = op {
            let retried = self.cycle(first.off.clone(), None, one(Some(op)), true)?;
            let expected = if !retried.refused.is_empty() {
                seen.clone()
            } else {
                self.subject.expect(&seen, op)
            };
            let after = retried.seen.expect("a cycle without a cut observes");
            self.subject.judge(&expected, &expected, &after).map_err(in_retry)?;
            self.settled(retried.off, &after, &wear).map_err(in_retry)?;
        }
        Ok((first.steps, first.off, seen))
    }

    /// Checks that a recovered device stays as it is when it is powered on once more.
    fn settled(&self, off: Off<S::Flash>, seen: &S::State, wear: &[u32]) -> Result<(), Broken> {
        // Two power cycles and a retry lie between the two counts at most.
        let bound = self.max_erases.saturating_mul(3);
        for (page, (now, then)) in off.medium.wear().iter().zip(wear).enumerate() {
            if now - then > bound {
                return Err(("erase storm".into(), format!("page {page}: {} erases", now - then)));
            }
        }
        self.subject.inspect(&off, seen)?;
        let (bytes, counter) = (off.medium.clone(), off.chip.counter);
        let again = self.cycle(off, None, &[], true)?;
        let later = again.seen.expect("a cycle without a cut observes");
        if later != *seen {
            let detail = format!("second power on shows {later:?}, first {seen:?}");
            return Err(("not idempotent".into(), detail));
        }
        if !self.opens_write && (again.off.medium != bytes || again.off.chip.counter != counter) {
            let at = first_difference(&bytes, &again.off.medium);
            return Err(("not idempotent".into(), format!("second power on writes at {at:#x}")));
        }
        Ok(())
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
        let Some((mut left, old, new)) = found else { return };
        for cut in later {
            report.recovery_cuts += 1;
            match self.cycle(left, Some(*cut), &[], true) {
                Ok(cycle) => left = cycle.off,
                Err((name, detail)) => return report.add(&name, detail, replay_of(case)),
            }
        }
        self.examine(left, op, (&old, &new), case, report);
    }

    /// Lists the cuts of a run whose steps are known.
    fn cuts(&self, steps: &[Step], seeds: u64) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            for fault in self.faults.iter().filter(|fault| fault.applies(*step)) {
                // An erase has a clean fault of its own; asked for both, one is enough.
                let double = *fault == Fault::Clean
                    && *step == Step::Erase
                    && self.faults.contains(&Fault::EraseClean);
                let outcomes = match fault {
                    Fault::Clean | Fault::EraseClean => 2,
                    _ => seeds,
                };
                for seed in (0..outcomes).filter(|_| !double) {
                    let seed = if seed < 2 { seed } else { mix(at as u64, seed) };
                    cuts.push(Cut { at: at as u64, fault: *fault, seed, unstable: self.unstable });
                }
            }
        }
        cuts
    }

    pub(crate) fn pick(&self, rng: &mut Rng, steps: u64) -> Cut {
        let fault = self.faults[rng.index(self.faults.len())];
        Cut { at: rng.below(steps), fault, seed: rng.next() >> 32, unstable: self.unstable }
    }

    /// Powers on, opens, applies operations until one is cut, observes if asked to, powers off.
    ///
    /// An error of the subject is a broken promise only while the power is on.
    pub(crate) fn cycle(
        &self,
        off: Off<S::Flash>,
        cut: Option<Cut>,
        ops: &[S::Op],
        observe: bool,
    ) -> Result<Cycle<S>, Broken> {
        let mut board = off.power_on(cut);
        let supply = board.supply.clone();
        supply.log_steps();
        let (mut done, mut refused, mut began, mut seen) = (0, Vec::new(), false, None);
        let run = catch_unwind(AssertUnwindSafe(|| {
            block_on(async {
                let mut live = self.subject.open(&mut board).await.map_err(|e| ("open", e))?;
                for (index, op) in ops.iter().enumerate().take_while(|_| !supply.is_lost()) {
                    began = true;
                    match self.subject.apply(&mut live, op).await {
                        Ok(()) => {}
                        Err(error) if !supply.is_lost() && self.subject.tolerates(op, &error) => {
                            refused.push(index);
                        }
                        Err(error) => return Err(("apply", error)),
                    }
                    done += 1;
                    began = false;
                }
                if observe {
                    seen = Some(self.subject.observe(&mut live).await.map_err(|e| ("observe", e))?);
                }
                Ok(())
            })
        }));
        let lost = supply.is_lost();
        match run {
            Err(panic) => return Err(("panic".into(), panic_text(&*panic))),
            Ok(Err((place, error))) if !lost => {
                return Err((format!("cannot {place}"), format!("{error:?}")));
            }
            Ok(_) => {}
        }
        if let Some(illegal) = board.flash.refused().first() {
            return Err(("illegal write".into(), format!("{illegal:?}")));
        }
        let off = board.power_off();
        Ok(Cycle { off, lost, done, refused, began, seen, steps: supply.step_log() })
    }
}

fn one<T>(op: Option<&T>) -> &[T] {
    op.map_or(&[], core::slice::from_ref)
}

fn in_retry((name, detail): Broken) -> Broken {
    (name, format!("{detail} (after the retry)"))
}

fn replay_of(case: &Case) -> String {
    format!("GABION_REPLAY={case}")
}

fn mix(left: u64, right: u64) -> u64 {
    Rng::new(left.rotate_left(32) ^ right).next() >> 32
}

fn fingerprint<F: Part>(off: &Off<F>, old: bool, new: bool) -> u64 {
    let mut hasher = DefaultHasher::new();
    (off.medium.bytes(), off.chip.counter, old, new).hash(&mut hasher);
    (&off.medium.unstable, &off.medium.writes).hash(&mut hasher);
    hasher.finish()
}

fn first_difference(left: &Medium, right: &Medium) -> usize {
    left.bytes().iter().zip(right.bytes()).take_while(|(l, r)| l == r).count()
}

fn panic_text(panic: &(dyn core::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "?".into())
}
