//! Writes at the head: records, commit entries, new pages.

use gabion_crypto::{Aead, HmacSha256};
use gabion_flash::SafeFlash;
use gabion_hal::MonotonicCounter;

use crate::chain::PageName;
use crate::format::{HEADER, Item, MAX_WORD, PageHeader, Record};
use crate::index::Location;
use crate::store::Failure;
use crate::walk::{End, Walk};
use crate::{StorageError, Store};

/// Slots at the end of a page that the user's records leave free, for what the store itself must say.
pub(crate) const RESERVE: u32 = 6;
/// Slots that copies of the collector leave free.
pub(crate) const COPY_RESERVE: u32 = 4;

/// Bytes of a body that are read back at a time: a whole number of words of any size.
const READ_BACK: usize = 2 * MAX_WORD;

/// The page that is written.
pub(crate) struct Head {
    pub(crate) walk: Walk,
    /// The next slot that is blank for certain.
    pub(crate) slot: u32,
    /// The last entry was found, not written, at this boot: it may be torn. It is said again before anything builds on it.
    pub(crate) is_unsure: bool,
}

impl<F, P, C, const KEYS: usize, const RECORD: usize> Store<F, P, C, KEYS, RECORD>
where
    F: SafeFlash,
    P: Aead + HmacSha256,
    C: MonotonicCounter,
{
    /// Whether bodies of so many bytes and so many entries fit into the head, with slots left over.
    pub(crate) fn has_room(&self, bodies: u32, entries: u32, reserve: u32) -> bool {
        let slots = entries.saturating_add(reserve).saturating_add(u32::from(self.head.is_unsure));
        let last = self.head.slot.saturating_add(slots).saturating_sub(1);
        let end = self.head.walk.at.offset.saturating_add(bodies);
        Self::SHAPE.slot_at(last).is_some_and(|at| end <= at)
    }

    /// Writes the record whose value stands in the buffer; the entry, last, makes it count.
    pub(crate) async fn write_record(&mut self, record: Record) -> Result<Location, Failure<F>> {
        if self.head.is_unsure {
            self.restate().await?;
        }
        let (name, offset) = (self.head.walk.name, self.head.walk.at.offset);
        self.seal(&name, offset, record)?;
        let len = Self::SHAPE.body(record.len) as usize;
        let at = self.head.walk.base.saturating_add(offset);
        let body = self.buffer.expose().get(..len).ok_or(StorageError::TooLong)?;
        program::<F, READ_BACK>(&mut self.flash, at, body).await?;
        self.wear.programmed = self.wear.programmed.saturating_add(len as u64);
        self.put_entry(Item::Record(record), false).await?;
        Ok(Location { record, page: name.seq, offset })
    }

    /// Appends a commit entry.
    pub(crate) async fn write_entry(&mut self, item: Item) -> Result<(), Failure<F>> {
        self.restate().await?;
        self.put_entry(item, false).await
    }

    /// Says the last entry again if it may be torn.
    pub(crate) async fn restate(&mut self) -> Result<(), Failure<F>> {
        match self.head.walk.last {
            Some(last) if self.head.is_unsure => self.put_entry(last.item, true).await,
            _ => Ok(()),
        }
    }

    /// Writes an entry; with `again` it takes the place of the last one.
    pub(crate) async fn put_entry(&mut self, item: Item, again: bool) -> Result<(), Failure<F>> {
        let walk = &self.head.walk;
        let before = if again { walk.last.map_or(walk.at, |last| last.before) } else { walk.at };
        let slot = self.head.slot;
        let said = item.emit();
        let mac = walk.tag(&self.chain, slot, before, said);
        let mut bytes = [0xff; MAX_WORD];
        if let Some((first, rest)) = bytes.split_first_chunk_mut() {
            *first = said;
            rest.first_chunk_mut().into_iter().for_each(|to| *to = mac.to_le_bytes());
        }
        let at = Self::SHAPE.slot_at(slot).ok_or(StorageError::Poisoned)?;
        let bytes = bytes.get(..Self::SHAPE.stride() as usize).unwrap_or_default();
        program::<F, MAX_WORD>(&mut self.flash, walk.base.saturating_add(at), bytes).await?;
        self.wear.programmed = self.wear.programmed.saturating_add(bytes.len() as u64);
        self.head.walk.enter(Self::SHAPE, slot, before, item, mac);
        self.head.slot = slot.saturating_add(1);
        self.head.is_unsure = false;
        Ok(())
    }

    /// Begins the next page, which must be blank. Its header says what counts on this one.
    pub(crate) async fn roll(&mut self) -> Result<(), Failure<F>> {
        let walk = &self.head.walk;
        let item = walk.last.map_or([0; 4], |last| last.item.emit());
        let before = End { slots: walk.at.slot, mac: walk.at.mac, item };
        let seq = walk.name.seq.checked_add(1).ok_or(StorageError::Full)?;
        self.begin_page(seq, before).await
    }

    /// Writes the header of a page and makes it the head.
    pub(crate) async fn begin_page(&mut self, seq: u32, before: End) -> Result<(), Failure<F>> {
        let vault = self.keys.vault.seq;
        let header = PageHeader {
            algorithm: self.keys.algorithm(),
            seq,
            salt: self.nonce.salt(seq, before.mac, self.commits, vault),
            before_slots: u16::try_from(before.slots).map_err(|_| StorageError::Poisoned)?,
            window: u16::try_from(seq.saturating_sub(self.oldest))
                .map_err(|_| StorageError::Poisoned)?,
            before_mac: before.mac,
            before_item: before.item,
            commits: self.commits,
            vault,
        };
        let base = self.page_at(seq);
        // A header that was cut may have read as blank when the page was looked at. Until a start has erased the pages that are
        // not live, anything may stand in the rest.
        if !self.is_surely_blank(base, Self::SHAPE.first_body()).await?
            || (!self.is_tidy && !self.page_is_blank(seq, 0).await?)
        {
            self.erase_page(seq).await?;
        }
        let mut bytes = [0xff; 2 * MAX_WORD];
        let fields = header.emit(&self.chain);
        bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
        let len = Self::SHAPE.round_up(HEADER);
        let bytes = bytes.get(..len).unwrap_or_default();
        program::<F, READ_BACK>(&mut self.flash, base, bytes).await?;
        self.wear.programmed = self.wear.programmed.saturating_add(len as u64);
        self.wear.pages = self.wear.pages.saturating_add(1);
        let name = PageName { seq, salt: header.salt };
        let walk = Walk::new(Self::SHAPE, name, base, header.first_mac(&self.chain), None);
        self.head = Head { walk, slot: 0, is_unsure: false };
        // Only now can it be told from a header that was cut: nothing is erased before.
        let word = Self::SHAPE.first_body().checked_div(Self::SHAPE.word).unwrap_or_default();
        self.put_entry(Item::Settled(word as u16), false).await
    }

    /// Erases the page of a number.
    pub(crate) async fn erase_page(&mut self, seq: u32) -> Result<(), Failure<F>> {
        let at = self.page_at(seq);
        let end = at.saturating_add(Self::SHAPE.page);
        self.wear.erases = self.wear.erases.saturating_add(1);
        self.flash.erase(at, end).await.map_err(StorageError::Flash)
    }

    /// Fails when the counter could not count one more commit.
    pub(crate) fn check_counter(&self) -> Result<(), Failure<F>> {
        if self.is_anchored && self.commits >= self.counter.max() {
            return Err(StorageError::Hardware);
        }
        Ok(())
    }

    /// Raises the chip's counter to the number of commits.
    pub(crate) fn advance_counter(&mut self) -> Result<(), Failure<F>> {
        if !self.is_anchored {
            return Ok(());
        }
        self.counter.advance_to(self.commits).map_err(|_| StorageError::Hardware)
    }
}

/// Programs bytes and reads them back, `N` at a time: what is acknowledged can be read.
async fn program<F: SafeFlash, const N: usize>(
    flash: &mut F,
    at: u32,
    bytes: &[u8],
) -> Result<(), Failure<F>> {
    flash.write(at, bytes).await.map_err(StorageError::Flash)?;
    let mut from = at;
    for expected in bytes.chunks(N) {
        let mut found = [0; N];
        let found = found.get_mut(..expected.len()).unwrap_or_default();
        flash.read(from, found).await.map_err(StorageError::Flash)?;
        if !is_same(found, expected) {
            return Err(StorageError::Poisoned);
        }
        from = from.saturating_add(N as u32);
    }
    Ok(())
}

/// Compares by words of four bytes: on bare metal the compiler's own comparison takes bytes, at eight instructions each.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<4>(), right.as_chunks::<4>());
    let words = left.iter().zip(right);
    let differ =
        words.fold(0, |all, (l, r)| all | (u32::from_ne_bytes(*l) ^ u32::from_ne_bytes(*r)));
    differ == 0 && left_rest == right_rest
}
