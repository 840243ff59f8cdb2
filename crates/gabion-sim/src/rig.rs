//! The power rig: cuts the power at every step of every operation and judges what is left.

use crate::block_on::block_on;
use crate::chip_state::ChipState;
use crate::fault::{Cut, Fault, Step};
use crate::medium::{Medium, Setup};
use crate::panic::catch_panic;
use crate::power::{Off, Part};
use crate::rng::Rng;
use crate::session::{Nothing, Script, Session};
use crate::subject::Subject;

/// Name and detail of a broken promise.
pub(crate) type Broken = (String, String);

/// How far one power cycle came.
pub(crate) struct Cycle<S: Subject> {
    pub(crate) off: Off<S::Flash>,
    pub(crate) lost: bool,
    pub(crate) seen: Option<S::State>,
    pub(crate) steps: Vec<Step>,
}

/// What a device did before it is powered on once more: it names what may not change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// It recovered; a change is called `not idempotent`.
    Recovery,
    /// It acknowledged an operation; the subject names the loss.
    Operation,
}

/// The rig. See the crate's documentation for a whole crash test.
pub struct Rig<S: Subject> {
    pub(crate) subject: S,
    pub(crate) base: Off<S::Flash>,
    pub(crate) name: String,
    pub(crate) faults: Vec<Fault>,
    pub(crate) seeds: u64,
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

    /// Recovers, judges, powers on again, retries. Returns recovery steps, device and state.
    #[allow(clippy::type_complexity)]
    pub(crate) fn check(
        &self,
        off: Off<S::Flash>,
        op: Option<&S::Op>,
        (old, new): (&S::State, &S::State),
    ) -> Result<(Vec<Step>, Off<S::Flash>, S::State), Broken> {
        let wear = off.medium.wear().to_vec();
        let first = self.cycle(off, None, &mut Nothing, true)?;
        let seen = first.seen.expect("a cycle without a cut observes");
        self.subject.judge(old, new, &seen)?;
        self.settled(first.off.clone(), &seen, &wear, Since::Recovery)?;
        if let Some(op) = op {
            let mut session = Session::of(&self.subject, seen.clone(), core::slice::from_ref(op));
            let retried = self.cycle(first.off.clone(), None, &mut session, true)?;
            let expected = session.state;
            let after = retried.seen.expect("a cycle without a cut observes");
            self.subject.judge(&expected, &expected, &after).map_err(in_retry)?;
            self.settled(retried.off, &after, &wear, Since::Operation).map_err(in_retry)?;
        }
        Ok((first.steps, first.off, seen))
    }

    /// Checks that a recovered device stays as it is when it is powered on once more.
    pub(crate) fn settled(
        &self,
        off: Off<S::Flash>,
        seen: &S::State,
        wear: &[u32],
        since: Since,
    ) -> Result<(), Broken> {
        // Two power cycles and a retry lie between the two counts at most.
        let bound = self.max_erases.saturating_mul(3);
        for (page, (now, then)) in off.medium.wear().iter().zip(wear).enumerate() {
            if now - then > bound {
                return Err(("erase storm".into(), format!("page {page}: {} erases", now - then)));
            }
        }
        self.subject.inspect(&off, seen)?;
        let (bytes, counter) = (off.medium.clone(), off.chip.counter);
        let again = self.cycle(off, None, &mut Nothing, true)?;
        let later = again.seen.expect("a cycle without a cut observes");
        if later != *seen {
            if since == Since::Operation {
                self.subject.judge(seen, seen, &later)?;
            }
            let detail = format!("second power on shows {later:?}, first {seen:?}");
            return Err(("not idempotent".into(), detail));
        }
        if !self.opens_write && (again.off.medium != bytes || again.off.chip.counter != counter) {
            let at = first_difference(&bytes, &again.off.medium);
            return Err(("not idempotent".into(), format!("second power on writes at {at:#x}")));
        }
        Ok(())
    }

    /// Lists the cuts of a run whose steps are known.
    pub(crate) fn cuts(&self, steps: &[Step], seeds: u64) -> Vec<Cut> {
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

    /// Picks one cut of a run whose steps are known; none if nothing can be cut.
    pub(crate) fn pick(&self, rng: &mut Rng, steps: &[Step]) -> Option<Cut> {
        if steps.is_empty() {
            return None;
        }
        let at = rng.index(steps.len());
        let faults: Vec<Fault> =
            self.faults.iter().copied().filter(|fault| fault.applies(steps[at])).collect();
        let fault = *faults.get(rng.index(faults.len()))?;
        Some(Cut { at: at as u64, fault, seed: rng.next() >> 32, unstable: self.unstable })
    }

    /// Powers on, opens, applies operations until one is cut, observes if asked to, powers off.
    ///
    /// An error of the subject is a broken promise only while the power is on.
    pub(crate) fn cycle(
        &self,
        off: Off<S::Flash>,
        cut: Option<Cut>,
        script: &mut dyn Script<S::Op>,
        observe: bool,
    ) -> Result<Cycle<S>, Broken> {
        let mut board = off.power_on(cut);
        let supply = board.supply.clone();
        supply.log_steps();
        let mut seen = None;
        let run = catch_panic(|| {
            block_on(async {
                let mut live = self.subject.open(&mut board).await.map_err(|e| ("open", e))?;
                while let Some(op) = script.next() {
                    let refused = match self.subject.apply(&mut live, &op).await {
                        Ok(()) => false,
                        Err(error) if !supply.is_lost() && self.subject.tolerates(&op, &error) => {
                            true
                        }
                        Err(error) => return Err(("apply", error)),
                    };
                    script.done(op, refused);
                    if supply.is_lost() {
                        return Ok(());
                    }
                }
                if observe {
                    seen = Some(self.subject.observe(&mut live).await.map_err(|e| ("observe", e))?);
                }
                Ok(())
            })
        });
        let lost = supply.is_lost();
        if let Some(illegal) = board.flash.refused().first() {
            return Err(("illegal write".into(), format!("{illegal:?}")));
        }
        match run {
            Err(panic) => return Err(("panic".into(), panic)),
            Ok(Err((place, error))) if !lost => {
                return Err((format!("cannot {place}"), format!("{error:?}")));
            }
            Ok(_) => {}
        }
        let off = board.power_off();
        Ok(Cycle { off, lost, seen, steps: supply.step_log() })
    }
}

fn in_retry((name, detail): Broken) -> Broken {
    (name, format!("{detail} (after the retry)"))
}

fn mix(left: u64, right: u64) -> u64 {
    Rng::new(left.rotate_left(32) ^ right).next() >> 32
}

fn first_difference(left: &Medium, right: &Medium) -> usize {
    left.bytes().iter().zip(right.bytes()).take_while(|(l, r)| l == r).count()
}
