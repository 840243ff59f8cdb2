//! Makes room: the oldest page is copied away and erased, a piece at a time.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;

use crate::append::{COPY_RESERVE, RESERVE};
use crate::format::{Item, Kind, Record};
use crate::index::Location;
use crate::store::Failure;
use crate::{StorageError, Store};

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Makes room in the head for a commit. One page stays blank for the collector, always.
    pub(crate) async fn make_room(&mut self, bodies: u32, entries: u32) -> Result<(), Failure<F>> {
        // Once round the ring meets every page that has something to give.
        for _ in 0..self.pages.saturating_mul(2) {
            if self.has_room(bodies, entries, RESERVE) {
                return Ok(());
            }
            if self.blank_pages() >= 2 {
                self.roll().await?;
            } else if self.oldest < self.head.walk.name.seq {
                self.collect_page().await?;
            } else {
                break;
            }
        }
        Err(StorageError::Full)
    }

    /// Copies what lives on the oldest page to the head and erases it.
    pub(crate) async fn collect_page(&mut self) -> Result<(), Failure<F>> {
        while self.collect_record().await?.is_some() {}
        self.drop_oldest().await
    }

    /// Copies one record of the oldest page to the head; returns its size, or `None` when nothing lives there.
    pub(crate) async fn collect_record(&mut self) -> Result<Option<u32>, Failure<F>> {
        let oldest = self.oldest;
        // A removal needs no copy: what it hides is on this page or gone.
        self.index.retain(Self::SHAPE, |at| at.page != oldest || at.record.kind != Kind::Removed);
        let Some(at) = self.index.iter().find(|at| at.page == oldest) else { return Ok(None) };
        self.copy_record(at).await.map(Some)
    }

    /// Writes a record of the index once more, at the head; returns its size.
    pub(crate) async fn copy_record(&mut self, at: Location) -> Result<u32, Failure<F>> {
        let mut record = Record { more: false, copy: true, ..at.record };
        if !self.fetch(at).await? {
            // Said for certain, so that nobody takes the page's end for the end of the damage.
            record = Record { len: 0, kind: Kind::Damaged, ..record };
        }
        if !self.has_room(Self::SHAPE.body(record.len), 1, COPY_RESERVE) {
            self.roll().await?;
        }
        let new = self.write_record(record).await?;
        self.wipe();
        let _known = self.index.set(Self::SHAPE, new);
        self.wear.copies = self.wear.copies.saturating_add(1);
        Ok(Self::SHAPE.record(record.len))
    }

    /// Says that the oldest page holds nothing any more, then erases it.
    pub(crate) async fn drop_oldest(&mut self) -> Result<(), Failure<F>> {
        if !self.has_room(0, 1, 0) {
            self.roll().await?;
        }
        let next = self.oldest.saturating_add(1);
        let distance = self.head.walk.name.seq.saturating_sub(next);
        let distance = u16::try_from(distance).map_err(|_| StorageError::Poisoned)?;
        self.write_entry(Item::Drop(distance)).await?;
        let dead = self.oldest;
        self.oldest = next;
        self.erase_page(dead).await
    }

    /// Whether the collector has something to do: with half of the pages blank there is time.
    pub(crate) fn is_time_to_collect(&self) -> bool {
        let early = self.pages.checked_div(2).unwrap_or_default();
        self.blank_pages() < early.max(1) && self.oldest < self.head.walk.name.seq
    }

    /// Pays some of what the collector owes, so that no single commit pays for all.
    pub(crate) async fn pace(&mut self, written: u32) -> Result<(), Failure<F>> {
        let live = u64::from(self.index.live());
        let share = u64::from(written).saturating_mul(live);
        let share = share.checked_div(u64::from(self.slack.max(1))).unwrap_or_default();
        self.debt = self.debt.saturating_add(u32::try_from(share).unwrap_or(u32::MAX));
        while self.is_time_to_collect() {
            if self.index.iter().all(|at| at.page != self.oldest || at.record.kind == Kind::Removed)
            {
                self.collect_page().await?;
                // One erase is enough for one commit.
                return Ok(());
            }
            if self.blank_pages() == 0 {
                // The last blank page was begun for copies: the user may not meet that.
                return self.collect_page().await;
            }
            if self.debt == 0 {
                return Ok(());
            }
            let paid = self.collect_record().await?.unwrap_or_default();
            self.debt = self.debt.saturating_sub(paid);
        }
        self.debt = 0;
        Ok(())
    }
}
