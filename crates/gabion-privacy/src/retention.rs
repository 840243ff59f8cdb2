//! How old data is, and what is done when its time is over.
//!
//! An age is a lower bound that no wrong clock can raise: the larger of
//!
//! - the time that the device was powered since the value was stored;
//! - the time of day now, if it is authenticated or a floor, less the time of day then, if that was authenticated.
//!
//! So nothing is deleted early; and as powered time always passes, nothing is kept for ever. What a clock that cannot be
//! trusted would have deleted is counted and told: see [`Swept::RoundEnded`].

use gabion_crypto::Secret;
use gabion_hal::{Clock, TimeQuality};
use gabion_storage::{Storage, StorageError};

use crate::consent::Standing;
use crate::format::{POWERED as POWERED_LEN, Stamp, emit_powered, parse_powered};
use crate::parameters::POWERED;
use crate::privacy::{Failure, slot};
use crate::{Item, Ports, Privacy, PrivacyError, Subject};

/// The first save of the powered time after so many seconds, the next ones at the double.
const FIRST_SAVE_S: u32 = 60;
/// The longest time between two saves in seconds.
const LONGEST_SAVE_S: u32 = 6 * 3600;

/// What to do when only a clock that cannot be trusted says that the time of a value is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Doubt {
    /// Keep it until that is certain, and count it in every round.
    #[default]
    Keep,
    /// Delete it. Whoever can set the clock from outside can then delete early.
    Delete,
}

/// What one step of the sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Swept {
    /// Wrote down how long the device has been on.
    Saved,
    /// Looked at one item of one subject; it stays, or there is none.
    Kept,
    /// The time of this one was over: it is gone.
    Removed(&'static str, Subject),
    /// All were looked at; the next step begins anew.
    RoundEnded {
        /// Values whose time is over by a clock that cannot be trusted, and not by what is certain.
        doubtful: u16,
        /// Values with a limit that only powered time can count, because a time of day is missing.
        undated: u16,
        /// Values of a newer firmware, kept as they are.
        unreadable: u16,
    },
}

/// Where a round is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Round {
    item: usize,
    subject: usize,
    doubtful: u16,
    undated: u16,
    unreadable: u16,
}

/// Counts the seconds that the device was powered in its life, rather too few than too many.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Powered {
    base_s: u32,
    opened_s: u64,
    next_s: u32,
}

impl Powered {
    pub(crate) async fn open<S: Storage, P, C: Clock, V>(
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<Self, Failure<S>> {
        let mut bytes = [0; POWERED_LEN];
        let base_s = match ports.storage.read(POWERED.0, &mut bytes).await {
            Ok(Some(len)) => bytes.get(..len).and_then(parse_powered).unwrap_or(0),
            // Stamps of what is stored raise it again.
            Ok(None) | Err(StorageError::Damaged) => 0,
            Err(error) => return Err(error.into()),
        };
        let opened_s = seconds(ports.clock);
        Ok(Self { base_s, opened_s, next_s: FIRST_SAVE_S })
    }

    fn since(&self, clock: &mut impl Clock) -> u32 {
        u32::try_from(seconds(clock).saturating_sub(self.opened_s)).unwrap_or(u32::MAX)
    }

    pub(crate) fn now(&self, clock: &mut impl Clock) -> u32 {
        self.base_s.saturating_add(self.since(clock))
    }

    /// A stamp that is ahead was made by this device: so long it was powered at least.
    fn raise(&mut self, clock: &mut impl Clock, stamp: u32) {
        self.base_s = self.base_s.saturating_add(stamp.saturating_sub(self.now(clock)));
    }
}

fn seconds(clock: &mut impl Clock) -> u64 {
    clock.uptime_ms().checked_div(1000).unwrap_or_default()
}

/// How old something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Age {
    /// At least this.
    certain_s: u64,
    /// What the clocks say, whether they can be trusted or not.
    guess_s: Option<u64>,
    /// Whether the time of day says anything for certain.
    dated: bool,
}

