//! One lane: a ring of pages, a key per page, and the order of steps that no power cut can break.

use gabion_crypto::{HmacSha256, Secret, Siv};
use gabion_flash::SafeFlash;
use gabion_hal::{EventKind, ResetReason};

use crate::chain::{Chain, Link};
use crate::format::{
    COMMIT, HEADER, MAX_BODY, MAX_ENTRIES, MAX_RECORD, MAX_UNIT, PageHeader, SLOT, SLOT_CLEAR,
    SealedRecord, SlotHead, TAG, Tag, emit_body, record_context,
};
use crate::geometry::Geometry;
use crate::scan::{Scan, WINDOW};
use crate::seal::EpochKey;
use crate::slot::{find_key, holds_key};
use crate::{Body, Entry, Lane, LogError, Stamp};

/// Reasons of a start that nobody planned.
const UNPLANNED: [u16; 3] =
    [ResetReason::BrownOut as u16, ResetReason::Watchdog as u16, ResetReason::Fault as u16];

/// Room for a header or a key, padded to the largest unit.
pub(crate) const BLOCK: usize = SLOT.next_multiple_of(MAX_UNIT);

pub(crate) struct Ring {
    pub(crate) lane: Lane,
    pub(crate) geometry: Geometry,
    pub(crate) epoch: u32,
    /// Whether nothing before this epoch is left.
    fresh: bool,
    key: EpochKey,
    /// Number of the next record.
    pub(crate) next: u32,
    /// Tag of the newest record, or of the page header.
    pub(crate) tag: Tag,
    /// Offset of the next record in the page.
    at: u32,
    /// Newest boot number in this lane.
    pub(crate) boot: u32,
    /// Whether the place of the next key was touched by a step that was cut.
    next_slot_used: bool,
    /// Signs of tampering that opening found.
    pub(crate) damage: u16,
    /// Whether opening found a record whose commit was cut: the next record settles that it does not count.
    pub(crate) undone: bool,
    /// The newest starts in a row, within the newest page, for which nobody was to blame but a fault.
    pub(crate) unplanned: u16,
}

impl Ring {
    /// Makes a lane on pages of any content.
    pub(crate) async fn format<F: SafeFlash>(
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
        lane: Lane,
        geometry: Geometry,
        seed: &Secret<[u8; 32]>,
    ) -> Result<Self, LogError<F::Error>> {
        let key = EpochKey::first(hmac, seed, lane).map_err(|_| LogError::Exhausted)?;
        let mut ring = Self {
            lane,
            geometry,
            epoch: 0,
            fresh: true,
            key,
            next: 0,
            tag: [0; TAG],
            at: geometry.records_start(),
            boot: 0,
            next_slot_used: false,
            damage: 0,
            undone: false,
            unplanned: 0,
        };
        for page in 0..geometry.pages {
            ring.erase_page(flash, page).await?;
        }
        ring.write_key(flash, hmac, kek).await?;
        ring.write_header(flash, hmac).await?;
        Ok(ring)
    }

    /// Opens a lane and finishes what a power cut left.
    pub(crate) async fn open<F: SafeFlash>(
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
        lane: Lane,
        geometry: Geometry,
    ) -> Result<Self, LogError<F::Error>> {
        let (head, key, damaged_copy) = find_key(flash, hmac, kek, lane, &geometry).await?;
        let mut ring = Self {
            lane,
            geometry,
            epoch: head.epoch,
            fresh: head.fresh,
            key,
            next: head.first,
            tag: head.previous,
            at: geometry.records_start(),
            boot: head.boot,
            next_slot_used: false,
            damage: u16::from(damaged_copy),
            undone: false,
            unplanned: 0,
        };
        ring.next_slot_used = !ring.slots_blank(flash).await?;
        // A hole after the oldest page: a turn was cut when it had just made room for the key.
        let hole = ring.missing(flash).await.map_err(LogError::Flash)? == 2;
        let header = ring.header(hmac);
        let base = geometry.epoch_address(ring.epoch);
        let mut stored = [0; BLOCK];
        let stored = stored.get_mut(..geometry.aligned(HEADER) as usize).unwrap_or_default();
        flash.read(base, stored).await.map_err(LogError::Flash)?;
        let whole = stored.get(..HEADER).is_some_and(|bytes| bytes == header.emit());
        ring.undone = hole && !ring.fresh;
        let records = ring.follow(flash, hmac, base, header.tag).await?;
        if !whole {
            if records == 0 {
                // The step to this epoch was cut before its page was ready: nothing was acknowledged in it. The page then
                // still holds the key before, or nothing behind its header; anything else is no work of a power cut.
                let page = geometry.page_of(ring.epoch);
                let cut = ring.at == geometry.records_start().saturating_add(geometry.unit)
                    || holds_key(flash, hmac, kek, &geometry, page, head.epoch.wrapping_sub(1))
                        .await?;
                ring.damage = u16::from(damaged_copy).saturating_add(u16::from(!cut));
                (ring.next, ring.tag) = (head.first, head.previous);
                ring.erase_page(flash, page).await?;
                ring.write_header(flash, hmac).await?;
                return Ok(ring);
            }
            ring.damage = ring.damage.saturating_add(1);
        }
        Ok(ring)
    }

