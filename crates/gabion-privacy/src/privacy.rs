//! The one door to personal data: opened at every boot, asked before every use.

use gabion_auth::{Authorized, HumanRole, RoleKind};
use gabion_crypto::{EcdsaP256Sign, Secret, Sha256};
use gabion_hal::{Clock, EventSink};
use gabion_storage::{Change, Storage, StorageError};
use zeroize::Zeroize;

use crate::consent::Standing;
use crate::format::{LEDGER, STAMP, Stamp};
use crate::inventory::MAX_PURPOSES;
use crate::key::Slot;
use crate::ledger::Ledger;
use crate::retention::{Doubt, Powered, Round};
use crate::{
    Inventory, Item, Permit, PersonalData, PersonalKey, Ports, PrivacyError, Refusal, Subject,
    Value, parameters,
};

pub(crate) type Failure<S> = PrivacyError<<S as Storage>::FlashError>;

/// What the device may do with personal data now. `BUFFER` is [`Inventory::buffer`].
#[derive(Debug)]
pub struct Privacy<const BUFFER: usize> {
    pub(crate) inventory: Inventory,
    pub(crate) standings: [[Standing; MAX_PURPOSES]; Subject::ALL.len()],
    pub(crate) powered: Powered,
    pub(crate) doubt: Doubt,
    pub(crate) round: Round,
    /// Whether a deletion is pending of which nobody knows whose it is.
    pub(crate) is_blocked: bool,
}

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Reads every person's answers, and finishes what a power cut interrupted: deletions, and the removal of data whose
    /// consent was withdrawn. Call it at every boot, before anything that works on personal data starts.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Plan`]; [`PrivacyError::Storage`]; [`PrivacyError::Signer`]. Nothing may start then.
    ///
    /// # Power loss
    ///
    /// Each step can be repeated. Where there is nothing to finish it writes nothing.
    pub async fn open<S, P, C, V>(
        inventory: Inventory,
        doubt: Doubt,
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<Self, Failure<S>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        V: EventSink,
    {
        if inventory.buffer() > BUFFER {
            return Err(PrivacyError::Plan);
        }
        let powered = Powered::open(ports).await?;
        let standings = [[Standing::Unknown; MAX_PURPOSES]; Subject::ALL.len()];
        let round = Round::default();
        let mut privacy = Self { inventory, standings, powered, doubt, round, is_blocked: false };
        privacy.finish_deletion(ports).await?;
        for subject in inventory.subjects() {
            privacy.read_standings(ports.storage, subject).await?;
            privacy.enforce(ports.storage, subject).await?;
        }
        Ok(privacy)
    }

    /// Returns the inventory.
    #[must_use]
    pub const fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Returns a permit, if there is a legal basis for this item of this subject now.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotInInventory`], or how the person stands to it.
    pub fn permit(&self, key: PersonalKey, subject: Subject) -> Result<Permit<'_>, Refusal> {
        let item = key.item();
        if item.parameter(subject).is_none() || !self.has(item) {
            return Err(Refusal::NotInInventory);
        }
        if self.is_blocked {
            return Err(Refusal::DeletionUnclear);
        }
        match self.standing(subject, item.purpose) {
            Standing::NotNeeded | Standing::Given => Ok(Permit::new(item, subject)),
            Standing::NotAsked => Err(Refusal::NotAsked),
            Standing::Withdrawn => Err(Refusal::Withdrawn),
            Standing::OtherVersion => Err(Refusal::OtherVersion),
            Standing::Unknown => Err(Refusal::Unknown),
        }
    }

    /// Stores a value under the permit it was taken with; the one before is gone.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoPermit`] for a value of something else; [`PrivacyError::TooLong`]; [`PrivacyError::Storage`].
    pub async fn put<S, P, C, V, T>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        permit: &Permit<'_>,
        data: &PersonalData<T>,
    ) -> Result<(), Failure<S>>
    where
        S: Storage,
        C: Clock,
        T: AsRef<[u8]> + Zeroize,
    {
        let value = data.expose(permit)?.as_ref();
        if value.len() > usize::from(permit.item().max_len) {
            return Err(PrivacyError::TooLong);
        }
        let stamp = Stamp { powered_s: self.powered.now(ports.clock), wall: ports.clock.wall() };
        let mut buffer = Secret::<[u8; BUFFER]>::zeroed();
        let stamp = stamp.emit();
        let bytes = stamp.iter().chain(value);
        buffer.expose_mut().iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let bytes = buffer.expose().get(..STAMP.saturating_add(value.len()));
        let slot = slot(permit.item(), permit.subject())?;
        ports.storage.put(&slot, bytes.ok_or(PrivacyError::TooLong)?).await?;
        Ok(())
    }

    /// Reads a value. One that is past its time is not there, whether swept or not.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::TooLong`] when `N` is too small; [`PrivacyError::Unreadable`]; [`PrivacyError::Storage`].
    pub async fn get<S, P, C, V, const N: usize>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        permit: &Permit<'_>,
    ) -> Result<Option<PersonalData<Value<N>>>, Failure<S>>
    where
        S: Storage,
        C: Clock,
    {
        let mut buffer = Secret::<[u8; BUFFER]>::zeroed();
        let found = self.read(ports, permit.item(), permit.subject(), &mut buffer).await?;
        let Some((stamp, value)) = found else { return Ok(None) };
        if self.is_over(ports.clock, permit.item(), &stamp) {
            return Ok(None);
        }
        let value = Value::new(value).ok_or(PrivacyError::TooLong)?;
        Ok(Some(PersonalData::new(permit, value)))
    }

    /// Deletes one value at its owner's word. Its basis does not matter.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`]; [`Refusal::NotInInventory`]; [`PrivacyError::Storage`].
    pub async fn forget<S: Storage, P, C, V, R: HumanRole>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<R>,
        key: PersonalKey,
        subject: Subject,
    ) -> Result<(), Failure<S>> {
        decides(&by, subject)?;
        if !self.has(key.item()) {
            return Err(Refusal::NotInInventory.into());
        }
        ports.storage.remove(&slot(key.item(), subject)?).await?;
        Ok(())
    }

    /// Reads what is stored, with its stamp.
    pub(crate) async fn read<'b, S: Storage, P, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        item: &'static Item,
        subject: Subject,
        buffer: &'b mut Secret<[u8; BUFFER]>,
    ) -> Result<Option<(Stamp, &'b [u8])>, Failure<S>> {
        let Slot(parameter) = slot(item, subject)?;
        let found = ports.storage.read(parameter, buffer.expose_mut()).await?;
        let Some(len) = found else { return Ok(None) };
        let bytes = buffer.expose().get(..len).unwrap_or_default();
        Stamp::split(bytes).map(Some).ok_or(PrivacyError::Unreadable)
    }

    pub(crate) fn has(&self, item: &Item) -> bool {
        self.inventory.items().iter().any(|one| one.parameters() == item.parameters())
    }

    pub(crate) async fn read_standings<S: Storage>(
        &mut self,
        storage: &mut S,
        subject: Subject,
    ) -> Result<(), Failure<S>> {
        let read = read_ledger(storage, subject).await?;
        let purposes = self.inventory.purposes();
        let Some(row) = self.standings.get_mut(subject.index()) else { return Ok(()) };
        row.fill(Standing::Unknown);
        if let Read::Whole(ledger) = read {
            for purpose in purposes {
                if let Some(standing) = row.get_mut(usize::from(purpose.number)) {
                    *standing = ledger.standing(purpose);
                }
            }
        }
        Ok(())
    }

    /// Removes what a subject has withdrawn. What is gone already costs nothing.
    pub(crate) async fn enforce<S: Storage>(
        &self,
        storage: &mut S,
        subject: Subject,
    ) -> Result<(), Failure<S>> {
        for item in self.inventory.items() {
            if self.standing(subject, item.purpose) != Standing::Withdrawn {
                continue;
            }
            if let Some(parameter) = item.parameter(subject) {
                storage.commit(&[Change::remove(&Slot(parameter))]).await?;
            }
        }
        Ok(())
    }
}

