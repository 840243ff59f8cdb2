//! Consent and retention against a model: any order of answers, values, time, reboots and power cuts.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "tests"
)]

mod device;

use std::cell::RefCell;

use device::*;
use gabion_flash::block_on;
use gabion_hal::{TimeQuality, WallTime};
use gabion_privacy::*;
use proptest::prelude::*;

const SUBJECTS: [Subject; 3] = [Subject::Household, Subject::User0, Subject::User1];
const LIMIT: [u64; 2] = [48 * 3_600, 30 * 86_400];
const START: u64 = 1_800_000_000;

#[derive(Debug, Clone, Copy)]
enum Op {
    Answer(usize, bool),
    Put(usize),
    /// Seconds pass with the power on; then a full round is swept.
    Pass(u32),
    /// Seconds pass with the power off.
    Off(u32),
    /// What the device knows of the time from now on.
    Time(Option<TimeQuality>),
    /// An attacker moves an unauthenticated clock.
    Forge(i32),
    Delete(usize),
    /// The power fails before the n-th commit from now, then the device starts again.
    Cut(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let quality = prop_oneof![
        Just(None),
        Just(Some(TimeQuality::Floor)),
        Just(Some(TimeQuality::Unauthenticated)),
        Just(Some(TimeQuality::Authenticated)),
    ];
    prop_oneof![
        4 => (0..3_usize, any::<bool>()).prop_map(|(who, yes)| Op::Answer(who, yes)),
        4 => (0..3_usize).prop_map(Op::Put),
        3 => (0..40 * 86_400_u32).prop_map(Op::Pass),
        2 => (0..40 * 86_400_u32).prop_map(Op::Off),
        1 => quality.prop_map(Op::Time),
        1 => any::<i32>().prop_map(Op::Forge),
        1 => (0..3_usize).prop_map(Op::Delete),
        3 => (0..3_usize).prop_map(Op::Cut),
    ]
}

/// What the specification says, with a god's view of time.
#[derive(Debug, Clone, Copy, Default)]
struct Model {
    /// The last answer that was acknowledged, and whether another one may have taken effect since.
    yes: Option<bool>,
    unsure: bool,
    /// Real time when the value was stored, and powered time since.
    stored: Option<(u64, u64)>,
}

struct World {
    store: MemoryStore,
    clock: Hands,
    lamp: Lamp,
    /// Real seconds, and how far the device's own idea of the time is off.
    real: u64,
    forged: i64,
    quality: Option<TimeQuality>,
    model: [Model; 3],
    /// Powered seconds.
    powered: u64,
}

fn purpose(who: usize) -> (&'static Purpose, PersonalKey) {
    if who == 0 { (&GREETING, GUESTS) } else { (&SLEEP, SNORING) }
}

impl World {
    fn new() -> Self {
        let (mut store, mut clock) = (MemoryStore::default(), Hands::default());
        let lamp = start(&mut store, &mut clock).unwrap();
        let model = [Model::default(); 3];
        Self { store, clock, lamp, real: START, forged: 0, quality: None, model, powered: 0 }
    }

    fn tick(&mut self) {
        self.clock.wall = self.quality.map(|quality| WallTime {
            quality,
            unix_seconds: match quality {
                // What is authenticated is right; a floor is behind; the rest is what anybody says.
                TimeQuality::Authenticated => self.real,
                TimeQuality::Floor => START.min(self.real),
                _ => self.real.saturating_add_signed(self.forged),
            },
        });
    }

    fn reboot(&mut self) {
        self.store.dies_before = None;
        self.clock.uptime_s = 0;
        self.tick();
        self.lamp = start(&mut self.store, &mut self.clock).unwrap();
    }

