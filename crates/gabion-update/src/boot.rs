//! The boot loader's side: which slot runs.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::{Image, KeySet, Policy, Refusal, Verified, VerifyError, verify};
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{CounterError, Event, EventKind, EventSink, MonotonicCounter, Severity, Source};

use crate::format::{FIRST_ATTEMPT, REVERTED};
use crate::log::{Log, Newest};
use crate::status::{State, Verdict};
use crate::{BootError, Misuse, SlotId, SlotMap};

/// Whether the chip's counter guards against a way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rollback {
    /// It does: every image needs a security counter of at least the chip's, and nothing runs when it cannot be read.
    Guarded,
    /// The chip has no counter: old images with old weaknesses can be put back by whoever can write the flash.
    Unguarded,
}

/// What the boot loader needs to know.
#[derive(Debug)]
pub struct Boot<'a, P> {
    /// Where the slots lie.
    pub map: &'a SlotMap,
    /// The keys that are trusted, from the oldest.
    pub keys: KeySet<'a>,
    /// What is asked of images. Size, floor and slot address are added from map and counter.
    pub policy: Policy<'a>,
    /// The algorithms.
    pub provider: &'a P,
    /// Whether the counter is used.
    pub rollback: Rollback,
}

/// What runs.
#[derive(Debug)]
pub struct Booted {
    /// The image, verified in this boot.
    pub image: Verified<Image>,
    /// Its slot.
    pub slot: SlotId,
    /// Why it runs.
    pub mode: Mode,
    /// The image is kept, but its security counter could not be written to the chip: the next boot tries again.
    pub floor_pending: bool,
}

/// Why an image runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// It is the one that was kept.
    Confirmed,
    /// It is on trial.
    Trial {
        /// Which boot of the trial this is, from 1.
        boot: u8,
        /// How many the trial has.
        of: u8,
    },
    /// The trial of the other image ended without a confirmation.
    Reverted,
    /// The image that should have run did not verify.
    Fallback,
    /// There is no state; of the images that verify this is the one with the highest counter and version.
    Recovered,
}

/// How a slot may be used in this boot.
struct Candidates {
    first: (SlotId, Mode),
    /// Set the revert mark before the second is tried.
    revert: Option<Newest>,
    second: Mode,
}

impl<P: Sha256 + EcdsaP256Verify + Ed25519Verify> Boot<'_, P> {
    /// Decides which image runs, and verifies it.
    ///
    /// # Errors
    ///
    /// [`BootError`]; nothing may run then.
    ///
    /// # Power loss
    ///
    /// At most two flash words are written, none erased. However often the power fails, the next call decides the same,
    /// except that a boot of a trial that was begun counts.
    ///
    /// # Security
    ///
    /// The state on flash is not authenticated: whoever can write the flash can choose between the two slots, but both must
    /// hold an image that a trusted key signed and whose counter is not below the chip's.
    pub async fn run<F: NorFlash, C: MonotonicCounter>(
        &self,
        flash: &mut F,
        counter: &mut C,
        events: &mut impl EventSink,
    ) -> Result<Booted, BootError<F::Error, C::Error>> {
        let floor = match self.rollback {
            Rollback::Guarded => Some(read_twice(counter).map_err(BootError::Counter)?),
            Rollback::Unguarded => None,
        };
        let log = Log::new::<F>(self.map)?;
        let newest = log.newest(flash).await?;
        let state = State::read(&log, flash, newest).await?;
        let keys = state.trusted(newest, self.keys);
        let Some(candidates) = Self::candidates(&log, flash, newest, state).await? else {
            return self.recover(flash, keys, floor, events).await;
        };
        let (first, mode) = candidates.first;
        let refusal = match self.try_slot(flash, first, keys, floor, events).await {
            Ok(image) => {
                let pending = mode == Mode::Confirmed && raise(counter, floor, &image).is_err();
                return Ok(booted(image, first, mode, pending, events));
            }
            // The trial is not over because the flash failed: reset. Its boots are counted, so it ends.
            Err(VerifyError::Flash(error)) if candidates.revert.is_some() => {
                return Err(BootError::Flash(error));
            }
            Err(refused) => refused,
        };
        if let Some(newest) = candidates.revert {
            log.set(flash, newest.place, REVERTED).await?;
        }
        let second = first.other();
        match self.try_slot(flash, second, keys, floor, events).await {
            Ok(image) => Ok(booted(image, second, candidates.second, false, events)),
            Err(_) => Err(refusal.into()),
        }
    }

    /// Orders the slots; in a trial, takes one of its boots before the image can run.
    async fn candidates<F: NorFlash, C>(
        log: &Log,
        flash: &mut F,
        newest: Option<Newest>,
        state: State,
    ) -> Result<Option<Candidates>, BootError<F::Error, C>> {
        let kept = |slot| Candidates {
            first: (slot, Mode::Confirmed),
            revert: None,
            second: Mode::Fallback,
        };
        let reverted = |slot| Candidates {
            first: (slot, Mode::Reverted),
            revert: None,
            second: Mode::Fallback,
        };
        Ok(Some(match (state, newest) {
            (State::None, _) | (_, None) => return Ok(None),
            (State::Idle { active } | State::Staging { active, .. }, _) => kept(active),
            (State::Trial { old, verdict: Verdict::Confirmed, .. }, _) => kept(old.other()),
            (State::Trial { old, verdict: Verdict::Reverted, .. }, _) => reverted(old),
            (State::Trial { old, used, .. }, Some(newest)) => {
                let of = newest.record.attempts;
                if used >= of {
                    log.set(flash, newest.place, REVERTED).await?;
                    return Ok(Some(reverted(old)));
                }
                let mark = FIRST_ATTEMPT.saturating_add(u32::from(used));
                log.set(flash, newest.place, mark).await?;
                Candidates {
                    first: (old.other(), Mode::Trial { boot: used.saturating_add(1), of }),
                    revert: Some(newest),
                    second: Mode::Reverted,
                }
            }
        }))
    }

    /// Without a state, takes the better of the images that verify: both are authentic and not below the floor.
    async fn recover<F: NorFlash, C>(
        &self,
        flash: &mut F,
        keys: KeySet<'_>,
        floor: Option<u32>,
        events: &mut impl EventSink,
    ) -> Result<Booted, BootError<F::Error, C>> {
        let a = self.try_slot(flash, SlotId::A, keys, floor, events).await;
        let b = self.try_slot(flash, SlotId::B, keys, floor, events).await;
        let rank = |image: &Image| (image.security_counter(), image.version());
        let (image, slot) = match (a, b) {
            (Ok(a), Ok(b)) if rank(&b) > rank(&a) => (b, SlotId::B),
            (Ok(a), _) => (a, SlotId::A),
            (_, Ok(b)) => (b, SlotId::B),
            (Err(refused), Err(_)) => return Err(refused.into()),
        };
        Ok(booted(image, slot, Mode::Recovered, false, events))
    }

    async fn try_slot<F: NorFlash>(
        &self,
        flash: &mut F,
        id: SlotId,
        keys: KeySet<'_>,
        floor: Option<u32>,
        events: &mut impl EventSink,
    ) -> Result<Verified<Image>, VerifyError<F::Error>> {
        let policy = narrow(self.policy, self.map, id, floor);
        let slot = self.map.slot(id);
        let mut result = verify(flash, slot, keys, &policy, self.provider, |_, _| ()).await;
        if let Err(VerifyError::Flash(_)) = &result {
            // A read that fails once says nothing of the image.
            result = verify(flash, slot, keys, &policy, self.provider, |_, _| ()).await;
        }
        if let Err(VerifyError::Refused(refusal)) = &result {
            events.event(refused(*refusal));
        }
        result
    }
}

