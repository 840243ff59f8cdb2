//! Answers: asked, given, withdrawn.

use gabion_auth::{Authorized, HumanRole};
use gabion_crypto::{Secret, Sha256};
use gabion_hal::Clock;
use gabion_storage::{Change, Storage};

use crate::format::{LEDGER, QUEUE};
use crate::ledger::{Decision, Ledger};
use crate::parameters::{self, REQUESTS};
use crate::privacy::{Failure, Read, decides, read_ledger};
use crate::remote::read_queue;
use crate::{LedgerView, Ports, Privacy, PrivacyError, Purpose, Refusal, Subject};

/// What a person says to a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Answer {
    /// Yes, to this version of the question.
    Yes = 1,
    /// No; whether asked for the first time or after a yes, which is then withdrawn.
    No = 2,
}

/// How a subject stands to a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// The purpose does not rest on consent.
    NotNeeded,
    /// Was never asked: nothing is stored.
    NotAsked,
    /// Said yes to the question as it stands now.
    Given,
    /// Said yes to an older question: what is stored is kept, but neither read nor added to, until they answer anew.
    OtherVersion,
    /// Said no: nothing is stored, and what was is deleted.
    Withdrawn,
    /// The record cannot be read: as never asked.
    Unknown,
}

impl<const BUFFER: usize> Privacy<BUFFER> {
    /// Returns how a subject stands to a purpose.
    #[must_use]
    pub fn standing(&self, subject: Subject, purpose: &Purpose) -> Standing {
        if !purpose.asks() {
            return Standing::NotNeeded;
        }
        let row = self.standings.get(subject.index());
        let standing = row.and_then(|row| row.get(usize::from(purpose.number)));
        standing.copied().unwrap_or(Standing::Unknown)
    }

    /// Writes down what a person answers.
    ///
    /// A no takes effect before this function first waits: no [`Permit`](crate::Permit) is given out any more, whatever
    /// becomes of the rest. It stands in the record together with the requests to the services that have the data; then the
    /// data on the device is deleted.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotAsking`], [`Refusal::NotInInventory`]; [`Refusal::Unknown`] for a yes over the
    /// record of a newer firmware; [`PrivacyError::Storage`].
    ///
    /// # Power loss
    ///
    /// The answer is there or it is not. A deletion that was cut is finished by [`Privacy::open`] at the next boot.
    pub async fn answer<S, P, C, V, R>(
        &mut self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: Authorized<R>,
        subject: Subject,
        purpose: &'static Purpose,
        answer: Answer,
    ) -> Result<(), Failure<S>>
    where
        S: Storage,
        P: Sha256,
        C: Clock,
        R: HumanRole,
    {
        decides(&by, subject)?;
        if !purpose.asks() {
            return Err(Refusal::NotAsking.into());
        }
        let concerns = |item: &'static crate::Item| {
            *item.purpose == *purpose && item.parameter(subject).is_some()
        };
        if !self.inventory.knows(purpose) || !self.inventory.items().iter().any(concerns) {
            return Err(Refusal::NotInInventory.into());
        }
        if answer == Answer::No {
            self.set(subject, purpose, Standing::Withdrawn);
        }
        let mut ledger = match (read_ledger(ports.storage, subject).await?, answer) {
            (Read::Whole(ledger), _) => ledger,
            (Read::Unknown, Answer::Yes) => return Err(Refusal::Unknown.into()),
            // Nobody is kept from saying no.
            (Read::Damaged | Read::Unknown, _) => Ledger { lost: true, ..Ledger::default() },
        };
        let when = ports.clock.wall();
        let decision = Decision { purpose: purpose.number, version: purpose.version, answer, when };
        ledger.push(ports.provider, decision);
        let mut bytes = Secret::<[u8; LEDGER]>::zeroed();
        let said = Change::put(&parameters::ledger(subject), ledger.emit(bytes.expose_mut()));
        if answer == Answer::Yes {
            ports.storage.commit(&[said]).await?;
        } else {
            let mut queue = read_queue(ports.storage).await?;
            let asked = queue.ask(&self.inventory, subject, Some(purpose));
            let mut bytes = [0; QUEUE];
            let requests = Change::put(&REQUESTS, queue.emit(&mut bytes));
            let changes = [said, requests];
            let used = if asked > 0 { 2 } else { 1 };
            ports.storage.commit(changes.get(..used).unwrap_or(&changes)).await?;
        }
        // A ledger that was begun anew says nothing of the other purposes.
        self.read_standings(ports.storage, subject).await?;
        self.enforce(ports.storage, subject).await
    }

    /// Returns the record of a subject's answers, for showing it to them.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`]; [`Refusal::Unknown`] when it cannot be read; [`PrivacyError::Storage`].
    pub async fn record<S: Storage, P: Sha256, C, V, R: HumanRole>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        by: &Authorized<R>,
        subject: Subject,
    ) -> Result<LedgerView, Failure<S>> {
        decides(by, subject)?;
        self.view(ports, subject).await
    }

    pub(crate) async fn view<S: Storage, P: Sha256, C, V>(
        &self,
        ports: &mut Ports<'_, S, P, C, V>,
        subject: Subject,
    ) -> Result<LedgerView, Failure<S>> {
        if !self.inventory.subjects().any(|one| one == subject) {
            return Err(PrivacyError::Refused(Refusal::NotInInventory));
        }
        let Read::Whole(ledger) = read_ledger(ports.storage, subject).await? else {
            return Err(Refusal::Unknown.into());
        };
        Ok(LedgerView {
            list: ledger.decisions(),
            folded: ledger.folded,
            lost: ledger.lost,
            head: ledger.head(ports.provider),
        })
    }

    fn set(&mut self, subject: Subject, purpose: &Purpose, standing: Standing) {
        let row = self.standings.get_mut(subject.index());
        if let Some(place) = row.and_then(|row| row.get_mut(usize::from(purpose.number))) {
            *place = standing;
        }
    }
}
