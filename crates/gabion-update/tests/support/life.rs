//! A device that updates itself while its power fails, and what must be true of it at every moment.

use gabion_boot::{KeySet, Policy, TrustedKey};
use gabion_flash::Span;
use gabion_hal::{MonotonicCounter, NoEvents};
use gabion_sim::{Board, Cut, Fault, FlashError, Kind, Off, Rng, Setup, SimFlash, Step, block_on};
use gabion_update::{
    Boot, Booted, Mode, Rollback, SlotId, SlotMap, Standing, UpdateError, Updater, UpdaterConfig,
};

use super::{ends, toy};

pub const OLD: u32 = 3;
pub const NEW: u32 = 5;
pub const ATTEMPTS: u8 = 4;

/// What goes wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    None,
    /// The application raises the floor before the image is kept.
    FloorFirst,
    /// The application keeps an image of which it only heard.
    ForgetsToConfirm,
    /// The boot loader runs whatever is signed.
    NoFloor,
}

/// What the application does with an image on trial.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Confirms it.
    Confirm,
    /// Never confirms it: the old image must come back.
    Reject,
}

pub struct Life<const W: usize, const P: usize, K> {
    pub plan: Plan,
    pub bug: Bug,
    pub unstable: bool,
    map: SlotMap,
    keys: [TrustedKey; 1],
    old: Vec<u8>,
    new: Vec<u8>,
    kind: core::marker::PhantomData<K>,
}

/// What the device acknowledged so far, and how often its power failed.
#[derive(Clone, Copy, Default)]
pub struct History {
    pub installed: bool,
    pub confirming: bool,
    pub confirmed: bool,
    pub gave_up: bool,
    pub trial_boots: u32,
    pub cuts: u32,
}

pub struct Cycle<const W: usize, const P: usize, K: Kind> {
    pub off: Off<SimFlash<W, P, K>>,
    pub lost: bool,
    pub steps: Vec<Step>,
    pub seen: Option<(SlotId, Mode)>,
}

pub type Broken = String;

impl<const W: usize, const P: usize, K: Kind> Life<W, P, K> {
    pub fn new(plan: Plan, bug: Bug, body: usize) -> Self {
        let (old, new) = (toy::image(OLD, body), toy::image(NEW, body + 37));
        let page = P as u32;
        let slot = (new.len() as u32).next_multiple_of(page) + page;
        let state = 2 * page;
        let spans = [Span::new(0, slot), Span::new(slot, slot), Span::new(2 * slot, state)];
        let map = SlotMap::check(2 * slot + state, page, spans[0], spans[1], spans[2]).unwrap();
        let keys = [toy::trusted()];
        Self { plan, bug, unstable: false, map, keys, old, new, kind: core::marker::PhantomData }
    }

