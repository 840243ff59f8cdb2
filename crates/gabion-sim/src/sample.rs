//! The long run of the rig: one device lives through many random cuts.

use crate::fault::Cut;
use crate::power::Off;
use crate::report::Report;
use crate::rig::{Broken, Rig, Subject};
use crate::rng::Rng;

/// Operations after which a session without its cut ends: an erase fault waits for an erase.
const SESSION: usize = 400;

/// The device of a long run, and what is known of it.
struct Life<S: Subject> {
    off: Off<S::Flash>,
    state: S::State,
}

impl<S: Subject> Rig<S> {
    /// Lets one device live through `cycles` power cuts in random operations, with the recovery of
    /// each cut up to [`recovery_cuts`](Self::recovery_cuts) times. `next` picks the operations.
    ///
    /// Unlike [`sweep`](Self::sweep) a session holds several operations, so that what the subject
    /// keeps in RAM counts. `GABION_SEED` and `GABION_CYCLES` in the environment take the place of
    /// the arguments: the way to repeat a find, and to run longer.
    pub fn sample(
        &self,
        seed: u64,
        cycles: u64,
        mut next: impl FnMut(&mut Rng, &S::State) -> S::Op,
    ) -> Report {
        let seed = from_env("GABION_SEED").unwrap_or(seed);
        let cycles = from_env("GABION_CYCLES").unwrap_or(cycles);
        let mut report = Report { name: self.name.clone(), seed: Some(seed), ..Report::default() };
        let mut rng = Rng::new(seed);
        let mut life = None;
        for cycle in 0..cycles {
            let broken = match life.take().map_or_else(|| self.born(), Ok) {
                Ok(alive) => match self.live(alive, &mut rng, &mut next, &mut report) {
                    Ok(alive) => {
                        life = Some(alive);
                        continue;
                    }
                    Err(broken) => broken,
                },
                Err(broken) => broken,
            };
            let replay = format!("GABION_SEED={seed} GABION_CYCLES={}", cycle + 1);
            report.add(&broken.0, broken.1, replay);
        }
        report
    }

    fn born(&self) -> Result<Life<S>, Broken> {
        let state = self.subject.initial();
        let born = self.cycle(self.base.clone(), None, &[], true)?;
        Ok(Life { off: born.off, state })
    }

    /// One session up to its cut, the cut recoveries, and the examination.
    fn live(
        &self,
        life: Life<S>,
        rng: &mut Rng,
        next: &mut impl FnMut(&mut Rng, &S::State) -> S::Op,
        report: &mut Report,
    ) -> Result<Life<S>, Broken> {
        let mut state = life.state;
        let ops: Vec<S::Op> = {
            let mut ahead = state.clone();
            (0..SESSION)
                .map(|_| {
                    let op = next(rng, &ahead);
                    ahead = self.subject.expect(&ahead, &op);
                    op
                })
                .collect()
        };
        let fault = self.faults[rng.index(self.faults.len())];
        let cut = Cut { at: rng.below(64), fault, seed: rng.next() >> 32, unstable: self.unstable };
        let session = self.cycle(life.off, Some(cut), &ops, false)?;
        report.cuts += u64::from(session.lost);
        report.ops += session.done as u64;
        for (index, op) in ops.iter().take(session.done).enumerate() {
            if !session.refused.contains(&index) {
                state = self.subject.expect(&state, op);
            }
        }
        let cut_op = ops.get(session.done).filter(|_| session.began);
        let new = cut_op.map_or_else(|| state.clone(), |op| self.subject.expect(&state, op));
        let mut off = session.off;
        let cuts = rng.index(self.recovery_cuts + 1);
        for _ in 0..cuts {
            let cut = self.pick(rng, 24);
            let cycle = self.cycle(off, Some(cut), &[], true)?;
            report.recovery_cuts += u64::from(cycle.lost);
            off = cycle.off;
        }
        report.recoveries += 1;
        // A retry is right whether or not the operation had been done.
        let retry = cut_op.filter(|_| rng.chance(1, 4));
        let (_, off, seen) = self.check(off, retry, (&state, &new))?;
        Ok(Life { off, state: seen })
    }
}

fn from_env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}
