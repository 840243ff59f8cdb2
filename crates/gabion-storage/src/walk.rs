//! Reads the commit entries of a page in order: what counts is decided here.

use embedded_storage_async::nor_flash::NorFlash;

use crate::chain::{Chain, PageName};
use crate::format::{ENTRY, Item, MAX_WORD, Shape};

/// How many blank slots in a row end the search for entries behind one that was cut.
const BLANKS: u32 = 4;
/// How many valid entries back a later one may chain.
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

/// A valid entry of which it is not certain yet whether it counts.
#[derive(Debug, Clone, Copy)]
struct Node {
    step: Step,
    /// The place after it.
    after: Point,
}

/// A walk over the entries of one page.
///
/// The store says an entry again, in a new slot and for the same place, when it cannot know whether the power was cut while the
/// first was written. So the last valid entries are a tree: each chains to the place after another one. What counts is the path
/// to the latest of them. A torn entry may read as valid on one day and not on another; nothing ever chains to one, so which of
/// the two changes nothing.
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
    /// Commits in this page, as far as the steps have gone.
    pub(crate) commits: u32,
    /// Entries that were put right.
    pub(crate) repaired: u32,
    /// The place after the last step.
    root: Point,
    /// In the order of their slots.
    nodes: [Option<Node>; DEPTH],
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
        let nodes = [None; DEPTH];
        let (last, look, commits, repaired, root) = (None, 0, 0, 0, at);
        Self { name, base, at, last, look, end, commits, repaired, root, nodes }
    }

    /// Starts once more at an earlier place, up to a slot.
    pub(crate) fn again(&self, from: Point, slots: u32) -> Self {
        let end = Some(End { slots, mac: 0, item: [0; 4] });
        let nodes = [None; DEPTH];
        Self { at: from, root: from, last: None, look: from.slot, end, nodes, ..*self }
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
        while self.nodes.iter().any(Option::is_none) {
            if !self.advance(flash, shape, chain).await? {
                break;
            }
        }
        Ok(self.take_first())
    }

    /// Takes the first entry of the path to the latest one: no later entry will chain to a place before it.
    fn take_first(&mut self) -> Option<Step> {
        let mut first = self.nodes.iter().flatten().last().copied()?;
        while first.step.before != self.root {
            first = self
                .nodes
                .iter()
                .flatten()
                .find(|node| node.after == first.step.before)
                .copied()?;
        }
        self.root = first.after;
        self.commits = self.commits.saturating_add(u32::from(first.step.item.is_commit()));
        // What does not stand on it can count no more.
        let mut kept = [None; DEPTH];
        let mut count = 0_usize;
        for node in self.nodes.iter().flatten() {
            let before = node.step.before;
            let stands = before == self.root
                || kept.iter().flatten().any(|other: &Node| other.after == before);
            if stands && let Some(place) = kept.get_mut(count) {
                *place = Some(*node);
                count = count.saturating_add(1);
            }
        }
        self.nodes = kept;
        Some(first.step)
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
        let Some(before) = self.places().find(|before| says(*before)) else { return false };
        self.push(shape, chain, slot, before, item);
        true
    }

    /// The places to which an entry may chain, the likeliest first.
    fn places(&self) -> impl Iterator<Item = Point> {
        let earlier = self.nodes.iter().flatten().map(|node| node.after);
        [self.at, self.root].into_iter().chain(earlier)
    }

    fn push(&mut self, shape: Shape, chain: &Chain, slot: u32, before: Point, item: Item) {
        let mac = self.tag(chain, slot, before, item.emit());
        self.enter(shape, slot, before, item, mac);
        let node = Node { step: Step { item, before, slot }, after: self.at };
        if let Some(free) = self.nodes.iter_mut().find(|node| node.is_none()) {
            *free = Some(node);
        }
    }

    /// Moves past an entry with this tag.
    pub(crate) fn enter(&mut self, shape: Shape, slot: u32, before: Point, item: Item, mac: u32) {
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
        let mut again = self.nodes.iter().flatten();
        Ok(here
            .next()
            .or_else(|| again.find_map(|node| confirmed(node.step.before, node.step.item.emit()))))
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