    fn config(&self) -> UpdaterConfig<'_, toy::Toy> {
        UpdaterConfig {
            map: &self.map,
            keys: KeySet::new(&self.keys),
            policy: Policy::new(u32::MAX).effort(gabion_boot::Effort::Single),
            provider: &toy::Toy,
            rollback: Rollback::Guarded,
            attempts: ATTEMPTS,
            revoke_older_keys: false,
        }
    }

    /// The device as it leaves the factory.
    pub fn factory(&self) -> Off<SimFlash<W, P, K>> {
        let mut off = Off::new(Setup::new(self.map.state().end() as usize));
        off.medium.tamper(0, &self.old);
        off.chip.counter = OLD;
        let mut board = off.power_on(None);
        let counter = board.chip.counter.clone();
        block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter, SlotId::A, self.config()).await.unwrap();
            updater.provision().await.unwrap();
        });
        board.power_off()
    }

    /// One power cycle: boot loader, then application.
    pub fn cycle(
        &self,
        off: Off<SimFlash<W, P, K>>,
        cut: Option<Cut>,
        history: &mut History,
    ) -> Result<Cycle<W, P, K>, Broken> {
        let mut board = off.power_on(cut);
        let supply = board.supply.clone();
        supply.log_steps();
        let seen = self.run(&mut board, history)?;
        if let Some(illegal) = board.flash.illegal_writes().first() {
            return Err(format!("illegal write: {illegal:?}"));
        }
        let lost = supply.is_lost();
        history.cuts += u32::from(lost);
        Ok(Cycle { off: board.power_off(), lost, steps: supply.step_log(), seen })
    }

    /// Lives without cuts until the goal is reached.
    pub fn arrived(&self) -> Off<SimFlash<W, P, K>> {
        let (mut off, mut history) = (self.factory(), History::default());
        loop {
            let cycle = self.cycle(off, None, &mut history).unwrap();
            if self.reached(&cycle) {
                return cycle.off;
            }
            off = cycle.off;
        }
    }

    /// Runs the boot loader alone, whatever the flash holds; returns what runs.
    pub fn boots(&self, off: Off<SimFlash<W, P, K>>) -> Option<Booted> {
        let mut board = off.power_on(None);
        let boot = Boot {
            map: &self.map,
            keys: KeySet::new(&self.keys),
            policy: Policy::new(u32::MAX).effort(gabion_boot::Effort::Single),
            provider: &toy::Toy,
            rollback: Rollback::Guarded,
        };
        let mut counter = board.chip.counter.clone();
        block_on(boot.run(&mut board.flash, &mut counter, &mut NoEvents)).ok()
    }

    pub fn map(&self) -> &SlotMap {
        &self.map
    }

    fn run(
        &self,
        board: &mut Board<SimFlash<W, P, K>>,
        history: &mut History,
    ) -> Result<Option<(SlotId, Mode)>, Broken> {
        let floor = board.chip.state().counter;
        let boot = Boot {
            map: &self.map,
            keys: KeySet::new(&self.keys),
            policy: Policy::new(u32::MAX).effort(gabion_boot::Effort::Single),
            provider: &toy::Toy,
            rollback: if self.bug == Bug::NoFloor {
                Rollback::Unguarded
            } else {
                Rollback::Guarded
            },
        };
        let mut counter = board.chip.counter.clone();
        let result = block_on(boot.run(&mut board.flash, &mut counter, &mut NoEvents));
        let counters = board.flash.counters();
        if counters.words > 3 || counters.erases > 0 {
            return Err(format!(
                "the boot path wrote {} words, erased {}",
                counters.words, counters.erases
            ));
        }
        let booted = match result {
            _ if board.supply.is_lost() => return Ok(None),
            Ok(booted) => booted,
            Err(error) => return Err(format!("bricked: {error}")),
        };
        self.judge(&booted, floor, history)?;
        self.application(board, &booted, history)?;
        Ok(Some((booted.slot, booted.mode)))
    }

    /// What must be true of every boot.
    fn judge(&self, booted: &Booted, floor: u32, history: &mut History) -> Result<(), Broken> {
        let counter = booted.image.security_counter().unwrap();
        let new = counter == NEW;
        if counter < floor {
            return Err(format!("runs counter {counter} below the floor {floor}"));
        }
        if floor > OLD && !history.confirming {
            return Err("the floor was raised before a confirmation".into());
        }
        if history.confirmed && (!new || booted.mode != Mode::Confirmed) {
            return Err(format!("lost update: confirmed, then {:?}", booted.mode));
        }
        match booted.mode {
            Mode::Confirmed if new && !history.confirming => {
                return Err("false state: confirmed without a confirmation".into());
            }
            Mode::Confirmed => {}
            Mode::Trial { boot, .. } => {
                history.trial_boots += 1;
                if !new {
                    return Err("false state: the old image on trial".into());
                }
                // A boot of the trial that no cut explains was not taken by a boot.
                if u32::from(boot) > history.trial_boots + history.cuts {
                    return Err("a boot of the trial is missing".into());
                }
            }
            Mode::Reverted => {
                if new {
                    return Err("false state: reverted to the new image".into());
                }
                if u32::from(ATTEMPTS) > history.trial_boots + history.cuts {
                    return Err("lost update: reverted before its boots were used".into());
                }
                history.gave_up = true;
            }
            mode => return Err(format!("false state: {mode:?}")),
        }
        Ok(())
    }

    fn application(
        &self,
        board: &mut Board<SimFlash<W, P, K>>,
        booted: &Booted,
        history: &mut History,
    ) -> Result<(), Broken> {
        let supply = board.supply.clone();
        let mut counter = board.chip.counter.clone();
        let result: Result<Result<(), Broken>, UpdateError<FlashError, _>> = block_on(async {
            let mut updater =
                Updater::open(&mut board.flash, counter.clone(), booted.slot, self.config())
                    .await?;
            let status = updater.status().await?;
            let same = match (booted.mode, status.standing) {
                (Mode::Confirmed, Standing::Confirmed) | (Mode::Reverted, Standing::Reverted) => {
                    true
                }
                (Mode::Trial { boot, of }, Standing::Trial { boots_left }) => {
                    boot + boots_left == of
                }
                _ => false,
            };
            if !same || status.running != booted.slot {
                return Ok(Err(format!("false state: {:?} told as {status:?}", booted.mode)));
            }
            let new = booted.image.security_counter() == Some(NEW);
            match status.standing {
                Standing::Trial { .. } if self.plan == Plan::Confirm => {
                    if self.bug == Bug::FloorFirst && counter.advance_to(NEW).is_err() {
                        return Ok(Ok(()));
                    }
                    if self.bug == Bug::ForgetsToConfirm {
                        history.confirming = true;
                        history.confirmed = true;
                        return Ok(Ok(()));
                    }
                    history.confirming = true;
                    updater.confirm(&mut NoEvents).await?;
                    history.confirmed = true;
                }
                Standing::Confirmed if !new && !history.gave_up => {
                    let (head, tail) = ends(&self.new);
                    let mut download = updater.begin(&head, tail, &mut NoEvents).await?;
                    let start = download.position() as usize;
                    for piece in self.new[start..].chunks(100) {
                        download.write(piece, &mut NoEvents).await?;
                    }
                    let image = download.finish(&mut NoEvents).await?;
                    updater.install(image, &mut NoEvents).await?;
                    history.installed = true;
                }
                _ => {}
            }
            Ok(Ok(()))
        });
        match result {
            Ok(broken) => broken,
            Err(_) if supply.is_lost() => Ok(()),
            Err(error) => Err(format!("cannot go on: {error}")),
        }
    }

    pub fn reached(&self, cycle: &Cycle<W, P, K>) -> bool {
        let Some((slot, mode)) = cycle.seen.filter(|_| !cycle.lost) else { return false };
        match self.plan {
            Plan::Confirm => (slot, mode) == (SlotId::B, Mode::Confirmed),
            Plan::Reject => (slot, mode) == (SlotId::A, Mode::Reverted),
        }
    }

    /// Lives on without cuts until the goal is reached; then once more, when nothing may change.
    pub fn live_on(
        &self,
        mut off: Off<SimFlash<W, P, K>>,
        mut history: History,
    ) -> Result<u32, Broken> {
        for number in 0..16 {
            let cycle = self.cycle(off, None, &mut history)?;
            if self.reached(&cycle) {
                let (medium, counter) = (cycle.off.medium.clone(), cycle.off.chip.counter);
                let wanted = if self.plan == Plan::Confirm { NEW } else { OLD };
                if counter != wanted {
                    return Err(format!("the floor is {counter}, not {wanted}"));
                }
                let again = self.cycle(cycle.off, None, &mut history)?;
                if again.off.medium != medium || again.off.chip.counter != counter {
                    return Err("a boot at rest writes".into());
                }
                return if self.reached(&again) {
                    Ok(number)
                } else {
                    Err("not idempotent".into())
                };
            }
            off = cycle.off;
        }
        Err("the goal is never reached".into())
    }

    /// All cuts of a run whose steps are known.
    pub fn cuts(&self, steps: &[Step], seeds: u64) -> Vec<Cut> {
        let mut cuts = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.applies(*step)) {
                for seed in 0..seeds {
                    let seed =
                        if seed < 2 { seed } else { Rng::new((at as u64) << 8 | seed).next() };
                    let cut = Cut::new(at as u64, fault, seed);
                    cuts.push(if self.unstable { cut.unstable() } else { cut });
                }
            }
        }
        cuts
    }
}
