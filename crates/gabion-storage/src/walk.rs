//! Reads the commit entries of a page in order: what counts is decided here.

use embedded_storage_async::nor_flash::NorFlash;

use crate::chain::{Chain, PageName};
use crate::format::{ENTRY, Item, MAX_WORD, Shape};

/// How many blank slots in a row end the search for entries behind one that was cut.
const BLANKS: u32 = 4;
/// How many entries back a later one may reach.
const DEPTH: usize = 8;

/// A place between two entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    /// The next slot.
    pub(crate) slot: u32,
    /// Where the next body starts.
    pub(crate) offset: u32,
    /// The tag of the entry before.
    pub(crate) mac: u32,
}

/// Where a page ends, as the next page says it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    /// Slots that count.
    pub(crate) slots: u32,
    /// The tag of the last entry.
    pub(crate) mac: u32,
    /// What the last entry says; zeros where it is not said.
    pub(crate) item: [u8; 4],
}

/// The last entry that counts, and the place before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last {
    pub(crate) before: Point,
    pub(crate) item: Item,
}

/// One entry that counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) item: Item,
    /// The place before it: its body starts, or would, at this offset.
    pub(crate) before: Point,
    /// Its slot.
    pub(crate) slot: u32,
}

/// An entry that a later one may still replace.
#[derive(Debug, Clone, Copy)]
struct Frame {
    step: Step,
    /// Commits before it.
    commits: u32,
}

/// A walk over the entries of one page.
///
/// An entry that chains to the place before an earlier one replaces that one and what follows it: the store says an entry
/// again, in a new slot, when it cannot know whether the power was cut while the first was written. A torn entry may read as
/// valid on one day and not on another; which of the two changes nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    pub(crate) name: PageName,
    /// Where the page starts in the flash.
    pub(crate) base: u32,
    /// The place after the last entry that counts.
    pub(crate) at: Point,
    pub(crate) last: Option<Last>,
    /// The next slot to look at.
    look: u32,
    end: Option<End>,
    /// Commits in this page up to here.
    pub(crate) commits: u32,
    /// Entries that were put right.
    pub(crate) repaired: u32,
    frames: [Option<Frame>; DEPTH],
}

#[derive(Clone, Copy)]
struct Entry {
    item: [u8; 4],
    mac: u32,
    blank: bool,
}

impl Walk {
    /// Starts at the first entry of a page.
    pub(crate) fn new(
        shape: Shape,
        name: PageName,
        base: u32,
        first_mac: u32,
        end: Option<End>,
    ) -> Self {
        let at = Point { slot: 0, offset: shape.first_body(), mac: first_mac };
        let frames = [None; DEPTH];
        Self { name, base, at, last: None, look: 0, end, commits: 0, repaired: 0, frames }
    }

    /// Starts once more at an earlier place, up to a slot.
    pub(crate) fn again(&self, from: Point, slots: u32) -> Self {
        let end = Some(End { slots, mac: 0, item: [0; 4] });
        let frames = [None; DEPTH];
        Self { at: from, last: None, look: from.slot, end, frames, ..*self }
    }

    /// Whether the page holds what the next page says it holds; true for the newest page.
    pub(crate) fn is_whole(&self) -> bool {
        self.end.is_none_or(|end| (self.at.slot, self.at.mac) == (end.slots, end.mac))
    }

    /// Finds the next entry that counts.
    pub(crate) async fn step<F: NorFlash>(
        &mut self,
        flash: &mut F,
        shape: Shape,
        chain: &Chain,
    ) -> Result<Option<Step>, F::Error> {
        loop {
            let is_full = self.frames.iter().all(Option::is_some);
            if is_full || !self.advance(flash, shape, chain).await? {
                // Nothing can replace the oldest one any more.
                let oldest = self.frames.first_mut().and_then(Option::take);
                self.frames.rotate_left(1);
                return Ok(oldest.map(|frame| frame.step));
            }
        }
    }

    /// Takes in the next valid entry; false at the end.
    async fn advance<F: NorFlash>(
        &mut self,
        flash: &mut F,
        shape: Shape,
        chain: &Chain,
    ) -> Result<bool, F::Error> {
        let mut blanks = 0_u32;
        loop {
            let slot = self.look;
            if self.end.is_some_and(|end| slot >= end.slots) || blanks > BLANKS {
                return Ok(false);
            }
            let Some(entry) = self.entry(flash, shape, slot).await? else { return Ok(false) };
            self.look = slot.saturating_add(1);
            if self.accept(shape, chain, slot, entry) {
                return Ok(true);
            }
            if let Some((before, item)) = self.repair(flash, shape, chain, slot, entry).await? {
                self.repaired = self.repaired.saturating_add(1);
                self.replace(before);
                self.push(shape, chain, slot, before, item);
                return Ok(true);
            }
            blanks = if entry.blank { blanks.saturating_add(1) } else { 0 };
        }
    }

    fn accept(&mut self, shape: Shape, chain: &Chain, slot: u32, entry: Entry) -> bool {
        let Some(item) = Item::parse(entry.item) else { return false };
        let says = |before: Point| {
            fits(shape, slot, before, item)
                && entry.mac == self.tag(chain, slot, before, entry.item)
        };
        let earlier = self.frames.iter().flatten().map(|frame| frame.step.before);
        let Some(before) = [self.at].into_iter().chain(earlier).find(|before| says(*before)) else {
            return false;
        };
        self.replace(before);
        self.push(shape, chain, slot, before, item);
        true
    }

