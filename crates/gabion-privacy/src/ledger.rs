//! The record of answers: nothing in it is ever changed.

use gabion_crypto::Sha256;
use gabion_hal::WallTime;

use crate::{Answer, Purpose, Standing};

/// Answers that a ledger holds. More than two per purpose, so that one that was superseded can always go.
pub(crate) const ENTRIES: usize = 20;

/// One answer of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Number of the purpose.
    pub purpose: u8,
    /// The version of the question that was answered.
    pub version: u16,
    /// The answer.
    pub answer: Answer,
    /// When, if the device knew.
    pub when: Option<WallTime>,
}

/// The answers of one subject, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// Hash over the answers that were folded.
    pub(crate) base: [u8; 32],
    /// How many were folded.
    pub(crate) folded: u32,
    /// Whether a ledger before this one was damaged.
    pub(crate) lost: bool,
    pub(crate) decisions: [Option<Decision>; ENTRIES],
}

impl Ledger {
    /// Returns the answers, oldest first.
    pub(crate) fn decisions(&self) -> DecisionList {
        let mut list = DecisionList { all: [NOTHING; ENTRIES], len: 0 };
        list.all.iter_mut().zip(self.decisions.iter().flatten()).for_each(|(to, from)| {
            *to = *from;
            list.len = list.len.saturating_add(1);
        });
        list
    }

    /// Appends an answer. A full ledger first folds its oldest superseded answer into the hash.
    pub(crate) fn push(&mut self, hash: &impl Sha256, decision: Decision) {
        if self.decisions.iter().all(Option::is_some) {
            self.fold(hash);
        }
        if let Some(slot) = self.decisions.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(decision);
        }
    }

    pub(crate) fn push_parsed(&mut self, decision: Decision) -> Option<()> {
        *self.decisions.iter_mut().find(|slot| slot.is_none())? = Some(decision);
        Some(())
    }

    /// Folds the oldest answers up to and with the first superseded one. What must not be lost of these, because it is the
    /// newest of its purpose, is said again at the end: the hash runs over all that was ever said, in order.
    fn fold(&mut self, hash: &impl Sha256) {
        for _ in 0..ENTRIES {
            let Some(oldest) = self.decisions.first().copied().flatten() else { return };
            let superseded = self
                .decisions
                .iter()
                .skip(1)
                .flatten()
                .any(|later| later.purpose == oldest.purpose);
            self.base = hash.sha256(&[&self.base, &oldest.emit()]);
            self.folded = self.folded.saturating_add(1);
            self.decisions.rotate_left(1);
            if let Some(last) = self.decisions.last_mut() {
                *last = (!superseded).then_some(oldest);
            }
            if superseded {
                return;
            }
        }
    }

    /// Returns the hash over everything that was ever said.
    pub(crate) fn head(&self, hash: &impl Sha256) -> [u8; 32] {
        let said = self.decisions.iter().flatten();
        said.fold(self.base, |head, decision| hash.sha256(&[&head, &decision.emit()]))
    }

    /// Returns how a subject stands to a purpose.
    pub(crate) fn standing(&self, purpose: &Purpose) -> Standing {
        let mut answers = self.decisions.iter().flatten().rev();
        match answers.find(|decision| decision.purpose == purpose.number) {
            None => Standing::NotAsked,
            Some(Decision { answer: Answer::No, .. }) => Standing::Withdrawn,
            Some(decision) if decision.version == purpose.version => Standing::Given,
            Some(_) => Standing::OtherVersion,
        }
    }
}

const NOTHING: Decision = Decision { purpose: 0, version: 0, answer: Answer::No, when: None };

/// Answers in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionList {
    all: [Decision; ENTRIES],
    len: usize,
}

impl core::ops::Deref for DecisionList {
    type Target = [Decision];

    fn deref(&self) -> &[Decision] {
        self.all.get(..self.len).unwrap_or_default()
    }
}

/// The record of one subject's answers, for showing it to them (EN 303 645 6-3B).
#[derive(Debug, Clone, Copy)]
pub struct LedgerView {
    pub(crate) list: DecisionList,
    /// How many older answers, all superseded or said again, were folded into the hash.
    pub folded: u32,
    /// Whether an earlier record was damaged and begun anew.
    pub lost: bool,
    /// SHA-256 chain over all answers that were ever given, `docs/spec/privacy.md` §2: whoever kept an earlier one can see
    /// that nothing was changed since.
    pub head: [u8; 32],
}

impl LedgerView {
    /// Returns the answers, oldest first.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.list
    }
}
