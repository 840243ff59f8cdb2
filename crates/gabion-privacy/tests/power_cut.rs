//! The law of every crash test, for answers and deletions: cut at every operation, with every fault, and in what follows; after
//! each the people's answers are the old or the new ones, and what was withdrawn or deleted is gone from the raw flash.
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
use gabion_privacy::*;
use gabion_sim::{Board, LeakScan, Off, Rig, Subject as RigSubject};
use gabion_storage::Storage;

const ADA: Subject = Subject::User0;
const BOB: Subject = Subject::User1;
const ADAS_DIARY: &[u8; 32] = b"I dreamt of a long white hallway";
const BOBS_DIARY: &[u8; 32] = b"no dreams again, woke at 4 a.m.!";
const ADAS_NAME: &[u8; 32] = b"please call me the Countess, ok?";

#[derive(Clone, Debug)]
enum Op {
    /// Ada says yes, then writes her diary.
    AdaWrites,
    /// Bob says yes, writes his diary; Ada chooses a name.
    BobWrites,
    /// Ada says no.
    AdaWithdraws,
    /// Everything of Bob's goes.
    BobIsDeleted,
}

/// Whether each value is there.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    adas_diary: bool,
    bobs_diary: bool,
    adas_name: bool,
    ada: Standing,
    bob: Standing,
}

#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// The record says no, and the deletion is left to whoever comes by.
    NoDeletion,
    /// The data goes first, then the answer is written down.
    DeletionFirst,
    /// Values are removed one by one, without an intent.
    NoIntent,
}

struct House {
    bug: Bug,
    people: RefCell<People>,
}

struct Live<'a> {
    store: LampStore<'a>,
    lamp: Lamp,
    clock: Hands,
}

impl House {
    async fn open_lamp(store: &mut LampStore<'_>, clock: &mut Hands) -> Result<Lamp, Failure> {
        Lamp::open(INVENTORY, Doubt::Keep, ports!(store, clock)).await.map_err(text)
    }

    async fn say(&self, live: &mut Live<'_>, who: Subject, answer: Answer) -> Result<(), Failure> {
        let by = match who {
            ADA => self.people.borrow_mut().ada(),
            _ => self.people.borrow_mut().bob(),
        };
        let ports = ports!(&mut live.store, &mut live.clock);
        live.lamp.answer(ports, by, who, &SLEEP, answer).await.map_err(text)
    }

    async fn write(
        &self,
        live: &mut Live<'_>,
        what: (PersonalKey, Subject),
        bytes: &[u8],
    ) -> Result<(), Failure> {
        keep(&live.lamp, &mut live.store, &mut live.clock, what, bytes).await.map_err(text)
    }
}

impl RigSubject for House {
    type Flash = Nor;
    type Live<'a> = Live<'a>;
    type Op = Op;
    type State = Seen;
    type Error = Failure;

    fn initial(&self) -> Seen {
        let (ada, bob) = (Standing::NotAsked, Standing::NotAsked);
        Seen { adas_diary: false, bobs_diary: false, adas_name: false, ada, bob }
    }

    fn expect(&self, before: &Seen, op: &Op) -> Seen {
        match op {
            Op::AdaWrites => Seen { adas_diary: true, ada: Standing::Given, ..*before },
            Op::BobWrites => {
                Seen { bobs_diary: true, adas_name: true, bob: Standing::Given, ..*before }
            }
            Op::AdaWithdraws => Seen { adas_diary: false, ada: Standing::Withdrawn, ..*before },
            Op::BobIsDeleted => Seen { bobs_diary: false, bob: Standing::NotAsked, ..*before },
        }
    }

