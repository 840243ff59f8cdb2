//! Requests to services to delete what they have (EN 303 645 5.11-2), kept until they are acknowledged.

use gabion_auth::{Authorized, Owner};
use gabion_codec::CodecError;
use gabion_codec::cbor::{Budget, Encoder};
use gabion_hal::{Clock, WallTime};
use gabion_link::{Channel, Secured};
use gabion_storage::{Change, Storage, StorageError};

use crate::format::{ACKS, QUEUE, emit_acks, parse_acks};
use crate::parameters::{ACKNOWLEDGEMENTS, REQUESTS};
use crate::privacy::Failure;
use crate::{Inventory, Ports, Privacy, PrivacyError, Purpose, Refusal, Subject};

/// One place per recipient and subject: requests are merged, so the queue can never be full.
pub(crate) const SLOTS: usize = 4 * Subject::ALL.len();
/// How many acknowledgements are remembered.
pub(crate) const ACKNOWLEDGED: usize = 4;
/// Every purpose.
const EVERYTHING: u16 = 0xffff;

/// A request to a service: delete what you have of one subject, for these purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteRequest {
    /// Number of the request, never used twice.
    pub id: u32,
    /// Number of the recipient.
    pub recipient: u8,
    /// Of whom. A number of an account: the service knows it together with the device that asks.
    pub subject: Subject,
    pub(crate) purposes: u16,
}

impl RemoteRequest {
    /// Whether it asks for everything of the subject.
    #[must_use]
    pub const fn is_for_everything(&self) -> bool {
        self.purposes == EVERYTHING
    }

    /// Whether it asks for what belongs to a purpose.
    #[must_use]
    pub const fn concerns(&self, purpose: &Purpose) -> bool {
        self.purposes & purpose.bit() != 0
    }

    /// Writes the request as deterministic CBOR, `docs/spec/privacy.md` §6, for the channel of its recipient.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`](gabion_codec::CodecErrorKind::NoRoom) below 32 bytes.
    pub fn emit<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], CodecError> {
        let mut encoder = Encoder::new(out);
        encoder.map(4)?;
        encoder.unsigned(1)?;
        encoder.unsigned(1)?;
        encoder.unsigned(2)?;
        encoder.unsigned(self.id.into())?;
        encoder.unsigned(3)?;
        encoder.unsigned(self.subject as u64)?;
        encoder.unsigned(4)?;
        if self.is_for_everything() {
            encoder.null()?;
        } else {
            encoder.array(self.purposes.count_ones().into())?;
            (0..16_u16)
                .filter(|bit| self.purposes & 1_u16.checked_shl((*bit).into()).unwrap_or(0) != 0)
                .try_for_each(|bit| encoder.unsigned(bit.into()))?;
        }
        encoder.finish(Budget::SMALL)
    }
}

/// What a service said when it had deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// The request.
    pub id: u32,
    /// Number of the recipient.
    pub recipient: u8,
    /// Of whom.
    pub subject: Subject,
    /// When the device heard of it, if it knew.
    pub when: Option<WallTime>,
    /// SHA-256 of the service's own receipt, or what else it gave.
    pub receipt: [u8; 32],
}

/// The open requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    pub(crate) slots: [Option<RemoteRequest>; SLOTS],
    /// Number of the newest request.
    pub(crate) last: u32,
}