    fn step(&mut self, people: &mut People, op: Op) {
        self.tick();
        match op {
            Op::Answer(who, yes) => {
                let by = if who == 2 { people.bob() } else { people.ada() };
                let answer = if yes { Answer::Yes } else { Answer::No };
                let ports = ports!(&mut self.store, &mut self.clock);
                let (asked, subject) = (purpose(who).0, SUBJECTS[who]);
                match block_on(self.lamp.answer(ports, by, subject, asked, answer)) {
                    Ok(()) => {
                        self.model[who].yes = Some(yes);
                        self.model[who].unsure = false;
                        if !yes {
                            self.model[who].stored = None;
                        }
                    }
                    Err(_) => {
                        if !yes {
                            // From the first moment on, whatever becomes of the rest.
                            let key = purpose(who).1;
                            assert!(self.lamp.permit(key, subject).is_err());
                        }
                        self.model[who].unsure = true;
                        self.reboot();
                    }
                }
            }
            Op::Put(who) => {
                let what = (purpose(who).1, SUBJECTS[who]);
                match block_on(keep(&self.lamp, &mut self.store, &mut self.clock, what, &[1])) {
                    Ok(()) => self.model[who].stored = Some((self.real, self.powered)),
                    Err(PrivacyError::Refused(_)) => {
                        let model = self.model[who];
                        assert!(model.yes != Some(true) || model.unsure, "refused after a yes");
                    }
                    Err(_) => self.reboot(),
                }
            }
            Op::Pass(seconds) => {
                // Looked at every six hours, as a device would.
                let mut left = u64::from(seconds);
                while left > 0 {
                    let now = left.min(6 * 3_600);
                    left -= now;
                    self.clock.uptime_s += now;
                    self.real += now;
                    self.powered += now;
                    self.tick();
                    self.sweep();
                }
            }
            Op::Off(seconds) => {
                self.real += u64::from(seconds);
                self.reboot();
            }
            Op::Time(quality) => self.quality = quality,
            Op::Forge(by) => self.forged = by.into(),
            Op::Delete(who) => {
                let by = people.owner();
                let ports = ports!(&mut self.store, &mut self.clock);
                let done = block_on(self.lamp.delete(ports, by, SUBJECTS[who]));
                if done.is_ok() {
                    self.model[who] = Model::default();
                } else {
                    let before = self.store.values.contains_key(&0x2f61);
                    self.reboot();
                    if before {
                        self.model[who] = Model::default();
                    }
                }
            }
            Op::Cut(after) => self.store.dies_before = Some(self.store.commits + after),
        }
    }

    fn sweep(&mut self) {
        for _ in 0..20 {
            match block_on(self.lamp.sweep(ports!(&mut self.store, &mut self.clock))) {
                Ok(Swept::Removed(_, subject)) => {
                    let who = SUBJECTS.iter().position(|one| *one == subject).unwrap();
                    let (stored, _) = self.model[who].stored.take().unwrap();
                    let age = self.real - stored;
                    assert!(age >= LIMIT[who.min(1)], "deleted early, after {age} s");
                }
                Ok(Swept::RoundEnded { .. }) => return,
                Ok(_) => {}
                Err(_) => return self.reboot(),
            }
        }
        panic!("the round does not end");
    }

    /// What must be true at any time.
    fn check(&mut self) {
        for (who, subject) in SUBJECTS.into_iter().enumerate() {
            let (asked, key) = purpose(who);
            let model = self.model[who];
            let standing = self.lamp.standing(subject, asked);
            let known = match model.yes {
                None => Standing::NotAsked,
                Some(true) => Standing::Given,
                Some(false) => Standing::Withdrawn,
            };
            assert!(standing == known || model.unsure, "{subject:?} {standing:?} {model:?}");
            let id = key.item().parameter(subject).unwrap().id.raw();
            let there = self.store.values.contains_key(&id);
            assert!(!there || standing == Standing::Given, "kept without consent");
            if model.unsure && standing != Standing::Given {
                self.model[who].stored = None;
            } else if !model.unsure || standing == Standing::Given {
                assert_eq!(there, self.model[who].stored.is_some(), "{subject:?} lost or back");
            }
            if model.unsure {
                self.model[who].unsure = false;
                self.model[who].yes = match standing {
                    Standing::Given => Some(true),
                    Standing::Withdrawn => Some(false),
                    _ => None,
                };
            }
            if let (true, Some((_, powered))) = (there, self.model[who].stored) {
                // However bad the clocks and however often the power goes, the powered time is forgotten by half at most, and
                // a round comes every six hours.
                let bound = 2 * LIMIT[who.min(1)] + 24 * 3_600 * 40;
                assert!(self.powered - powered < bound, "kept for ever");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_life_keeps_to_the_model(ops in prop::collection::vec(op(), 1..60)) {
        thread_local!(static PEOPLE: RefCell<People> = RefCell::new(People::at_home()));
        PEOPLE.with_borrow_mut(|people| {
            let mut world = World::new();
            for op in ops {
                world.step(people, op);
                if world.store.dies_before.is_none() {
                    world.check();
                }
            }
            world.reboot();
            world.check();
        });
    }
}
