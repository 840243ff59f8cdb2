//! What `open` does: finds what counts, settles it, finishes what was cut.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::{EventKind, EventSink, MonotonicCounter, Severity};

use crate::append::{Head, RESERVE};
use crate::chain::PageName;
use crate::format::{Item, Kind, MAX_WORD, PageHeader, Record};
use crate::index::{Location, Place};
use crate::open::event;
use crate::store::Failure;
use crate::walk::{End, Point, Walk};
use crate::{OpenError, StorageError, Store};

/// What the scan found out beside the index.
#[derive(Default)]
struct Scan {
    /// Everything older than this may have been superseded by something that is gone.
    hole: Option<Place>,
    /// A class that was erased in the log but not yet in the vault.
    erased: Option<(u8, u16)>,
    /// Classes that the live log erases, one bit each, and the last place where it does.
    dead: (u16, Place),
    /// The vault is older than the log.
    vault_is_old: bool,
    repaired: u32,
    /// A body without an entry that a `Keep` made count.
    kept: Option<Location>,
    /// The newest page ends within a commit.
    is_open: bool,
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    pub(crate) async fn recover<S: EventSink>(
        &mut self,
        events: &mut S,
    ) -> Result<(), OpenError<F::Error>> {
        let mut given_up = 0_u32;
        let (scan, header) = loop {
            // Each time one page fewer is there; pages that come back are worn out.
            if given_up > self.pages {
                return Err(OpenError::Damaged);
            }
            given_up = given_up.saturating_add(1);
            let header = self.find_head().await?;
            self.load_head(&header).await?;
            if self.head.walk.last.is_none() && self.rest_is_blank(header.seq).await? {
                // A header that nothing follows may be torn: the page is begun again.
                self.give_up_head(&header).await?;
                continue;
            }
            let window = header.seq.saturating_sub(self.oldest).saturating_add(1);
            if window >= self.pages {
                // The collector was cut on the last blank page: what is there are copies.
                self.give_up_head(&header).await?;
                continue;
            }
            break (self.scan(header.seq).await?, header);
        };
        let mut scan = scan;
        let is_foreign = self.behind_head_is_foreign(header.seq).await?;
        self.commits = header.commits.saturating_add(self.head.walk.commits);
        if scan.vault_is_old || header.vault > self.keys.vault.seq {
            events.event(event(EventKind::ReplayDetected, Severity::Critical, 1));
            return Err(OpenError::Replayed);
        }
        let tail = self.tail().await?;
        let orphan = self.find_orphan().await?;
        let total = self.commits.saturating_add(u32::from(orphan.is_some()));
        let is_replay = self.check_freshness(total, events)?;
        let kept = scan.kept.filter(|at| self.index.get(at.record.id) == Some(*at));
        let is_grown = orphan.is_some();
        self.settle(&tail, orphan, kept, scan.is_open, events).await?;
        if is_grown {
            // It may have ended a commit of many.
            scan = self.scan(self.head.walk.name.seq).await?;
        }
        if is_foreign {
            scan.hole = Some((u32::MAX, 0));
        }
        self.mark_damage(&scan, events).await?;
        self.erase_dead_pages().await?;
        while self.blank_pages() < 1 {
            self.collect_page().await?;
        }
        self.catch_up(is_replay).await?;
        if let Some((class, epoch)) = scan.erased {
            self.replace_class_key(class, epoch).await?;
        }
        if self.add_missing_keys()? {
            self.store_vault().await?;
        }
        // Words that a cut left half zeroed may not be written again, so pages go.
        self.scrub_erased(scan.dead.0, scan.dead.1, false).await?;
        self.scrub_rest().await?;
        self.finish_rekey().await?;
        self.wipe();
        Ok(())
    }

    /// Brings the counter up to the number of commits, or, when an old image was accepted, the number up to the counter.
    async fn catch_up(&mut self, is_replay: bool) -> Result<(), Failure<F>> {
        if let Some(counter) = self.anchor()?
            && is_replay
        {
            self.commits = self.commits.max(counter);
            // The next page says the new number.
            while self.blank_pages() < 2 && self.oldest < self.head.walk.name.seq {
                self.collect_page().await?;
            }
            self.roll().await?;
        }
        self.advance_counter()
    }

    /// Finds the newest page that has a header.
    async fn find_head(&mut self) -> Result<PageHeader, OpenError<F::Error>> {
        let mut newest: Option<PageHeader> = None;
        for place in 0..self.pages {
            if let Some(header) = self.header(place).await?
                && newest.is_none_or(|newest| header.seq > newest.seq)
            {
                newest = Some(header);
            }
        }
        newest.ok_or(OpenError::Damaged)
    }