impl<E, C> From<VerifyError<E>> for BootError<E, C> {
    fn from(error: VerifyError<E>) -> Self {
        match error {
            VerifyError::Flash(e) => Self::Flash(e),
            VerifyError::Refused(refusal) => Self::NothingBootable(refusal),
            _ => Self::Misuse(Misuse::Geometry),
        }
    }
}

/// Adds to a policy what map and counter say.
pub(crate) fn narrow<'a>(
    policy: Policy<'a>,
    map: &SlotMap,
    slot: SlotId,
    floor: Option<u32>,
) -> Policy<'a> {
    let mut policy = policy.within(map.span(slot).len());
    if let Some(floor) = floor {
        policy = policy.min_counter(floor);
    }
    match map.address(slot) {
        Some(address) => policy.slot_address(address),
        None => policy,
    }
}

/// Reads the counter, once more if the hardware failed.
pub(crate) fn read_twice<C: MonotonicCounter>(
    counter: &mut C,
) -> Result<u32, CounterError<C::Error>> {
    match counter.read() {
        Err(CounterError::Hardware(_)) => counter.read(),
        result => result,
    }
}

/// Raises the floor to the counter of an image that is kept. Nothing is written when it stands there already.
pub(crate) fn raise<C: MonotonicCounter>(
    counter: &mut C,
    floor: Option<u32>,
    image: &Image,
) -> Result<(), CounterError<C::Error>> {
    match (floor, image.security_counter()) {
        (Some(floor), Some(wanted)) if wanted > floor => counter.advance_to(wanted),
        _ => Ok(()),
    }
}

pub(crate) fn refused(refusal: Refusal) -> Event {
    match refusal {
        Refusal::Rollback => {
            Event::new(EventKind::RollbackRefused, Severity::Critical, Source::Boot, refusal.code())
        }
        _ => Event::new(EventKind::BootRefused, Severity::Warning, Source::Boot, refusal.code()),
    }
}

fn booted(
    image: Verified<Image>,
    slot: SlotId,
    mode: Mode,
    floor_pending: bool,
    events: &mut impl EventSink,
) -> Booted {
    let detail = u16::from(slot as u8);
    if matches!(mode, Mode::Reverted | Mode::Fallback) {
        events.event(Event::new(EventKind::BootReverted, Severity::Warning, Source::Boot, detail));
    }
    events.event(Event::new(EventKind::BootVerified, Severity::Info, Source::Boot, detail));
    Booted { image, slot, mode, floor_pending }
}