fn age(powered_s: u32, stamp: &Stamp, clock: &mut impl Clock) -> Age {
    let powered = u64::from(powered_s.saturating_sub(stamp.powered_s));
    let now = clock.wall();
    let from = stamp.wall.filter(|then| then.quality == TimeQuality::Authenticated);
    let to = now.filter(|now| now.quality != TimeQuality::Unauthenticated);
    let by_date = from.zip(to).map(|(from, to)| to.unix_seconds.saturating_sub(from.unix_seconds));
    let guess = stamp.wall.zip(now).map(|(a, b)| b.unix_seconds.saturating_sub(a.unix_seconds));
    Age { certain_s: powered.max(by_date.unwrap_or(0)), guess_s: guess, dated: by_date.is_some() }
}

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Does one step of the sweep: at most one value read, one commit. Call it every few minutes; a round takes one step per
    /// item and subject.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`].
    ///
    /// # Power loss
    ///
    /// A value is there or gone. Up to half of the powered time of a boot is forgotten, and never more than six hours: keep
    /// limits are then that much longer. A device that sleeps without power every minute calls
    /// [`save_powered`](Self::save_powered) before.
    pub async fn sweep<S: Storage, P, C: Clock, V>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<Swept, Failure<S>> {
        if self.powered.since(ports.clock) >= self.powered.next_s {
            self.save_powered(ports).await?;
            return Ok(Swept::Saved);
        }
        let Some((item, subject)) = self.next_place() else {
            let Round { doubtful, undated, unreadable, .. } = self.round;
            self.round = Round::default();
            return Ok(Swept::RoundEnded { doubtful, undated, unreadable });
        };
        self.sweep_one(ports, item, subject).await
    }

    /// Writes down how long the device has been on.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`].
    pub async fn save_powered<S: Storage, P, C: Clock, V>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<(), Failure<S>> {
        let since = self.powered.since(ports.clock);
        let now = self.powered.base_s.saturating_add(since);
        ports.storage.put(&POWERED, &emit_powered(now)).await?;
        self.powered.next_s = since.saturating_add(since.clamp(FIRST_SAVE_S, LONGEST_SAVE_S));
        Ok(())
    }

    /// Whether the time of a value is over for certain.
    pub(crate) fn is_over(
        &self,
        clock: &mut impl Clock,
        item: &'static Item,
        stamp: &Stamp,
    ) -> bool {
        let age = age(self.powered.now(clock), stamp, clock);
        item.retention.seconds().is_some_and(|limit| age.certain_s >= u64::from(limit))
    }

    fn next_place(&mut self) -> Option<(&'static Item, Subject)> {
        loop {
            let item = self.inventory.items().get(self.round.item)?;
            let subject = Subject::ALL.get(self.round.subject).copied();
            self.round.subject = self.round.subject.saturating_add(1);
            match subject {
                None => {
                    self.round.subject = 0;
                    self.round.item = self.round.item.saturating_add(1);
                }
                Some(subject) if item.parameter(subject).is_some() => return Some((item, subject)),
                Some(_) => {}
            }
        }
    }

    async fn sweep_one<S: Storage, P, C: Clock, V>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        item: &'static Item,
        subject: Subject,
    ) -> Result<Swept, Failure<S>> {
        if self.standing(subject, item.purpose) == Standing::Withdrawn {
            // Gone already, unless an earlier removal failed.
            ports.storage.remove(&slot(item, subject)?).await?;
            return Ok(Swept::Kept);
        }
        let mut over = false;
        if let Some(limit) = item.retention.seconds() {
            let mut buffer = Secret::<[u8; BUFFER]>::zeroed();
            let read = self.read(ports, item, subject, &mut buffer).await;
            let stamp = match read {
                Ok(Some((stamp, _))) => stamp,
                Ok(None) => return Ok(Swept::Kept),
                Err(
                    PrivacyError::Unreadable
                    | PrivacyError::Storage(StorageError::BufferTooSmall(_)),
                ) => {
                    self.round.unreadable = self.round.unreadable.saturating_add(1);
                    return Ok(Swept::Kept);
                }
                // Lost already: nobody can read it, and nobody will ever know its age.
                Err(PrivacyError::Storage(StorageError::Damaged)) => {
                    ports.storage.remove(&slot(item, subject)?).await?;
                    return Ok(Swept::Removed(item.name, subject));
                }
                Err(error) => return Err(error),
            };
            self.powered.raise(ports.clock, stamp.powered_s);
            let age = age(self.powered.now(ports.clock), &stamp, ports.clock);
            let limit = u64::from(limit);
            over = age.certain_s >= limit;
            if !over && age.guess_s.is_some_and(|guess| guess >= limit) {
                over = self.doubt == Doubt::Delete;
                self.round.doubtful = self.round.doubtful.saturating_add(u16::from(!over));
            }
            self.round.undated = self.round.undated.saturating_add(u16::from(!over && !age.dated));
        }
        if !over {
            return Ok(Swept::Kept);
        }
        ports.storage.remove(&slot(item, subject)?).await?;
        Ok(Swept::Removed(item.name, subject))
    }
}
