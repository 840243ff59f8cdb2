//! Destroys what was removed: zeros where the flash can, else the pages that hold it are collected.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;
use gabion_profile::Protection;

use crate::format::{Item, Kind, MAX_WORD, Record};
use crate::index::{Index, Location, Place};
use crate::store::Failure;
use crate::{Change, StorageError, Store};

/// How often remains must read as gone.
const LOOKS: usize = 24;

/// Bytes on flash that nobody may read again.
#[derive(Clone, Copy)]
struct Remains {
    page: u32,
    from: u32,
    to: u32,
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Whether a commit leaves something behind that must be destroyed.
    pub(crate) fn is_to_scrub(&self, changes: &[Change<'_>]) -> bool {
        self.config.scrub || changes.iter().any(|change| change.value().is_none())
    }

    /// Destroys what a commit removed or, in scrub mode, replaced.
    pub(crate) async fn scrub_commit(&mut self, changes: &[Change<'_>]) -> Result<(), Failure<F>> {
        let scrub = self.config.scrub;
        let is_hit = |at: &Location| {
            let changed = changes.iter().any(|c| c.parameter().id.raw() == at.record.id);
            changed && (scrub || at.record.kind == Kind::Removed)
        };
        self.scrub_hits(is_hit, F::CAN_ZERO).await
    }

    /// Destroys the public values of classes that were erased before a place: no key was ever needed to read those.
    ///
    /// `classes` has bit *c* for class *c*. What was put again since then stays.
    pub(crate) async fn scrub_erased(
        &mut self,
        classes: u16,
        before: Place,
        can_zero: bool,
    ) -> Result<(), Failure<F>> {
        let is_erased = |class: u8| classes & 1_u16.checked_shl(class.into()).unwrap_or(0) != 0;
        let mut known = self.config.registry.iter().flat_map(|list| list.iter());
        if !known.any(|p| p.protection == Protection::Public && is_erased(p.class.number())) {
            return Ok(());
        }
        let is_dead = |index: &Index<KEYS>, record: Record, place: Place| {
            let current = index.get(record.id).is_some_and(|at| (at.page, at.offset) == place);
            record.kind == Kind::Public && is_erased(record.class()) && !current
        };
        self.scrub(before, is_dead, can_zero).await
    }

    /// Finishes what a cut left undone. Words that a cut left half zeroed may not be written again, so their pages go.
    pub(crate) async fn scrub_rest(&mut self) -> Result<(), Failure<F>> {
        let scrub = self.config.scrub;
        if !scrub && self.index.iter().all(|at| at.record.kind != Kind::Removed) {
            return Ok(());
        }
        self.scrub_hits(|at| scrub || at.record.kind == Kind::Removed, false).await
    }

    /// Destroys every record that is older than the newest one of a key that `is_hit`, and every body without an entry that
    /// is older than such a key's newest record, since it may be of that key.
    async fn scrub_hits(
        &mut self,
        is_hit: impl Fn(&Location) -> bool,
        can_zero: bool,
    ) -> Result<(), Failure<F>> {
        let newest = self.index.iter().filter(|at| is_hit(at)).map(|at| (at.page, at.offset)).max();
        let Some(newest) = newest else { return Ok(()) };
        let is_dead = |index: &Index<KEYS>, record: Record, place: Place| {
            let newer = index.get(record.id).filter(|at| is_hit(at));
            newer.is_some_and(|at| (at.page, at.offset) > place)
        };
        self.scrub(newest, is_dead, can_zero).await
    }

    /// Destroys every record before a place that is dead, and every body without an entry.
    async fn scrub(
        &mut self,
        newest: Place,
        is_dead: impl Fn(&Index<KEYS>, Record, Place) -> bool,
        can_zero: bool,
    ) -> Result<(), Failure<F>> {
        let mut through = None;
        for seq in self.oldest..=newest.0 {
            let mut walk = self.walk(seq).await?;
            loop {
                let step = walk.step(&mut self.flash, Self::SHAPE, &self.chain).await;
                let Some(step) = step.map_err(StorageError::Flash)? else { break };
                let remains = match step.item {
                    Item::Record(record) => {
                        let from = step.before.offset;
                        let to = from.saturating_add(Self::SHAPE.body(record.len));
                        let is_dead =
                            (seq, from) < newest && is_dead(&self.index, record, (seq, from));
                        is_dead.then_some(Remains { page: seq, from, to })
                    }
                    item @ (Item::Settled(_) | Item::Keep(_)) => {
                        // What was cut, or a body without an entry, lies between.
                        let from = step.before.offset;
                        let to = Self::SHAPE.after(item, from);
                        let gap = Remains { page: seq, from, to };
                        (to > from && (seq, from) < newest).then_some(gap)
                    }
                    _ => None,
                };
                let Some(remains) = remains else { continue };
                if can_zero {
                    self.zero(remains).await?;
                } else if !self.is_gone(remains).await? {
                    through = Some(seq);
                }
            }
        }
        match through {
            Some(seq) => self.collect_through(seq).await,
            None => Ok(()),
        }
    }

    async fn zero(&mut self, remains: Remains) -> Result<(), Failure<F>> {
        let at = self.page_at(remains.page).saturating_add(remains.from);
        let len = remains.to.saturating_sub(remains.from);
        self.flash.zero(at, len).await.map_err(StorageError::Flash)
    }

    /// Whether every byte is zero, or every byte is blank: again and again, because a word that was cut may read as zero once.
    async fn is_gone(&mut self, remains: Remains) -> Result<bool, Failure<F>> {
        for _ in 0..LOOKS {
            if !self.looks_gone(remains).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn looks_gone(&mut self, remains: Remains) -> Result<bool, Failure<F>> {
        let base = self.page_at(remains.page);
        let (mut zero, mut blank) = (true, true);
        for at in (remains.from..remains.to).step_by(Self::SHAPE.word.max(1) as usize) {
            let mut word = [0; MAX_WORD];
            let word = word.get_mut(..Self::SHAPE.word as usize).unwrap_or_default();
            let from = base.saturating_add(at);
            self.flash.read(from, word).await.map_err(StorageError::Flash)?;
            zero &= word.iter().all(|byte| *byte == 0);
            blank &= word.iter().all(|byte| *byte == 0xff);
        }
        Ok(zero || blank)
    }

    /// Collects the oldest pages up to and with this one.
    pub(crate) async fn collect_through(&mut self, seq: u32) -> Result<(), Failure<F>> {
        while self.oldest <= seq {
            if self.oldest == self.head.walk.name.seq {
                self.roll().await?;
            }
            self.collect_page().await?;
        }
        Ok(())
    }
}
