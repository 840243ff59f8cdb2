//! Where the newest record of each key stands.

use crate::format::{Kind, Record, Shape};

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
}

impl<const KEYS: usize> Index<KEYS> {
    pub(crate) const fn new() -> Self {
        Self { slots: [None; KEYS] }
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
    pub(crate) fn set(&mut self, at: Location) -> bool {
        let held = |slot: &&mut Option<Location>| slot.is_some_and(|o| o.record.id == at.record.id);
        let slot = match self.slots.iter_mut().find(held) {
            Some(slot) => Some(slot),
            None => self.slots.iter_mut().find(|slot| slot.is_none()),
        };
        slot.map(|slot| *slot = Some(at)).is_some()
    }

    /// Takes out everything that does not fulfil a condition.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Location) -> bool) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|at| !keep(at)) {
                *slot = None;
            }
        }
    }

    /// Returns the bytes that live records take, entries included.
    pub(crate) fn live(&self, shape: Shape) -> u32 {
        let sizes = self.iter().filter(|at| at.record.kind != Kind::Removed);
        sizes.fold(0, |sum: u32, at| sum.saturating_add(shape.record(at.record.len)))
    }
}