    /// Reads the newest page to its end; returns how many records are authentic.
    async fn follow<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
        base: u32,
        header: Tag,
    ) -> Result<u32, LogError<F::Error>> {
        let geometry = self.geometry;
        let mut chain = Chain::new(self.lane, self.epoch, self.next, header);
        let mut scan = Scan::new(&geometry, base);
        let mut plain = [0; MAX_BODY];
        let mut authentic = 0_u32;
        let mut undone = false;
        loop {
            let found = scan.next(flash, &geometry, |number| chain.number(number).is_some());
            let Some(found) = found.await.map_err(LogError::Flash)? else { break };
            undone = !found.committed;
            if undone {
                continue;
            }
            let expected = chain.next;
            match chain.take(hmac, &self.key.keys, &found.record, &mut plain) {
                Link::Refused => {
                    chain.burn(&found.record);
                    self.damage = self.damage.saturating_add(1);
                    continue;
                }
                Link::AfterGap if expected != chain.next.wrapping_sub(1) => {
                    self.damage = self.damage.saturating_add(1);
                }
                _ => {}
            }
            authentic = authentic.saturating_add(1);
            if let Ok(body) =
                Body::parse(plain.get(..usize::from(found.record.len)).unwrap_or_default())
            {
                self.boot = self.boot.max(body.stamp.boot);
                for start in body.events().filter(|event| event.kind() == Some(EventKind::Started))
                {
                    let planned = !UNPLANNED.contains(&start.detail);
                    self.unplanned = if planned { 0 } else { self.unplanned.saturating_add(1) };
                }
            }
        }
        plain.fill(0);
        if scan.rubbish > geometry.unit {
            // More than the one unit that a cut can tear: a record whose head was changed. Its number is gone with it.
            self.damage = self.damage.saturating_add(1);
            chain.next = chain.next.saturating_add(1);
        }
        self.undone |= undone;
        self.next = chain.next;
        self.tag = chain.tag;
        // One unit stays free behind what is there: a word that was torn may read as blank this once.
        self.at = scan.used.saturating_add(geometry.unit);
        Ok(authentic)
    }

    /// Writes one record; after `Ok` it is there for good.
    pub(crate) async fn append<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
        stamp: &Stamp,
        entries: &[Entry],
    ) -> Result<u32, LogError<F::Error>> {
        if entries.is_empty() || entries.len() > MAX_ENTRIES {
            return Err(LogError::EntryCount);
        }
        if self.next == u32::MAX {
            return Err(LogError::Exhausted);
        }
        let mut record =
            SealedRecord { number: low(self.next), len: 0, body: [0; MAX_BODY], tag: [0; TAG] };
        record.len =
            emit_body(stamp, entries, &mut record.body).map_err(|_| LogError::EntryCount)?;
        let taken = self.geometry.taken(record.size());
        if self.at.saturating_add(taken) > self.geometry.records_end() {
            self.turn(flash, hmac, kek, stamp.boot, false).await?;
        }
        let context = record_context(self.lane, self.epoch, self.next, record.len, &self.tag);
        let body = record.body.get_mut(..usize::from(record.len)).unwrap_or_default();
        record.tag = self.key.keys.seal(hmac, &context, body);

        let mut bytes = [self.geometry.erased; WINDOW];
        record.emit(&mut bytes).map_err(|_| LogError::EntryCount)?;
        let address = self.geometry.epoch_address(self.epoch).saturating_add(self.at);
        let commit = taken.saturating_sub(self.geometry.unit);
        let bytes = bytes.get(..commit as usize).unwrap_or_default();
        flash.write(address, bytes).await.map_err(LogError::Flash)?;
        let mark = [COMMIT; MAX_UNIT];
        let mark = mark.get(..self.geometry.unit as usize).unwrap_or_default();
        flash.write(address.saturating_add(commit), mark).await.map_err(LogError::Flash)?;

        let number = self.next;
        self.undone = false;
        self.boot = self.boot.max(stamp.boot);
        self.at = self.at.saturating_add(taken);
        self.tag = record.tag;
        self.next = self.next.saturating_add(1);
        Ok(number)
    }

    /// Goes to the next epoch: the oldest page makes room, and the key of this epoch is destroyed with it.
    ///
    /// # Power loss
    ///
    /// The next key is written first, into the page after the oldest. Then the oldest page is erased, with this epoch's key
    /// in it. Then its header is written. Cut anywhere, `open` finds the newest key and does the rest again.
    pub(crate) async fn turn<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
        boot: u32,
        fresh: bool,
    ) -> Result<(), LogError<F::Error>> {
        let epoch =
            self.epoch.checked_add(1).filter(|e| *e < u32::MAX).ok_or(LogError::Exhausted)?;
        if self.next_slot_used {
            let page = self.geometry.page_of(epoch.wrapping_add(1));
            self.erase_page(flash, page).await?;
            self.next_slot_used = false;
            self.undone = true;
        }
        self.key = self.key.next(hmac).map_err(|_| LogError::Exhausted)?;
        self.epoch = epoch;
        self.fresh = fresh;
        self.boot = self.boot.max(boot);
        self.write_key(flash, hmac, kek).await?;
        self.erase_page(flash, self.geometry.page_of(epoch)).await?;
        self.write_header(flash, hmac).await
    }

    /// Erases every record and keeps only the key of a new epoch and the numbers.
    ///
    /// # Power loss
    ///
    /// Cut anywhere, a repetition finishes it.
    pub(crate) async fn wipe<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
    ) -> Result<(), LogError<F::Error>> {
        let boot = self.boot;
        self.turn(flash, hmac, kek, boot, true).await?;
        let keep =
            [self.epoch, self.epoch.wrapping_add(1)].map(|epoch| self.geometry.page_of(epoch));
        for page in 0..self.geometry.pages {
            let end = self.geometry.page;
            let gone = keep.contains(&page)
                || blank(flash, &self.geometry, page, end).await.map_err(LogError::Flash)?;
            if !gone {
                self.erase_page(flash, page).await?;
            }
        }
        // The page with the key still holds old records: this turn erases it.
        self.turn(flash, hmac, kek, boot, true).await
    }

    /// Returns how many of the oldest pages are gone before their time: each key that a cut left half-written takes one.
    pub(crate) async fn missing<F: SafeFlash>(&self, flash: &mut F) -> Result<u8, F::Error> {
        let geometry = &self.geometry;
        let old = |ahead: u32| {
            let epoch = self.epoch.checked_add(ahead)?.checked_sub(geometry.pages)?;
            Some(geometry.page_of(epoch))
        };
        // Beside the records: the place of a key may already hold half of one.
        let end = geometry.records_end();
        if let Some(page) = old(2)
            && blank(flash, geometry, page, end).await?
        {
            return Ok(2);
        }
        if let Some(page) = old(1)
            && blank(flash, geometry, page, end).await?
        {
            return Ok(1);
        }
        Ok(0)
    }

    fn header(&self, hmac: &impl HmacSha256) -> PageHeader {
        let mut header = PageHeader {
            lane: self.lane,
            epoch: self.epoch,
            fresh: self.fresh,
            first: self.next,
            previous: self.tag,
            tag: [0; TAG],
        };
        header.tag = self.key.keys.tag(hmac, &header.signed(), &[]);
        header
    }

    async fn write_header<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
    ) -> Result<(), LogError<F::Error>> {
        let header = self.header(hmac);
        let address = self.geometry.epoch_address(self.epoch);
        write_padded(flash, &self.geometry, address, &header.emit()).await?;
        self.tag = header.tag;
        self.at = self.geometry.records_start();
        Ok(())
    }

    /// Writes both copies of this epoch's key into the page that the next turn erases.
    async fn write_key<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        hmac: &impl HmacSha256,
        kek: &Siv,
    ) -> Result<(), LogError<F::Error>> {
        let head = SlotHead {
            lane: self.lane,
            epoch: self.epoch,
            fresh: self.fresh,
            first: self.next,
            boot: self.boot,
            previous: self.tag,
        };
        let mut bytes = [0; SLOT];
        let (clear, rest) = bytes.split_at_mut(SLOT_CLEAR);
        clear.copy_from_slice(&head.emit());
        let (sealed, tag) = rest.split_at_mut(32);
        sealed.copy_from_slice(self.key.chain().expose());
        tag.copy_from_slice(&kek.seal(hmac, clear, sealed));
        let base = self.geometry.key_address(self.epoch);
        for copy in 0..2 {
            let address = base.saturating_add(self.geometry.slot(copy));
            write_padded(flash, &self.geometry, address, &bytes).await?;
        }
        Ok(())
    }

    /// Whether the place of the next epoch's key is blank.
    async fn slots_blank<F: SafeFlash>(&self, flash: &mut F) -> Result<bool, LogError<F::Error>> {
        let base = self.geometry.key_address(self.epoch.wrapping_add(1));
        let mut bytes = [0; BLOCK];
        for copy in 0..2 {
            let bytes = bytes.get_mut(..self.geometry.aligned(SLOT) as usize).unwrap_or_default();
            let address = base.saturating_add(self.geometry.slot(copy));
            flash.read(address, bytes).await.map_err(LogError::Flash)?;
            if !self.geometry.is_blank(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn erase_page<F: SafeFlash>(
        &mut self,
        flash: &mut F,
        page: u32,
    ) -> Result<(), LogError<F::Error>> {
        let from = self.geometry.address(page);
        let to = from.saturating_add(self.geometry.page);
        flash.erase(from, to).await.map_err(LogError::Flash)
    }
}

/// Whether a page of a lane is blank from its front to an offset.
pub(crate) async fn blank<F: SafeFlash>(
    flash: &mut F,
    geometry: &Geometry,
    page: u32,
    end: u32,
) -> Result<bool, F::Error> {
    let base = geometry.address(page);
    let mut bytes = [0; WINDOW];
    let unit = geometry.unit.max(1);
    let step =
        unit.saturating_mul(u32::try_from(WINDOW).unwrap_or(unit).checked_div(unit).unwrap_or(1));
    let mut at = 0;
    while at < end {
        let len = step.min(end.saturating_sub(at));
        let bytes = bytes.get_mut(..len as usize).unwrap_or_default();
        flash.read(base.saturating_add(at), bytes).await?;
        if !geometry.is_blank(bytes) {
            return Ok(false);
        }
        at = at.saturating_add(len);
    }
    Ok(true)
}

/// Writes bytes, filled up with erased bytes to whole units.
async fn write_padded<F: SafeFlash>(
    flash: &mut F,
    geometry: &Geometry,
    address: u32,
    bytes: &[u8],
) -> Result<(), LogError<F::Error>> {
    let mut block = [geometry.erased; BLOCK];
    block.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    let block = block.get(..geometry.aligned(bytes.len()) as usize).unwrap_or_default();
    flash.write(address, block).await.map_err(LogError::Flash)
}

/// The lower 16 bits.
pub(crate) const fn low(number: u32) -> u16 {
    let [a, b, ..] = number.to_le_bytes();
    u16::from_le_bytes([a, b])
}

// The window of a scan is also the buffer of a record.
const _: () = assert!(WINDOW >= MAX_RECORD);