impl Queue {
    pub(crate) fn slot(
        &mut self,
        recipient: u8,
        subject: Subject,
    ) -> Option<&mut Option<RemoteRequest>> {
        let at = usize::from(recipient)
            .saturating_mul(Subject::ALL.len())
            .saturating_add(subject.index());
        self.slots.get_mut(at)
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &RemoteRequest> {
        self.slots.iter().flatten()
    }

    /// Asks every recipient that has something of the subject for the purpose, or of the subject at all, and takes requests.
    /// What was asked before and is open becomes part of the new request. Returns how many were asked.
    pub(crate) fn ask(
        &mut self,
        inventory: &Inventory,
        subject: Subject,
        purpose: Option<&Purpose>,
    ) -> usize {
        let mut asked = 0_usize;
        for recipient in inventory.recipients().filter(|recipient| recipient.deletes) {
            let has = inventory.items().iter().any(|item| {
                item.goes_to(recipient)
                    && item.parameter(subject).is_some()
                    && purpose.is_none_or(|purpose| *item.purpose == *purpose)
            });
            if !has {
                continue;
            }
            let id = self.last.saturating_add(1);
            self.last = id;
            let purposes = purpose.map_or(EVERYTHING, Purpose::bit);
            if let Some(slot) = self.slot(recipient.number, subject) {
                let before = slot.map_or(0, |request| request.purposes);
                let purposes = purposes | before;
                *slot = Some(RemoteRequest { id, recipient: recipient.number, subject, purposes });
            }
            asked = asked.saturating_add(1);
        }
        asked
    }
}

pub(crate) async fn read_queue<S: Storage>(storage: &mut S) -> Result<Queue, Failure<S>> {
    let mut bytes = [0; QUEUE];
    match storage.read(REQUESTS.0, &mut bytes).await {
        Ok(None) => Ok(Queue::default()),
        Ok(Some(len)) => {
            let bytes = bytes.get(..len).unwrap_or_default();
            Queue::parse(bytes).ok_or(PrivacyError::Unreadable)
        }
        // A damaged queue must not keep anybody from asking again; its numbers are not used twice.
        Err(StorageError::Damaged) => Ok(Queue { last: 1 << 31, ..Queue::default() }),
        Err(error) => Err(error.into()),
    }
}

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Returns the oldest open request to a recipient, for sending it over that recipient's channel. It stays open, over
    /// reboots and a factory reset, until it is acknowledged.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`]; [`PrivacyError::Unreadable`].
    pub async fn open_request<S: Storage, P, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        recipient: &crate::Recipient,
    ) -> Result<Option<RemoteRequest>, Failure<S>> {
        let queue = read_queue(ports.storage).await?;
        let mine = queue.open().filter(|request| request.recipient == recipient.number);
        Ok(mine.min_by_key(|request| request.id).copied())
    }

    /// Takes a service's word that it has deleted. It must come over that recipient's channel.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongChannel`]; [`PrivacyError::NoRequest`] when it is not open, or was replaced by one that asks for more;
    /// [`PrivacyError::Storage`].
    ///
    /// # Power loss
    ///
    /// Written down or not; if not, the request is still open, and services take the same request twice.
    pub async fn acknowledge<S, P, C, V, L>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        via: &Secured<L>,
        id: u32,
        receipt: [u8; 32],
    ) -> Result<(), Failure<S>>
    where
        S: Storage,
        C: Clock,
        L: Channel,
    {
        let mut queue = read_queue(ports.storage).await?;
        let open = queue.open().find(|request| request.id == id).copied();
        let request = open.ok_or(PrivacyError::NoRequest)?;
        let mut recipients = self.inventory.recipients();
        let recipient = recipients.find(|one| one.number == request.recipient);
        if recipient.is_none_or(|recipient| recipient.channel != via.policy()) {
            return Err(Refusal::WrongChannel.into());
        }
        if let Some(slot) = queue.slot(request.recipient, request.subject) {
            *slot = None;
        }
        let mut acks = self.acknowledged(ports).await?;
        acks.rotate_right(1);
        if let Some(first) = acks.first_mut() {
            *first = Some(Acknowledged {
                id,
                recipient: request.recipient,
                subject: request.subject,
                when: ports.clock.wall(),
                receipt,
            });
        }
        let (mut bytes, acks) = ([0; QUEUE], emit_acks(&acks));
        let changes =
            [Change::put(&REQUESTS, queue.emit(&mut bytes)), Change::put(&ACKNOWLEDGEMENTS, &acks)];
        ports.storage.commit(&changes).await?;
        Ok(())
    }

    /// Returns what services said last, newest first.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`].
    pub async fn acknowledged<S: Storage, P, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
    ) -> Result<[Option<Acknowledged>; 4], Failure<S>> {
        let mut bytes = [0; ACKS];
        match ports.storage.read(ACKNOWLEDGEMENTS.0, &mut bytes).await {
            Ok(Some(len)) => {
                Ok(bytes.get(..len).and_then(parse_acks).unwrap_or([None; ACKNOWLEDGED]))
            }
            Ok(None) | Err(StorageError::Damaged) => Ok([None; ACKNOWLEDGED]),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks every service to delete what it has of everyone. Call it before a factory reset, which deletes the rest: the
    /// requests survive it and go out when the device is next connected.
    ///
    /// # Errors
    ///
    /// [`PrivacyError::Storage`].
    pub async fn ask_all_services<S: Storage, P, C, V>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<Owner>,
    ) -> Result<(), Failure<S>> {
        let _ = by;
        let mut queue = read_queue(ports.storage).await?;
        let mut asked = 0_usize;
        for subject in self.inventory.subjects() {
            asked = asked.saturating_add(queue.ask(&self.inventory, subject, None));
        }
        if asked > 0 {
            let mut bytes = [0; QUEUE];
            ports.storage.put(&REQUESTS, queue.emit(&mut bytes)).await?;
        }
        Ok(())
    }
}
