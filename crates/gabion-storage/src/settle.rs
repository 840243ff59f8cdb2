//! Makes what stands at the end of the head certain: a torn word must not decide differently tomorrow.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::{EventKind, EventSink, MonotonicCounter, Severity};

use crate::append::COPY_RESERVE;
use crate::format::{Item, Record};
use crate::index::Location;
use crate::open::event;
use crate::store::Failure;
use crate::{StorageError, Store};

/// What stands behind the last entry that counts.
pub(crate) struct Tail {
    /// Where the next body may start, and whether anything is in the way before it.
    offset: u32,
    slot: u32,
    is_clean: bool,
    has_room: bool,
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Looks at what stands behind the last entry of the head.
    pub(crate) async fn tail(&mut self) -> Result<Tail, Failure<F>> {
        let (shape, at, base) = (Self::SHAPE, self.head.walk.at, self.head.walk.base);
        // From the top: slots that are not blank, until four in a row are.
        let (mut slot, mut used, mut blanks) = (at.slot, at.slot, 0_u32);
        while let Some(from) = shape.slot_at(slot).filter(|from| *from >= at.offset) {
            slot = slot.saturating_add(1);
            if self.is_blank(base.saturating_add(from), shape.stride()).await? {
                blanks = blanks.saturating_add(1);
                if blanks >= 4 {
                    break;
                }
            } else {
                used = slot;
                blanks = 0;
            }
        }
        // From there down: the last word that is not blank.
        let low = used.checked_sub(1).and_then(|last| shape.slot_at(last)).unwrap_or(shape.page);
        let (mut word, mut dirty) = (at.offset, None);
        while word < low {
            if !self.is_blank(base.saturating_add(word), shape.word).await? {
                dirty = Some(word);
            }
            word = word.saturating_add(shape.word);
        }
        // A word that was cut, or written as 0xff, reads as blank: some are left out, and the first slot is looked at often.
        let end = dirty.map_or(at.offset, |word| word.saturating_add(shape.word));
        let offset = end.saturating_add(shape.word.max(4));
        while let Some(from) = shape.slot_at(used) {
            if self.is_surely_blank(base.saturating_add(from), shape.stride()).await? {
                break;
            }
            used = used.saturating_add(1);
        }
        let starts_blank = self.is_surely_blank(base.saturating_add(at.offset), shape.word).await?;
        let is_clean = dirty.is_none() && used == at.slot && starts_blank;
        let last = shape.slot_at(used.saturating_add(1));
        let has_room = last.is_some_and(|last| offset <= last);
        Ok(Tail { offset, slot: used, is_clean, has_room })
    }

    /// Finds a whole record behind the last entry that counts.
    pub(crate) async fn find_orphan(&mut self) -> Result<Option<Record>, Failure<F>> {
        let walk = self.head.walk;
        let offset = walk.at.offset;
        // What a copy was made of is still there.
        let Some(record) = self.orphan(&walk, offset).await?.filter(|record| !record.copy) else {
            self.wipe();
            return Ok(None);
        };
        // Its last word may be torn: what does not read the same again and again does not count. The value stays in the
        // buffer until it is written afresh.
        let at = walk.base.saturating_add(offset);
        let record = self.is_steady(at, Self::SHAPE.body(record.len)).await?.then_some(record);
        if record.is_none() {
            self.wipe();
        }
        Ok(record)
    }

    /// Makes what was found at the end of the head certain: it must read the same tomorrow.
    pub(crate) async fn settle<S: EventSink>(
        &mut self,
        tail: &Tail,
        orphan: Option<Record>,
        kept: Option<Location>,
        is_open: bool,
        events: &mut S,
    ) -> Result<(), Failure<F>> {
        self.head.slot = tail.slot;
        let last = self.head.walk.last.map(|last| last.item);
        if tail.is_clean && kept.is_none() && matches!(last, Some(Item::Settled(_))) {
            return Ok(());
        }
        if !tail.is_clean {
            events.event(event(EventKind::StoreRecovered, Severity::Info, 0));
        }
        if !tail.has_room {
            // The end alone of a commit does not count: half of it would.
            self.settle_on_next_page(orphan.filter(|_| !is_open)).await?;
        } else {
            self.restate().await?;
            if orphan.is_some() {
                self.put_entry(Item::Keep(self.word(tail.offset)?), false).await?;
                self.commits = self.commits.saturating_add(1);
            } else {
                let offset = self.head.walk.at.offset.max(tail.offset);
                self.put_entry(Item::Settled(self.word(offset)?), false).await?;
            }
            match orphan {
                Some(record) => self.keep(record, false).await?,
                None if kept.is_none() => return Ok(()),
                None => {}
            }
        }
        if let Some(at) = kept {
            // The body may be torn: it is written afresh.
            self.copy_record(at).await?;
        }
        if !self.has_room(0, 1, 0) {
            return self.roll().await;
        }
        let word = self.word(self.head.walk.at.offset)?;
        self.put_entry(Item::Settled(word), false).await
    }

    /// Settles a page that has no room for more entries: the header of the next one says what counts.
    async fn settle_on_next_page(&mut self, orphan: Option<Record>) -> Result<(), Failure<F>> {
        let walk = self.head.walk;
        if walk.last.is_some_and(|last| matches!(last.item, Item::Drop(_))) {
            // A torn word may have said so. If it was whole, the erase after it began, and was repeated if it was cut.
            let dropped = self.oldest.saturating_sub(1);
            if !self.page_is_blank(dropped, 0).await? {
                self.oldest = dropped;
            }
        }
        let next = walk.name.seq.saturating_add(1);
        if !self.page_is_blank(next, 0).await? {
            self.erase_page(next).await?;
        }
        self.roll().await?;
        match orphan {
            Some(record) => self.keep(record, true).await,
            None => {
                self.wipe();
                Ok(())
            }
        }
    }

    fn word(&self, offset: u32) -> Result<u16, Failure<F>> {
        let word = offset.checked_div(Self::SHAPE.word).unwrap_or_default();
        u16::try_from(word).map_err(|_| StorageError::Poisoned)
    }

    /// Writes the record that stands in the buffer and has no entry of its own afresh.
    async fn keep(&mut self, record: Record, counts: bool) -> Result<(), Failure<F>> {
        if !self.has_room(Self::SHAPE.body(record.len), 1, COPY_RESERVE) {
            self.roll().await?;
        }
        let copy = Record { copy: !counts, more: false, ..record };
        let at = self.write_record(copy).await?;
        self.wipe();
        self.commits = self.commits.saturating_add(u32::from(counts));
        let _known = self.index.set(Self::SHAPE, at);
        Ok(())
    }
}
