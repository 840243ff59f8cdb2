//! The long run of the rig: one device lives through many random cuts.

use crate::fault::Cut;
use crate::power::Off;
use crate::report::Report;
use crate::rig::{Broken, Rig};
use crate::rng::Rng;
use crate::session::{Nothing, Session};
use crate::subject::Subject;

/// Operations after which a session without its cut ends: an erase fault waits for an erase.
const SESSION: u32 = 400;

/// The device of a long run, and what is known of it.
struct Life<S: Subject> {
    off: Off<S::Flash>,
    state: S::State,
    /// Steps that an operation took in the last session.
    steps_per_op: u64,
}

impl<S: Subject> Rig<S> {
    /// Lets one device live through `cycles` power cuts in random operations, with the recovery of
    /// each cut up to [`recovery_cuts`](Self::recovery_cuts) times. `pick` makes the operations.
    ///
    /// Unlike in [`sweep`](Self::sweep), a session holds several operations, so that what the
    /// subject keeps in RAM counts. `GABION_SEED` and `GABION_CYCLES` in the environment take the
    /// place of the arguments: the way to repeat a find, and to run longer.
    ///
    /// # Panics
    ///
    /// If one of the two is not a number.
    pub fn sample(
        &self,
        seed: u64,
        cycles: u64,
        mut pick: impl FnMut(&mut Rng, &S::State) -> S::Op,
    ) -> Report {
        let seed = from_env("GABION_SEED").unwrap_or(seed);
        let cycles = from_env("GABION_CYCLES").unwrap_or(cycles);
        let mut report = Report { name: self.name.clone(), seed: Some(seed), ..Report::default() };
        let mut rng = Rng::new(seed);
        let mut life = None;
        for cycle in 0..cycles {
            let alive = life.take().map_or_else(|| self.born(), Ok);
            match alive.and_then(|alive| self.live(alive, &mut rng, &mut pick, &mut report)) {
                Ok(alive) => life = Some(alive),
                Err((name, detail)) => {
                    let replay = format!("GABION_SEED={seed} GABION_CYCLES={}", cycle + 1);
                    report.add(&name, detail, replay);
                }
            }
        }
        report
    }

    fn born(&self) -> Result<Life<S>, Broken> {
        let state = self.subject.initial();
        let (_, off, seen) = self.check(self.base.clone(), None, (&state, &state))?;
        Ok(Life { off, state: seen, steps_per_op: 8 })
    }

    /// One session up to its cut, the recoveries that are cut, and the examination.
    fn live(
        &self,
        life: Life<S>,
        rng: &mut Rng,
        pick: &mut impl FnMut(&mut Rng, &S::State) -> S::Op,
        report: &mut Report,
    ) -> Result<Life<S>, Broken> {
        let fault = self.faults[rng.index(self.faults.len())];
        let at = rng.below(12 * life.steps_per_op);
        let cut = Cut { at, fault, seed: rng.next() >> 32, unstable: self.unstable };
        let mut left = SESSION;
        let mut session = Session::new(&self.subject, life.state, |state: &S::State| {
            left = left.checked_sub(1)?;
            Some(pick(rng, state))
        });
        let run = self.cycle(life.off, Some(cut), &mut session, false)?;
        let (mut allowed, pending, done) = (session.allowed(), session.pending, session.done);
        report.cuts += u64::from(run.lost);
        report.ops += done as u64;
        let mut off = run.off;
        for _ in 0..rng.index(self.recovery_cuts + 1) {
            // What a whole recovery would do tells where it can be cut.
            let whole = self.cycle(off.clone(), None, &mut Nothing, true)?;
            let Some(cut) = self.pick(rng, &whole.steps) else { break };
            let cycle = self.cycle(off, Some(cut), &mut Nothing, true)?;
            report.recovery_cuts += u64::from(cycle.lost);
            if let Some(seen) = cycle.seen.filter(|_| !cycle.lost) {
                // Somebody has seen this: it may not change any more.
                self.subject.judge(&allowed.0, &allowed.1, &seen)?;
                allowed = (seen.clone(), seen);
            }
            off = cycle.off;
        }
        report.recoveries += 1;
        let retry = pending.as_ref().filter(|_| rng.chance(1, 4));
        let (_, off, state) = self.check(off, retry, (&allowed.0, &allowed.1))?;
        let steps_per_op = (run.steps.len() / done.max(1)).clamp(1, 1 << 20) as u64;
        Ok(Life { off, state, steps_per_op })
    }
}

fn from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}