    /// Takes back every entry from a place on, so that another one can stand there.
    fn replace(&mut self, before: Point) {
        let from = self.frames.iter().flatten().find(|frame| frame.step.before == before);
        let Some(from) = from.copied() else { return };
        self.commits = from.commits;
        for frame in &mut self.frames {
            if frame.is_some_and(|later| later.step.slot >= from.step.slot) {
                *frame = None;
            }
        }
    }

    fn push(&mut self, shape: Shape, chain: &Chain, slot: u32, before: Point, item: Item) {
        let frame = Frame { step: Step { item, before, slot }, commits: self.commits };
        self.enter(shape, chain, slot, before, item);
        if item.is_commit() {
            self.commits = self.commits.saturating_add(1);
        }
        if let Some(free) = self.frames.iter_mut().find(|frame| frame.is_none()) {
            *free = Some(frame);
        }
    }

    /// Moves past an entry.
    pub(crate) fn enter(
        &mut self,
        shape: Shape,
        chain: &Chain,
        slot: u32,
        before: Point,
        item: Item,
    ) {
        let mac = self.tag(chain, slot, before, item.emit());
        let offset = shape.after(item, before.offset);
        self.last = Some(Last { before, item });
        self.at = Point { slot: slot.saturating_add(1), offset, mac };
    }

    /// Returns the tag of an entry in a slot.
    pub(crate) fn tag(&self, chain: &Chain, slot: u32, before: Point, item: [u8; 4]) -> u32 {
        chain.entry(&self.name, slot, before.offset, item, before.mac)
    }

    /// Finds what a damaged entry said: from its own bytes, from the header of its record, or by one flipped bit; its own tag
    /// or the entry after it must confirm.
    async fn repair<F: NorFlash>(
        &self,
        flash: &mut F,
        shape: Shape,
        chain: &Chain,
        slot: u32,
        entry: Entry,
    ) -> Result<Option<(Point, Item)>, F::Error> {
        let next_slot = slot.saturating_add(1);
        let pinned = self.end.filter(|end| end.slots == next_slot && end.mac != 0);
        let next = match pinned {
            None => self.entry(flash, shape, next_slot).await?,
            Some(_) => None,
        };
        if entry.blank && pinned.is_none() && next.is_none_or(|next| next.blank) {
            return Ok(None);
        }
        let confirmed = |before: Point, bytes: [u8; 4]| {
            let item = Item::parse(bytes).filter(|item| fits(shape, slot, before, *item))?;
            let mac = self.tag(chain, slot, before, bytes);
            let by_next = next.is_some_and(|next| {
                let offset = shape.after(item, before.offset);
                let after = Point { slot: next_slot, offset, mac };
                next.mac == self.tag(chain, next_slot, after, next.item)
            });
            let by_itself = !entry.blank && entry.mac == mac;
            let by_page = pinned.is_some_and(|end| end.mac == mac);
            (by_itself || by_next || by_page).then_some((before, item))
        };
        let mut header = [0; MAX_WORD];
        let len = shape.round_up(4);
        if let Some(bytes) = header.get_mut(..len)
            && self.at.offset.saturating_add(len as u32) <= shape.page
        {
            flash.read(self.base.saturating_add(self.at.offset), bytes).await?;
        }
        let [a, b, c, d, ..] = header;
        let said = pinned.map_or([0; 4], |end| end.item);
        let word = u32::from_le_bytes(entry.item);
        let flips = (0..32).map(|bit| word ^ 1_u32.checked_shl(bit).unwrap_or_default());
        let mut here = [entry.item, said, [a, b, c, d]]
            .into_iter()
            .chain(flips.map(u32::to_le_bytes))
            .filter_map(|bytes| confirmed(self.at, bytes));
        // Or it said again what an earlier one said.
        let mut again = self.frames.iter().flatten();
        Ok(here.next().or_else(|| {
            again.find_map(|frame| confirmed(frame.step.before, frame.step.item.emit()))
        }))
    }

    async fn entry<F: NorFlash>(
        &self,
        flash: &mut F,
        shape: Shape,
        slot: u32,
    ) -> Result<Option<Entry>, F::Error> {
        let Some(at) = shape.slot_at(slot).filter(|at| *at >= self.at.offset) else {
            return Ok(None);
        };
        let mut buffer = [0; MAX_WORD];
        let bytes = buffer.get_mut(..shape.stride() as usize).unwrap_or_default();
        flash.read(self.base.saturating_add(at), bytes).await?;
        let blank = bytes.iter().all(|byte| *byte == 0xff);
        let [a, b, c, d, e, f, g, h] = *bytes.first_chunk::<ENTRY>().unwrap_or(&[0xff; ENTRY]);
        Ok(Some(Entry { item: [a, b, c, d], mac: u32::from_le_bytes([e, f, g, h]), blank }))
    }
}

/// Whether what an item says has room before its own slot.
pub(crate) fn fits(shape: Shape, slot: u32, before: Point, item: Item) -> bool {
    let end = shape.after(item, before.offset);
    end >= shape.first_body() && shape.slot_at(slot).is_some_and(|at| end <= at)
}
