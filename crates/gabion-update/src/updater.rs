//! The application's side: download, install, confirm.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::{Effort, Image, KeySet, Offer, Policy, Verified, VerifyError, verify};
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{Event, EventKind, EventSink, MonotonicCounter, Severity, Source};

use crate::boot::{narrow, raise, read_twice};
use crate::format::{ABANDONED, CONFIRMED, KeyId, Kind, MAX_ATTEMPTS, NO_KEY, Record};
use crate::log::{Log, Newest};
use crate::status::{State, Verdict};
use crate::{Download, Misuse, Paused, Rollback, SlotId, SlotMap, Standing, Status, UpdateError};

/// What the updater needs to know. The first five are the boot loader's own: see [`Boot`](crate::Boot).
#[derive(Debug)]
pub struct UpdaterConfig<'a, P> {
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
    /// Boots that a new image has to confirm itself, 1 to 16.
    pub attempts: u8,
    /// Whether confirming an image revokes the keys that are listed before the one that signed it.
    pub revoke_older_keys: bool,
}

/// Updates the slot that does not run.
pub struct Updater<'a, F, P, C> {
    pub(crate) flash: F,
    pub(crate) counter: C,
    pub(crate) config: UpdaterConfig<'a, P>,
    pub(crate) log: Log,
    pub(crate) running: SlotId,
    pub(crate) newest: Option<Newest>,
}

impl<F, P, C> core::fmt::Debug for Updater<'_, F, P, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Updater").field("running", &self.running).finish_non_exhaustive()
    }
}

pub(crate) type Outcome<T, F, C> = Result<
    T,
    UpdateError<
        <F as embedded_storage_async::nor_flash::ErrorType>::Error,
        <C as MonotonicCounter>::Error,
    >,
>;