    /// Walks the newest page to its end, and learns from it which page is the oldest.
    async fn load_head(&mut self, header: &PageHeader) -> Result<(), Failure<F>> {
        let name = PageName { seq: header.seq, salt: header.salt };
        let base = self.page_at(header.seq);
        let walk = Walk::new(Self::SHAPE, name, base, header.first_mac(&self.chain), None);
        self.head = Head { walk, slot: 0, is_unsure: true };
        self.oldest = header.seq.saturating_sub(u32::from(header.window)).max(1);
        loop {
            let step = self.head.walk.step(&mut self.flash, Self::SHAPE, &self.chain).await;
            let Some(step) = step.map_err(StorageError::Flash)? else { return Ok(()) };
            if let Item::Drop(distance) = step.item {
                let oldest = header.seq.saturating_sub(u32::from(distance));
                self.oldest = self.oldest.max(oldest);
            }
        }
    }

    async fn give_up_head(&mut self, header: &PageHeader) -> Result<(), OpenError<F::Error>> {
        if header.seq <= 1 {
            return Err(OpenError::Unformatted);
        }
        self.erase_page(header.seq).await?;
        Ok(())
    }

    /// Starts a walk over a live page.
    pub(crate) async fn walk(&mut self, seq: u32) -> Result<Walk, Failure<F>> {
        let head = self.head.walk;
        let end = if seq == head.name.seq {
            let item = head.last.map_or([0; 4], |last| last.item.emit());
            Some(End { slots: head.at.slot, mac: head.at.mac, item })
        } else {
            let next = self.header(seq.saturating_add(1)).await?;
            let next = next.filter(|next| next.seq == seq.saturating_add(1));
            next.map(|next| End {
                slots: u32::from(next.before_slots),
                mac: next.before_mac,
                item: next.before_item,
            })
        };
        let header = self.header(seq).await?.filter(|header| header.seq == seq);
        let base = self.page_at(seq);
        let (salt, mac) = header.map_or(([0; 8], 0), |h| (h.salt, h.first_mac(&self.chain)));
        Ok(Walk::new(Self::SHAPE, PageName { seq, salt }, base, mac, end))
    }

    /// Reads the entries of all live pages into the index.
    async fn scan(&mut self, head: u32) -> Result<Scan, Failure<F>> {
        let mut scan = Scan::default();
        self.index.retain(Self::SHAPE, |_| false);
        for seq in self.oldest..=head {
            let header = self.header(seq).await?.filter(|header| header.seq == seq);
            let mut walk = self.walk(seq).await?;
            if header.is_none() {
                scan.hole = Some((seq, 0));
                continue;
            }
            let mut batch: Option<Point> = None;
            loop {
                let step = walk.step(&mut self.flash, Self::SHAPE, &self.chain).await;
                let Some(step) = step.map_err(StorageError::Flash)? else { break };
                match step.item {
                    Item::Record(record) if record.more => {
                        batch.get_or_insert(step.before);
                    }
                    Item::Record(record) => {
                        if let Some(start) = batch.take() {
                            self.apply_batch(walk.again(start, step.slot)).await?;
                        }
                        self.apply(record, seq, step.before.offset)?;
                    }
                    Item::Keep(_) => {
                        // It was written because the body that ends the commit was whole, which may be zeroed by now.
                        if let Some(start) = batch.take() {
                            self.apply_batch(walk.again(start, step.slot)).await?;
                        }
                        let offset = step.before.offset;
                        if let Some(record) = self.orphan(&walk, offset).await? {
                            self.apply(record, seq, offset)?;
                            scan.kept = self.index.get(record.id);
                        }
                    }
                    Item::Settled(_) => batch = None,
                    Item::Drop(_) => {}
                    Item::ClassErased(class, epoch) => {
                        batch = None;
                        self.index.retain(Self::SHAPE, |at| at.record.class() != class);
                        let bit = 1_u16.checked_shl(class.into()).unwrap_or_default();
                        scan.dead = (scan.dead.0 | bit, (seq, step.before.offset));
                        let done = self.keys.vault.epoch(class);
                        if done.checked_add(1) == Some(epoch) {
                            scan.erased = Some((class, epoch));
                        }
                        scan.vault_is_old |= epoch > done.saturating_add(1);
                    }
                }
            }
            scan.repaired = scan.repaired.saturating_add(walk.repaired);
            if !walk.is_whole() || (seq == head && walk.last.is_none()) {
                scan.hole = Some((seq, walk.at.offset));
            }
            scan.is_open = batch.is_some();
        }
        Ok(scan)
    }