/// A subject's ledger as it was found.
#[expect(clippy::large_enum_variant, reason = "there is no heap to put it on")]
pub(crate) enum Read {
    Whole(Ledger),
    /// Damaged beyond reading.
    Damaged,
    /// Of a newer firmware.
    Unknown,
}

pub(crate) async fn read_ledger<S: Storage>(
    storage: &mut S,
    subject: Subject,
) -> Result<Read, Failure<S>> {
    let mut bytes = Secret::<[u8; LEDGER]>::zeroed();
    let found = storage.read(parameters::ledger(subject).0, bytes.expose_mut()).await;
    Ok(match found {
        Ok(None) => Read::Whole(Ledger::default()),
        Ok(Some(len)) => match Ledger::parse(bytes.expose().get(..len).unwrap_or_default()) {
            Some(ledger) => Read::Whole(ledger),
            None => Read::Unknown,
        },
        Err(StorageError::Damaged) => Read::Damaged,
        Err(StorageError::BufferTooSmall(_)) => Read::Unknown,
        Err(error) => return Err(error.into()),
    })
}

pub(crate) fn slot(item: &'static Item, subject: Subject) -> Result<Slot, Refusal> {
    item.parameter(subject).map(Slot).ok_or(Refusal::NotInInventory)
}

/// Whether somebody may decide for a subject: everybody for themselves, the owner for the household.
pub(crate) fn decides<R: HumanRole>(by: &Authorized<R>, subject: Subject) -> Result<(), Refusal> {
    let own = Subject::of_account(by.account()) == Some(subject);
    let household = subject == Subject::Household && by.account() == 0;
    if own || household { Ok(()) } else { Err(Refusal::NotYours) }
}

/// Whether somebody may delete a subject's data: themselves, and the owner of the device for everyone.
pub(crate) fn deletes<R: HumanRole>(by: &Authorized<R>, subject: Subject) -> Result<(), Refusal> {
    if R::KIND == RoleKind::Owner { Ok(()) } else { decides(by, subject) }
}