impl<'a, F, P, C> Updater<'a, F, P, C>
where
    F: NorFlash,
    P: Sha256 + EcdsaP256Verify + Ed25519Verify,
    C: MonotonicCounter,
{
    /// Opens the updater. `running` is the slot that runs, as the boot loader or the program counter tells it.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`], [`UpdateError::Misuse`]. Nothing is written.
    pub async fn open(
        mut flash: F,
        counter: C,
        running: SlotId,
        config: UpdaterConfig<'a, P>,
    ) -> Outcome<Self, F, C> {
        if config.attempts == 0 || config.attempts > MAX_ATTEMPTS {
            return Err(UpdateError::Misuse(Misuse::Attempts));
        }
        let log = Log::new::<F>(config.map)?;
        let newest = log.newest(&mut flash).await?;
        Ok(Self { flash, counter, config, log, running, newest })
    }

    /// Writes the first state: `running` is kept. For the factory, and after the state was lost.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`]; do it again.
    ///
    /// # Power loss
    ///
    /// The old state, if there was one, or the new one.
    pub async fn provision(&mut self) -> Outcome<(), F, C> {
        let record = self.record(Kind::Idle, 0, [0; 32], NO_KEY).await?;
        self.append(record).await
    }

    /// Gives flash and counter back.
    pub fn close(self) -> (F, C) {
        (self.flash, self.counter)
    }

    /// Tells how things stand.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`].
    pub async fn status(&mut self) -> Outcome<Status, F, C> {
        let state = self.state().await?;
        let attempts = self.newest.map_or(0, |newest| newest.record.attempts);
        let standing = state.standing(self.running, attempts);
        let download = match (state, self.newest) {
            (State::Staging { progress: Some(marks), .. }, Some(newest)) => {
                Some((self.resume_at(newest.record.size, marks), newest.record.size))
            }
            _ => None,
        };
        Ok(Status { running: self.running, standing, download })
    }

    /// Begins a download, or goes on with it when the same image was begun before.
    ///
    /// `head` is the image's first 32 bytes, `tail` all that follows its body. Header, signature over the named hash, policy,
    /// counter and its capacity are decided here, before a byte of the slot is erased.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Refused`], [`UpdateError::CounterCapacity`], [`UpdateError::AlreadyRunning`]: do not fetch this image.
    /// [`Misuse::OnTrial`]: confirm the running image first. [`Misuse::Pending`]: an installed image waits for its first boot;
    /// reset, or [`withdraw`](Self::withdraw) it.
    ///
    /// # Power loss
    ///
    /// The running image is untouched. A download that was begun is gone on with by the same call.
    pub async fn begin(
        &mut self,
        head: &[u8; 32],
        tail: &[u8],
        events: &mut impl EventSink,
    ) -> Outcome<Download<'_, 'a, F, P, C>, F, C> {
        let state = self.state().await?;
        match self.standing(state) {
            Standing::Trial { .. } => return Err(UpdateError::Misuse(Misuse::OnTrial)),
            // Two ends that were signed once can be sent by anybody: they must not undo what was installed.
            Standing::Pending => return Err(UpdateError::Misuse(Misuse::Pending)),
            _ => {}
        }
        let keys = self.keys(state);
        let policy = self.policy(self.running.other())?.effort(Effort::Single);
        let offer = match Offer::parse(head, tail, keys, &policy, self.config.provider) {
            Ok(offer) => offer,
            Err(refusal) => {
                events.event(refused(refusal));
                return Err(refusal.into());
            }
        };
        let out_of_reach = offer.security_counter().is_some_and(|c| c > self.counter.max());
        if self.config.rollback == Rollback::Guarded && out_of_reach {
            return Err(UpdateError::CounterCapacity);
        }
        let (size, digest) = (offer.end(), *offer.digest());
        let marks = match (state, self.newest) {
            (State::Staging { active, progress: Some(marks) }, Some(Newest { record, .. }))
                if active == self.running && record.digest == digest && record.size == size =>
            {
                marks
            }
            _ => {
                // After a fallback the same image may heal the damaged slot.
                let heals = self.standing(state) == Standing::Fallback;
                if !heals && self.runs(keys, &digest).await? {
                    return Err(UpdateError::AlreadyRunning);
                }
                let key = signer(&self.config, &offer);
                let record = self.record(Kind::Staging, size, digest, key).await?;
                self.append(record).await?;
                events.event(event(EventKind::UpdateStarted, Severity::Info, 0));
                0
            }
        };
        Download::start(self, keys, policy, marks, digest, size).await
    }

    /// Takes up a download that was [paused](Download::pause).
    ///
    /// # Errors
    ///
    /// [`Misuse::NothingStaged`] when another one was begun since, or this one was given up or installed.
    pub async fn go_on(
        &mut self,
        paused: Paused<'a, P>,
    ) -> Outcome<Download<'_, 'a, F, P, C>, F, C> {
        let staging = matches!(self.state().await?, State::Staging { progress: Some(_), .. });
        if !staging || !self.newest.is_some_and(|newest| paused.belongs_to(&newest.record)) {
            return Err(UpdateError::Misuse(Misuse::NothingStaged));
        }
        Ok(Download::resume(self, paused))
    }

    /// Keeps the running image and raises the chip's counter to the image's. Harmless when it was kept before.
    ///
    /// The image is verified once more: only what verifies is kept, and its counter is taken from what was verified.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOnTrial`] when the running image is not the one on trial; [`UpdateError::Refused`] when it is damaged;
    /// [`UpdateError::Counter`]: it is kept, and the next boot raises the counter.
    ///
    /// # Power loss
    ///
    /// On trial as before, or kept. The counter is raised only after the image is kept for good, by the next boot if need be.
    pub async fn confirm(&mut self, events: &mut impl EventSink) -> Outcome<(), F, C> {
        let state = self.state().await?;
        let newest = match (self.standing(state), self.newest) {
            (Standing::Trial { .. } | Standing::Confirmed, Some(newest)) => newest,
            _ => return Err(UpdateError::Misuse(Misuse::NotOnTrial)),
        };
        let policy = self.policy(self.running)?;
        let slot = self.config.map.slot(self.running);
        let keys = self.keys(state);
        let image =
            verify(&mut self.flash, slot, keys, &policy, self.config.provider, |_, _| ()).await?;
        if let State::Trial { verdict: Verdict::Open, .. } = state {
            if *image.digest() != newest.record.digest {
                return Err(UpdateError::Misuse(Misuse::WrongImage));
            }
            self.log.set(&mut self.flash, newest.place, CONFIRMED).await?;
            events.event(event(EventKind::UpdateConfirmed, Severity::Info, 0));
        }
        let floor = self.floor()?;
        raise(&mut self.counter, floor, &image).map_err(UpdateError::Counter)
    }

    /// Gives a download up. Harmless when there is none.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`].
    ///
    /// # Power loss
    ///
    /// The download stands as before, or is given up.
    pub async fn abort(&mut self) -> Outcome<(), F, C> {
        if let (State::Staging { progress: Some(_), .. }, Some(newest)) =
            (self.state().await?, self.newest)
        {
            self.log.set(&mut self.flash, newest.place, ABANDONED).await?;
        }
        Ok(())
    }

    /// Returns the slot that runs.
    #[must_use]
    pub const fn running(&self) -> SlotId {
        self.running
    }

    pub(crate) async fn state(&mut self) -> Outcome<State, F, C> {
        Ok(State::read(&self.log, &mut self.flash, self.newest).await?)
    }

    pub(crate) fn standing(&self, state: State) -> Standing {
        state.standing(self.running, self.newest.map_or(0, |newest| newest.record.attempts))
    }

    pub(crate) fn keys(&self, state: State) -> KeySet<'a> {
        state.trusted(self.newest, self.config.keys)
    }

    fn floor(&mut self) -> Outcome<Option<u32>, F, C> {
        match self.config.rollback {
            Rollback::Guarded => {
                Ok(Some(read_twice(&mut self.counter).map_err(UpdateError::Counter)?))
            }
            Rollback::Unguarded => Ok(None),
        }
    }

    pub(crate) fn policy(&mut self, slot: SlotId) -> Outcome<Policy<'a>, F, C> {
        let floor = self.floor()?;
        Ok(narrow(self.config.policy, self.config.map, slot, floor))
    }

    /// Whether the running image is this one. It is verified for that: the state does not always tell.
    async fn runs(&mut self, keys: KeySet<'_>, digest: &[u8; 32]) -> Outcome<bool, F, C> {
        let slot = self.config.map.slot(self.running);
        let policy = self.policy(self.running)?.effort(Effort::Single);
        let provider = self.config.provider;
        match verify(&mut self.flash, slot, keys, &policy, provider, |_, _| ()).await {
            Ok(image) => Ok(image.digest() == digest),
            Err(VerifyError::Flash(error)) => Err(UpdateError::Flash(error)),
            // Damaged under a running device: all the more reason to take an update.
            Err(_) => Ok(false),
        }
    }

    pub(crate) async fn record(
        &mut self,
        kind: Kind,
        size: u32,
        digest: [u8; 32],
        key: KeyId,
    ) -> Outcome<Record, F, C> {
        let state = self.state().await?;
        let oldest_key = state.oldest_key(self.newest, self.config.keys);
        let (active, attempts) = (self.running, self.config.attempts);
        Ok(Record { sequence: 0, kind, active, attempts, oldest_key, key, size, digest })
    }

    pub(crate) async fn append(&mut self, record: Record) -> Outcome<(), F, C> {
        let newest = self.log.append(&mut self.flash, self.newest, record).await?;
        self.newest = Some(newest);
        Ok(())
    }

    pub(crate) async fn verify_staged(
        &mut self,
        keys: KeySet<'_>,
        digest: &[u8; 32],
    ) -> Outcome<Verified<Image>, F, C> {
        let target = self.running.other();
        let policy = self.policy(target)?;
        let slot = self.config.map.slot(target);
        let image =
            verify(&mut self.flash, slot, keys, &policy, self.config.provider, |_, _| ()).await?;
        if image.digest() != digest {
            return Err(UpdateError::NotAsOffered);
        }
        Ok(image)
    }
}

/// The key that signed an offer, for revocation; none, which revokes nothing, when that is off.
fn signer<P>(config: &UpdaterConfig<'_, P>, offer: &Offer) -> KeyId {
    let id = offer.key_hash().first_chunk().filter(|_| config.revoke_older_keys);
    id.copied().unwrap_or(NO_KEY)
}

pub(crate) fn refused(refusal: gabion_boot::Refusal) -> Event {
    let kind = match refusal {
        gabion_boot::Refusal::Rollback => EventKind::RollbackRefused,
        _ => EventKind::UpdateRefused,
    };
    event(kind, Severity::Warning, refusal.code())
}

pub(crate) const fn event(kind: EventKind, severity: Severity, detail: u16) -> Event {
    Event::new(kind, severity, Source::Update, detail)
}
