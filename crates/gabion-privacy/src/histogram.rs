//! Counts per range, without those that stand for too few.

use crate::aggregate::Contributors;
use crate::{Permit, PersonalData, Refusal};

/// How many samples fell into each of `BINS` ranges of equal width, in fixed memory. Samples are wiped once counted.
///
/// A range comes out only with at least `GROUP` different contributors; the first and last take what lies outside. There is
/// no total: with one, a range that is held back could be worked out.
#[derive(Debug)]
pub struct Histogram<const BINS: usize, const GROUP: u32> {
    from: i32,
    width: u32,
    bins: [(u32, Contributors); BINS],
}

impl<const BINS: usize, const GROUP: u32> Histogram<BINS, GROUP> {
    /// Starts with nothing; the first range is `from` to `from + width - 1`.
    ///
    /// # Panics
    ///
    /// At compile time, without bins or for a group of fewer than 2 or more than 64.
    #[must_use]
    pub const fn new(from: i32, width: u32) -> Self {
        const {
            assert!(BINS > 0, "a histogram has ranges");
            assert!(GROUP >= 2 && GROUP <= 64, "a group has 2 to 64 members");
        }
        Self { from, width, bins: [(0, NOBODY); BINS] }
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
        let above = i64::from(value).saturating_sub(self.from.into()).max(0);
        let bin = above.checked_div(i64::from(self.width.max(1))).unwrap_or_default();
        let bin = usize::try_from(bin).unwrap_or(usize::MAX).min(BINS.saturating_sub(1));
        if let Some((count, who)) = self.bins.get_mut(bin) {
            *count = count.saturating_add(1);
            who.add(contributor);
        }
        Ok(())
    }

    /// Gives the counts and forgets them. `None` stands for a range with too few contributors, or none.
    pub fn release(&mut self) -> [Option<u32>; BINS] {
        let mut out = [None; BINS];
        for (to, (count, who)) in out.iter_mut().zip(&mut self.bins) {
            *to = (who.count() >= GROUP).then_some(*count);
            (*count, *who) = (0, NOBODY);
        }
        out
    }
}

const NOBODY: Contributors = Contributors::NOBODY;
