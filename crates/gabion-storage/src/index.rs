//! Where the newest record of each key stands.

use crate::format::{Kind, Record, Shape};

/// A place in the life of the store: page number, then offset.
pub(crate) type Place = (u32, u32);

/// Where a record stands and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) record: Record,
    /// Number of the page in the life of the store.
    pub(crate) page: u32,
    /// Where the body starts in the page.
    pub(crate) offset: u32,
}

/// The newest record of up to `KEYS` keys.
pub(crate) struct Index<const KEYS: usize> {
    slots: [Option<Location>; KEYS],
    /// Bytes that live records take, entries included.
    live: u32,
}

impl<const KEYS: usize> Index<KEYS> {
    pub(crate) const fn new() -> Self {
        Self { slots: [None; KEYS], live: 0 }
    }

    pub(crate) fn get(&self, id: u16) -> Option<Location> {
        self.iter().find(|at| at.record.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Location> {
        self.slots.iter().flatten().copied()
    }

    /// Returns the number of keys that there is still room for.
    pub(crate) fn free(&self) -> usize {
        self.slots.iter().filter(|slot| slot.is_none()).count()
    }

    /// Enters a record in place of an older one; false when there is no room.
    pub(crate) fn set(&mut self, shape: Shape, at: Location) -> bool {
        let held = |slot: &&mut Option<Location>| slot.is_some_and(|o| o.record.id == at.record.id);
        let slot = match self.slots.iter_mut().find(held) {
            Some(slot) => Some(slot),
            None => self.slots.iter_mut().find(|slot| slot.is_none()),
        };
        let Some(slot) = slot else { return false };
        let before = slot.replace(at).map_or(0, |old| size(shape, old));
        self.live = self.live.saturating_sub(before).saturating_add(size(shape, at));
        true
    }

    /// Takes out everything that does not fulfil a condition.
    pub(crate) fn retain(&mut self, shape: Shape, keep: impl Fn(&Location) -> bool) {
        for slot in &mut self.slots {
            if let Some(gone) = slot.take_if(|at| !keep(at)) {
                self.live = self.live.saturating_sub(size(shape, gone));
            }
        }
    }

    /// Returns the bytes that live records take, entries included.
    pub(crate) const fn live(&self) -> u32 {
        self.live
    }
}

/// Returns the bytes that a record keeps occupied.
const fn size(shape: Shape, at: Location) -> u32 {
    match at.record.kind {
        Kind::Removed => 0,
        _ => shape.record(at.record.len),
    }
}