    async fn apply_batch(&mut self, mut walk: Walk) -> Result<(), Failure<F>> {
        loop {
            let step = walk.step(&mut self.flash, Self::SHAPE, &self.chain).await;
            let Some(step) = step.map_err(StorageError::Flash)? else { return Ok(()) };
            if let Item::Record(record) = step.item {
                self.apply(record, walk.name.seq, step.before.offset)?;
            }
        }
    }

    fn apply(&mut self, record: Record, page: u32, offset: u32) -> Result<(), Failure<F>> {
        if self.index.set(Self::SHAPE, Location { record, page, offset }) {
            Ok(())
        } else {
            Err(StorageError::Full)
        }
    }

    /// Returns the record whose body stands at a place, if it is authentic there and ends a commit.
    pub(crate) async fn orphan(
        &mut self,
        walk: &Walk,
        offset: u32,
    ) -> Result<Option<Record>, Failure<F>> {
        let mut bytes = [0; MAX_WORD];
        let len = Self::SHAPE.round_up(4);
        let bytes = bytes.get_mut(..len).unwrap_or_default();
        if offset.saturating_add(len as u32) > Self::SHAPE.page {
            return Ok(None);
        }
        let at = walk.base.saturating_add(offset);
        self.flash.read(at, bytes).await.map_err(StorageError::Flash)?;
        let item = bytes.first_chunk().and_then(|item| Item::parse(*item));
        let Some(Item::Record(record)) = item else { return Ok(None) };
        if record.more || offset.saturating_add(Self::SHAPE.body(record.len)) > Self::SHAPE.page {
            return Ok(None);
        }
        let found = self.unseal(&walk.name, walk.base, offset, record).await?;
        Ok(found.then_some(record))
    }

    /// Erases every page that is not live and not blank.
    async fn erase_dead_pages(&mut self) -> Result<(), Failure<F>> {
        let head = self.head.walk.name.seq;
        let live = head.saturating_sub(self.oldest).saturating_add(1);
        for ahead in 1..=self.pages.saturating_sub(live) {
            let seq = head.saturating_add(ahead);
            if !self.page_is_blank(seq, 0).await? {
                self.erase_page(seq).await?;
            }
        }
        self.is_tidy = true;
        Ok(())
    }

    async fn rest_is_blank(&mut self, seq: u32) -> Result<bool, Failure<F>> {
        let from = Self::SHAPE.first_body();
        // The first entry itself may be torn.
        let base = self.page_at(seq);
        let first = Self::SHAPE.slot_at(0).unwrap_or_default();
        self.is_blank(base.saturating_add(from), first.saturating_sub(from)).await
    }

    /// Whether the page after the head holds something that no cut leaves there: then a newer head was destroyed. A head that
    /// ever counted holds at least one record and its entry; a bit that fell in a blank page is no such thing.
    async fn behind_head_is_foreign(&mut self, head: u32) -> Result<bool, Failure<F>> {
        let next = head.saturating_add(1);
        if self.header(next).await?.is_some() {
            return Ok(false);
        }
        Ok(self.programmed(next, Self::SHAPE.first_body()).await? >= Self::SHAPE.record(0))
    }

    /// Marks every key of which a newer record may be gone.
    async fn mark_damage<S: EventSink>(
        &mut self,
        scan: &Scan,
        events: &mut S,
    ) -> Result<(), Failure<F>> {
        if scan.repaired > 0 || scan.hole.is_some() {
            events.event(event(EventKind::RecordDamaged, Severity::Critical, 0));
        }
        let Some(hole) = scan.hole else { return Ok(()) };
        let registry = self.config.registry;
        for parameter in registry.iter().flat_map(|list| list.iter()) {
            let id = parameter.id.raw();
            let newest = self.index.get(id);
            if newest.is_some_and(|at| (at.page, at.offset) > hole) {
                continue;
            }
            let record = Record { id, len: 0, kind: Kind::Damaged, more: false, copy: true };
            let known = self.index.set(Self::SHAPE, Location { record, page: 0, offset: 0 });
            if !known {
                return Err(StorageError::Full);
            }
            let body = Self::SHAPE.body(0);
            if self.keys.vault.key(record.class(), u32::MAX).is_none() {
                continue;
            }
            if !self.has_room(body, 1, RESERVE) {
                self.erase_dead_pages().await?;
            }
            if self.make_room(body, 1).await.is_ok() {
                let at = self.write_record(record).await?;
                let _known = self.index.set(Self::SHAPE, at);
            }
        }
        Ok(())
    }
}
