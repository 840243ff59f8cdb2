//! Where things lie on flash (§3), and how a lane uses its part.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_flash::program_unit;

use crate::format::{ERASED, HEAD, HEADER, MARK, MAX_MESSAGE, TAG};
use crate::{QueueConfig, Rate};

/// What a lane without room does with one more message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropPolicy {
    /// Gives up the oldest page of messages, which are counted as dropped.
    Oldest,
    /// Keeps what it has and refuses the new message, which is counted as refused.
    Newest,
}

/// How one lane uses flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneConfig {
    /// Pages, at least 2. Two or more than the lane's messages of the longest outage take.
    pub pages: u32,
    /// What happens when they are full.
    pub policy: DropPolicy,
    /// The wear budget: how many page erases at once, and how many milliseconds of powered time for one more.
    pub erases: Rate,
}

impl LaneConfig {
    /// Describes a lane of some pages with a budget of page erases per powered day; half a day's may come at once.
    #[must_use]
    pub const fn per_day(pages: u32, policy: DropPolicy, erases: u16) -> Self {
        let erases = if erases == 0 { 1 } else { erases };
        let burst = erases.div_ceil(2);
        let refill_ms = match 86_400_000_u32.checked_div(erases as u32) {
            Some(ms) => ms,
            None => u32::MAX,
        };
        Self { pages, policy, erases: Rate { burst, refill_ms } }
    }

    /// Returns after how many years a part with an endurance in erases per page is worn out, were the whole budget always used.
    #[must_use]
    pub const fn years(&self, endurance: u32) -> u32 {
        let total = (self.pages as u64).saturating_mul(endurance as u64);
        let ms = total.saturating_mul(self.erases.refill_ms as u64);
        let years = ms / (1000 * 86_400 * 365);
        if years > u32::MAX as u64 { u32::MAX } else { years as u32 }
    }
}

/// The pages of one lane and the sizes on this flash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages {
    first_page: u32,
    pub(crate) count: u32,
    /// Bytes of a page.
    pub(crate) size: u32,
    /// What is programmed at once: a multiple of the flash's word, of its read size and of 4 bytes.
    pub(crate) unit: u32,
}

impl Pages {
    /// Lays the lanes out, or says that they do not fit.
    pub(crate) fn lanes<F: NorFlash>(flash: &F, config: &QueueConfig) -> Option<[Self; 3]> {
        let unit = program_unit::<F>()?;
        let size = u32::try_from(F::ERASE_SIZE).ok()?;
        let available = u32::try_from(flash.capacity()).ok()?.checked_div(size)?;
        let [a, b, c] = config.lanes.map(|lane| lane.pages);
        let (second, third) = (a, a.checked_add(b)?);
        let fits = third.checked_add(c)? <= available && [a, b, c].iter().all(|pages| *pages >= 2);
        let lane = |first_page, count| Self { first_page, count, size, unit };
        let lanes = [lane(0, a), lane(second, b), lane(third, c)];
        // A page takes its header, one message of the longest kind and the marks that are reserved.
        let [any, ..] = lanes;
        let least =
            any.start().saturating_add(any.taken(MAX_MESSAGE)).saturating_add(any.reserve());
        (fits && least <= size).then_some(lanes)
    }

    /// Rounds up to whole units.
    pub(crate) fn aligned(&self, len: usize) -> u32 {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        len.checked_next_multiple_of(self.unit).unwrap_or(u32::MAX)
    }

    /// What a record with a body of some bytes takes, its commit included.
    pub(crate) fn taken(&self, body: usize) -> u32 {
        let size = body.saturating_add(HEAD).saturating_add(TAG);
        self.aligned(size).saturating_add(self.unit)
    }

    /// What messages leave free in each page, for marks: acknowledgements while the lane is full, and starts after a cut.
    pub(crate) fn reserve(&self) -> u32 {
        self.taken(MARK).saturating_mul(3)
    }

    /// Address of a page, counted over the life of the lane.
    pub(crate) fn address(&self, page: u32) -> u32 {
        let place = page.checked_rem(self.count).unwrap_or(0);
        self.first_page.saturating_add(place).saturating_mul(self.size)
    }

    /// Offset of the first record in a page.
    pub(crate) fn start(&self) -> u32 {
        self.aligned(HEADER).saturating_add(self.unit)
    }
}

/// Whether every byte is erased.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == ERASED)
}
