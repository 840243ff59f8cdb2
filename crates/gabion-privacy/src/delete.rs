//! Deletion of one person's data, as a transaction that survives power cuts.

use gabion_auth::{Authorized, HumanRole};
use gabion_crypto::{EcdsaP256Sign, Secret, Sha256};
use gabion_hal::{Clock, Event, EventKind, EventSink, Severity, Source};
use gabion_storage::{Change, Storage, StorageError};

use crate::consent::Standing;
use crate::format::{INTENT, Intent, QUEUE};
use crate::parameters::{DELETION_INTENT, DELETION_RECEIPT, REQUESTS};
use crate::privacy::{Failure, deletes};
use crate::remote::read_queue;
use crate::{
    DELETION_RECEIPT_LEN, DeletionReceipt, Ports, Privacy, PrivacyError, Refusal, Subject,
};

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Deletes everything that the device holds of a subject, answers included, and asks the services that have something of
    /// them to do the same. Everybody may delete their own; the owner may delete everyone's.
    ///
    /// The key of the subject's storage class is destroyed first: nothing that was ever written under it can be read again,
    /// whatever still stands on flash. The account itself is removed by `Auth::remove_user`.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`]; [`Refusal::NotInInventory`]; [`PrivacyError::Storage`]; [`PrivacyError::Signer`].
    ///
    /// # Power loss
    ///
    /// Once the intent stands in the store the deletion happens: [`Privacy::open`] finishes it at the next boot.
    pub async fn delete<S, P, C, V, R>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<R>,
        subject: Subject,
    ) -> Result<(), Failure<S>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        V: EventSink,
        R: HumanRole,
    {
        deletes(&by, subject)?;
        if !self.inventory.subjects().any(|one| one == subject) {
            return Err(Refusal::NotInInventory.into());
        }
        self.bar(subject);
        let mut queue = match read_queue(ports.storage).await {
            Ok(queue) => queue,
            // Requests of a newer firmware stay as they are; what is on the device goes all the same.
            Err(PrivacyError::Unreadable) => {
                crate::remote::Queue { last: u32::MAX, ..Default::default() }
            }
            Err(error) => return Err(error),
        };
        let readable = queue.last != u32::MAX;
        let asked = readable && queue.ask(&self.inventory, subject, None) > 0;
        let request = if asked { queue.last } else { 0 };
        let number = next_number(ports.storage).await?;
        let intent = Intent { subject, number, request }.emit();
        let mut bytes = [0; QUEUE];
        let changes = [
            Change::put(&DELETION_INTENT, &intent),
            Change::put(&REQUESTS, queue.emit(&mut bytes)),
        ];
        let used = if asked { 2 } else { 1 };
        ports.storage.commit(changes.get(..used).unwrap_or(&changes)).await?;
        self.finish_deletion(ports).await?;
        for subject in self.inventory.subjects() {
            self.read_standings(ports.storage, subject).await?;
        }
        Ok(())
    }

    /// Returns the signed receipt of the newest deletion.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`].
    pub async fn newest_receipt<S: Storage, P, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        out: &mut [u8; DELETION_RECEIPT_LEN],
    ) -> Result<Option<usize>, Failure<S>> {
        Ok(ports.storage.read(DELETION_RECEIPT.0, out).await?)
    }

    /// Finishes a deletion that stands in the store, if one does. Where it cannot be read nobody knows whose data should be
    /// gone: then there is no permit for anything until a deletion is ordered anew.
    pub(crate) async fn finish_deletion<S, P, C, V>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<(), Failure<S>>
    where
        S: Storage,
        P: Sha256 + EcdsaP256Sign,
        C: Clock,
        V: EventSink,
    {
        let mut bytes = [0; INTENT];
        let intent = match ports.storage.read(DELETION_INTENT.0, &mut bytes).await {
            Ok(None) => return Ok(()),
            Ok(Some(len)) => bytes.get(..len).and_then(Intent::parse),
            Err(StorageError::BufferTooSmall(_) | StorageError::Damaged) => None,
            Err(error) => return Err(error.into()),
        };
        self.is_blocked = intent.is_none();
        let Some(intent) = intent else { return Ok(()) };
        self.bar(intent.subject);
        ports.storage.erase_class(intent.subject.class()).await?;
        let done = Change::remove(&DELETION_INTENT);
        match ports.device_key {
            Some(key) => {
                let public =
                    ports.provider.p256_public_key(key).map_err(|_| PrivacyError::Signer)?;
                let items = self.inventory.items().iter();
                let items = items.filter(|item| item.parameter(intent.subject).is_some()).count();
                let receipt = DeletionReceipt {
                    subject: intent.subject,
                    device: ports.provider.sha256(&[&public.0]),
                    number: intent.number,
                    request: intent.request,
                    items: u16::try_from(items).unwrap_or(u16::MAX),
                    uptime_ds: u32::try_from(
                        ports.clock.uptime_ms().checked_div(100).unwrap_or_default(),
                    )
                    .unwrap_or(u32::MAX),
                    wall: ports.clock.wall(),
                };
                let signed = receipt.sign(ports.provider, key).map_err(|_| PrivacyError::Signer)?;
                let kept = Change::put(&DELETION_RECEIPT, &signed);
                ports.storage.commit(&[kept, done]).await?;
            }
            None => ports.storage.commit(&[done]).await?,
        }
        ports.events.event(Event::new(
            EventKind::UserDataDeleted,
            Severity::Notice,
            Source::Erase,
            intent.subject as u16,
        ));
        Ok(())
    }

    /// From now on nobody works on this subject's data.
    fn bar(&mut self, subject: Subject) {
        if let Some(row) = self.standings.get_mut(subject.index()) {
            row.fill(Standing::Unknown);
        }
    }
}

async fn next_number<S: Storage>(storage: &mut S) -> Result<u32, Failure<S>> {
    let mut bytes = Secret::<[u8; DELETION_RECEIPT_LEN]>::zeroed();
    match storage.read(DELETION_RECEIPT.0, bytes.expose_mut()).await {
        Ok(None) => Ok(1),
        Ok(Some(len)) => {
            Ok(DeletionReceipt::trusted(bytes.expose().get(..len).unwrap_or_default())
                .map_or(0, |last| last.number.saturating_add(1)))
        }
        // A damaged receipt must not keep anybody from deleting.
        Err(StorageError::Damaged) => Ok(0),
        Err(error) => Err(error.into()),
    }
}
