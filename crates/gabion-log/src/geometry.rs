//! Where things lie on flash (`docs/spec/log.md` §3).

use embedded_storage_async::nor_flash::NorFlash;
use gabion_flash::program_unit;

use crate::LogConfig;
use crate::format::{HEADER, MAX_RECORD, SLOT};

/// The pages of one lane and the sizes on this flash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometry {
    /// Number of the first page of the lane.
    first_page: u32,
    pub(crate) pages: u32,
    /// Bytes of a page.
    pub(crate) page: u32,
    /// What is programmed at once: a multiple of the flash's word, of its read size and of 4 bytes.
    pub(crate) unit: u32,
    /// The value of an erased byte.
    pub(crate) erased: u8,
}

impl Geometry {
    /// Lays both lanes out, or says that they do not fit.
    pub(crate) fn lanes<F: NorFlash>(flash: &F, config: &LogConfig) -> Option<[Self; 2]> {
        let unit = program_unit::<F>()?;
        let page = u32::try_from(F::ERASE_SIZE).ok()?;
        let total = u32::try_from(flash.capacity()).ok()?.checked_div(page)?;
        let main = total.checked_sub(config.critical_pages)?;
        let lane =
            |first_page, pages| Self { first_page, pages, page, unit, erased: config.erased };
        let lanes = [lane(0, main), lane(main, config.critical_pages)];
        let fits = lanes.iter().all(|lane| lane.pages >= 4 && lane.records_per_page() >= 1);
        fits.then_some(lanes)
    }

    /// Rounds up to whole units.
    pub(crate) fn aligned(&self, len: usize) -> u32 {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        len.checked_next_multiple_of(self.unit).unwrap_or(u32::MAX)
    }

    /// Number, within the lane, of the page of an epoch.
    pub(crate) fn page_of(&self, epoch: u32) -> u32 {
        epoch.checked_rem(self.pages).unwrap_or(0)
    }

    /// Address of a page of the lane.
    pub(crate) fn address(&self, page: u32) -> u32 {
        self.first_page.saturating_add(page).saturating_mul(self.page)
    }

    /// Address of the page of an epoch.
    pub(crate) fn epoch_address(&self, epoch: u32) -> u32 {
        self.address(self.page_of(epoch))
    }

    /// Address of the page that holds the key of an epoch: the one after its own, which is the oldest.
    pub(crate) fn key_address(&self, epoch: u32) -> u32 {
        self.epoch_address(epoch.wrapping_add(1))
    }

    /// Offset of the first record in a page.
    pub(crate) fn records_start(&self) -> u32 {
        self.aligned(HEADER)
    }

    /// Offset behind the last record in a page.
    pub(crate) fn records_end(&self) -> u32 {
        self.slot(0)
    }

    /// Offset of one of the two copies of a key.
    pub(crate) fn slot(&self, copy: u32) -> u32 {
        let from_end = 2_u32.saturating_sub(copy).saturating_mul(self.aligned(SLOT));
        self.page.saturating_sub(from_end)
    }

    /// What a record of `size` bytes takes, its commit included.
    pub(crate) fn taken(&self, size: usize) -> u32 {
        self.aligned(size).saturating_add(self.unit)
    }

    /// How many records of the longest kind a page takes.
    pub(crate) fn records_per_page(&self) -> u32 {
        self.records_end()
            .saturating_sub(self.records_start())
            .checked_div(self.taken(MAX_RECORD))
            .unwrap_or(0)
    }

    /// Whether every byte is erased.
    pub(crate) fn is_blank(&self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| *byte == self.erased)
    }
}