    async fn open<'a>(&'a self, board: &'a mut Board<Nor>) -> Result<Live<'a>, Failure> {
        let mut store = open_store(board)?;
        let mut clock = Hands::default();
        let lamp = match self.bug {
            // What a boot without `Privacy::open` comes to: the answers are read, nothing is finished.
            Bug::NoDeletion => {
                let mut copy = Unfinished(&mut store);
                Lamp::open(INVENTORY, Doubt::Keep, ports!(&mut copy, &mut clock))
                    .await
                    .map_err(text)?
            }
            _ => Self::open_lamp(&mut store, &mut clock).await?,
        };
        Ok(Live { store, lamp, clock })
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failure> {
        match (op, self.bug) {
            (Op::AdaWrites, _) => {
                self.say(live, ADA, Answer::Yes).await?;
                self.write(live, (DIARY, ADA), ADAS_DIARY).await
            }
            (Op::BobWrites, _) => {
                self.say(live, BOB, Answer::Yes).await?;
                self.write(live, (DIARY, BOB), BOBS_DIARY).await?;
                self.write(live, (NICKNAME, ADA), ADAS_NAME).await
            }
            (Op::AdaWithdraws, Bug::DeletionFirst) => {
                let by = self.people.borrow_mut().ada();
                let ports = ports!(&mut live.store, &mut live.clock);
                live.lamp.forget(ports, by, DIARY, ADA).await.map_err(text)?;
                self.say(live, ADA, Answer::No).await
            }
            (Op::AdaWithdraws, _) => self.say(live, ADA, Answer::No).await,
            (Op::BobIsDeleted, Bug::NoIntent) => {
                let by = self.people.borrow_mut().bob();
                let ports = ports!(&mut live.store, &mut live.clock);
                live.lamp.forget(ports, by, DIARY, BOB).await.map_err(text)?;
                live.store.erase_class(BOB.class()).await.map_err(text)?;
                live.lamp = Self::open_lamp(&mut live.store, &mut live.clock).await?;
                Ok(())
            }
            (Op::BobIsDeleted, _) => {
                let by = self.people.borrow_mut().bob();
                let ports = ports!(&mut live.store, &mut live.clock);
                live.lamp.delete(ports, by, BOB).await.map_err(text)
            }
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Seen, Failure> {
        let mut bytes = [0; 64];
        let mut there = async |key: PersonalKey, subject: Subject, value: &[u8]| {
            let parameter = key.item().parameter(subject).unwrap();
            let found = live.store.read(parameter, &mut bytes).await.map_err(text)?;
            assert!(found.is_none_or(|len| &bytes[16..len] == value));
            Ok::<_, Failure>(found.is_some())
        };
        Ok(Seen {
            adas_diary: there(DIARY, ADA, ADAS_DIARY).await?,
            bobs_diary: there(DIARY, BOB, BOBS_DIARY).await?,
            adas_name: there(NICKNAME, ADA, ADAS_NAME).await?,
            ada: live.lamp.standing(ADA, &SLEEP),
            bob: live.lamp.standing(BOB, &SLEEP),
        })
    }

    fn judge(&self, old: &Seen, new: &Seen, seen: &Seen) -> Result<(), (String, String)> {
        // Moving in goes step by step: consent, then one value after the other.
        let writing = (new.adas_diary || !old.adas_diary) && (new.bobs_diary || !old.bobs_diary);
        let between = |old: bool, new: bool, seen: bool| seen == old || seen == new;
        let step = writing
            && between(old.adas_diary, new.adas_diary, seen.adas_diary)
            && between(old.bobs_diary, new.bobs_diary, seen.bobs_diary)
            && between(old.adas_name, new.adas_name, seen.adas_name)
            && (seen.ada == old.ada || seen.ada == new.ada)
            && (seen.bob == old.bob || seen.bob == new.bob)
            && (seen.ada == Standing::Given || !seen.adas_diary)
            && (seen.bob == Standing::Given || !seen.bobs_diary);
        if seen == old || seen == new || step {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }

    fn inspect(&self, off: &Off<Nor>, state: &Seen) -> Result<(), (String, String)> {
        // Nothing stands in clear at any time; so what matters is that nothing of what is gone can be read with the keys that
        // are left. The store holds that promise by itself (its own tests); here: no value of a subject without consent.
        let mut scan = LeakScan::new();
        scan.plant("Ada's diary", ADAS_DIARY);
        scan.plant("Bob's diary", BOBS_DIARY);
        scan.plant("Ada's name", ADAS_NAME);
        if let Some(leak) = scan.scan_medium(&off.medium).first() {
            return Err(("in clear".into(), leak.to_string()));
        }
        let kept = |there: bool, standing| there && standing != Standing::Given;
        if kept(state.adas_diary, state.ada) || kept(state.bobs_diary, state.bob) {
            return Err(("kept without consent".into(), format!("{state:?}")));
        }
        Ok(())
    }
}

/// A store in which nothing can be removed: for the planted bug.
struct Unfinished<'s, 'f>(&'s mut LampStore<'f>);

impl Storage for Unfinished<'_, '_> {
    type FlashError = <LampStore<'static> as Storage>::FlashError;

    async fn read(
        &mut self,
        parameter: &'static gabion_profile::Parameter,
        out: &mut [u8],
    ) -> Result<Option<usize>, gabion_storage::StorageError<Self::FlashError>> {
        self.0.read(parameter, out).await
    }

    async fn commit(
        &mut self,
        changes: &[gabion_storage::Change<'_>],
    ) -> Result<(), gabion_storage::StorageError<Self::FlashError>> {
        if changes.iter().all(|change| change.value().is_none()) {
            return Ok(());
        }
        self.0.commit(changes).await
    }

    async fn erase_class(
        &mut self,
        class: gabion_profile::Class,
    ) -> Result<(), gabion_storage::StorageError<Self::FlashError>> {
        self.0.erase_class(class).await
    }
}

fn rig(bug: Bug) -> Rig<House> {
    let house = House { bug, people: RefCell::new(People::at_home()) };
    Rig::on(house, new_lamp()).opens_write().max_erases(12)
}

const LIFE: [Op; 4] = [Op::AdaWrites, Op::BobWrites, Op::AdaWithdraws, Op::BobIsDeleted];

/// Every operation under every fault. With `GABION_SOAK` set, every operation of the next boot too (some minutes); without, the
/// next test draws from those pairs.
#[test]
fn a_withdrawal_and_a_deletion_cut_anywhere_are_finished_at_the_next_boot() {
    let cuts = usize::from(std::env::var_os("GABION_SOAK").is_some());
    rig(Bug::None).named("privacy").seeds(1).recovery_cuts(cuts).sweep(&LIFE).assert_clean();
}

#[test]
fn many_people_and_random_cuts() {
    rig(Bug::None)
        .named("privacy, long life")
        .recovery_cuts(3)
        .sample(0x7072_6976, 1_000, |rng, _| LIFE[rng.index(LIFE.len())].clone())
        .assert_clean();
}

fn caught(bug: Bug, name: &str) {
    rig(bug).named(name).seeds(1).recovery_cuts(0).sweep(&LIFE).assert_caught();
}

#[test]
fn planted_bug_a_boot_that_finishes_nothing_is_caught() {
    caught(Bug::NoDeletion, "planted: nothing finished");
}

#[test]
fn planted_bug_data_deleted_before_the_answer_is_written_is_caught() {
    caught(Bug::DeletionFirst, "planted: deletion first");
}

#[test]
fn planted_bug_a_deletion_without_an_intent_is_caught() {
    caught(Bug::NoIntent, "planted: no intent");
}
