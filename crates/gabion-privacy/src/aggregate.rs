//! Totals that forget what they were made of (EN 303 645 6-7).

use crate::{Permit, PersonalData, Refusal};

/// Count, sum, smallest and largest of numbers, in fixed memory. Every sample is wiped as soon as it was counted.
///
/// Nothing comes out before `GROUP` different contributors gave something, and what came out is forgotten: two results never
/// overlap, so that their difference tells nothing of one person.
///
/// # Security
///
/// Smallest and largest are samples themselves, of nobody knows whom among `GROUP`. Where even that says too much use a
/// [`Histogram`](crate::Histogram).
#[derive(Debug, Default)]
pub struct Aggregate<const GROUP: u32> {
    contributors: Contributors,
    count: u32,
    sum: i64,
    min: Option<i32>,
    max: Option<i32>,
}

/// The result of an [`Aggregate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Samples.
    pub count: u32,
    /// Their sum, saturating.
    pub sum: i64,
    /// The smallest.
    pub min: i32,
    /// The largest.
    pub max: i32,
}

impl<const GROUP: u32> Aggregate<GROUP> {
    /// Starts with nothing.
    ///
    /// # Panics
    ///
    /// At compile time, for a group of fewer than 2 or more than 64.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(GROUP >= 2 && GROUP <= 64, "a group has 2 to 64 members") };
        Self { contributors: Contributors::NOBODY, count: 0, sum: 0, min: None, max: None }
    }

    /// Counts one sample of one contributor, 0 to 63, and wipes it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoPermit`] with a permit for something else; the sample is wiped all the same.
    pub fn add(
        &mut self,
        permit: &Permit<'_>,
        contributor: u8,
        sample: PersonalData<i32>,
    ) -> Result<(), Refusal> {
        let value = *sample.expose(permit)?;
        drop(sample.into_inner());
        self.contributors.add(contributor);
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(value.into());
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.max = Some(self.max.map_or(value, |max| max.max(value)));
        Ok(())
    }

    /// Gives the result and forgets it; `None`, and nothing is forgotten, while the group is too small.
    pub fn release(&mut self) -> Option<Summary> {
        if self.contributors.count() < GROUP {
            return None;
        }
        let Self { count, sum, min, max, .. } = core::mem::take(self);
        Some(Summary { count, sum, min: min?, max: max? })
    }
}

/// Who gave something, one bit each.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Contributors(u64);

impl Contributors {
    pub(crate) const NOBODY: Self = Self(0);

    pub(crate) fn add(&mut self, number: u8) {
        // Numbers above 63 count as one more: rather too few contributors than too many.
        self.0 |= 1_u64.checked_shl(u32::from(number.min(63))).unwrap_or_default();
    }

    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }
}
