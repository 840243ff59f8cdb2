//! The log of records: one is appended for each step of an update, and marks are set in the newest.
//!
//! Two rules make every cut harmless. A record counts only when its seal is set, and the seal is written after the body is
//! complete; so a body that was cut never counts. And a mark is set as soon as *any* of its bits is programmed, in any of
//! several reads; so a mark that was cut, even one whose bits read at random since, is set or not set for good. A page is
//! erased only when the newest record lies in another one, and always right before it is written.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_flash::Span;

use crate::format::{BODY, MARKS, Record, SEAL};
use crate::map::SlotMap;

/// Longest flash word in bytes.
const MAX_WORD: usize = 32;
/// How often a blank mark is read before it is believed.
const READS: usize = 4;

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    page: u32,
    index: u32,
}

/// The newest record and where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) record: Record,
    pub(crate) place: Place,
}

/// Why the log gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogError<E> {
    /// The flash failed.
    Flash(E),
    /// The flash's words or pages do not suit.
    Geometry,
}

impl<E> From<E> for LogError<E> {
    fn from(error: E) -> Self {
        Self::Flash(error)
    }
}

/// The log on its pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    span: Span,
    page: u32,
    word: u32,
    per_page: u32,
}

impl Log {
    pub(crate) fn new<F: NorFlash>(map: &SlotMap) -> Result<Self, LogError<F::Error>> {
        const {
            assert!(
                F::WRITE_SIZE <= MAX_WORD && BODY.is_multiple_of(F::WRITE_SIZE),
                "word of 1 to 32 bytes"
            );
            assert!(F::WRITE_SIZE.is_multiple_of(F::READ_SIZE), "a word must be readable");
        }
        let number = |value: usize| u32::try_from(value).map_err(|_| LogError::Geometry);
        let (word, erase) = (number(F::WRITE_SIZE)?, number(F::ERASE_SIZE)?);
        let page = map.page();
        if erase == 0 || !page.is_multiple_of(erase) {
            return Err(LogError::Geometry);
        }
        let log = Self { span: map.state(), page, word, per_page: 0 };
        let per_page = page.checked_div(log.stride()).filter(|per_page| *per_page > 0);
        Ok(Self { per_page: per_page.ok_or(LogError::Geometry)?, ..log })
    }

    /// Bytes from one record to the next.
    const fn stride(&self) -> u32 {
        self.word.saturating_mul(MARKS).saturating_add(BODY as u32)
    }

    fn pages(&self) -> u32 {
        self.span.len().checked_div(self.page).unwrap_or(0)
    }

    fn page_start(&self, page: u32) -> u32 {
        self.span.start().saturating_add(page.saturating_mul(self.page))
    }

    fn address(&self, place: Place) -> u32 {
        self.page_start(place.page).saturating_add(place.index.saturating_mul(self.stride()))
    }

    fn mark_address(&self, place: Place, mark: u32) -> u32 {
        let marks = self.address(place).saturating_add(BODY as u32);
        marks.saturating_add(mark.saturating_mul(self.word))
    }

    /// Finds the newest record that counts.
    pub(crate) async fn newest<F: NorFlash>(
        &self,
        flash: &mut F,
    ) -> Result<Option<Newest>, LogError<F::Error>> {
        let mut newest: Option<Newest> = None;
        for page in 0..self.pages() {
            for index in 0..self.per_page {
                let place = Place { page, index };
                let mut body = [0; BODY];
                flash.read(self.address(place), &mut body).await?;
                let Some(record) = Record::parse(&body) else { continue };
                let newer = newest.is_none_or(|known| record.sequence > known.record.sequence);
                if newer && self.is_set(flash, place, SEAL).await? {
                    newest = Some(Newest { record, place });
                }
            }
        }
        Ok(newest)
    }

    /// Whether any bit of a mark was ever programmed.
    pub(crate) async fn is_set<F: NorFlash>(
        &self,
        flash: &mut F,
        place: Place,
        mark: u32,
    ) -> Result<bool, LogError<F::Error>> {
        Ok(!self.is_blank(flash, self.mark_address(place, mark), self.word).await?)
    }

    /// Counts the marks from `first` on that are set, up to the first that is not.
    pub(crate) async fn count<F: NorFlash>(
        &self,
        flash: &mut F,
        place: Place,
        first: u32,
        most: u32,
    ) -> Result<u32, LogError<F::Error>> {
        let mut count: u32 = 0;
        while count < most && self.is_set(flash, place, first.saturating_add(count)).await? {
            count = count.saturating_add(1);
        }
        Ok(count)
    }

    /// Sets a mark: one word is written, or none if it is set already.
    pub(crate) async fn set<F: NorFlash>(
        &self,
        flash: &mut F,
        place: Place,
        mark: u32,
    ) -> Result<(), LogError<F::Error>> {
        if self.is_set(flash, place, mark).await? {
            return Ok(());
        }
        let pattern = [0; MAX_WORD];
        let word = pattern.get(..F::WRITE_SIZE).ok_or(LogError::Geometry)?;
        Ok(flash.write(self.mark_address(place, mark), word).await?)
    }

    async fn is_blank<F: NorFlash>(
        &self,
        flash: &mut F,
        address: u32,
        len: u32,
    ) -> Result<bool, LogError<F::Error>> {
        for _ in 0..READS {
            let mut at = 0;
            while at < len {
                let mut word = [0; MAX_WORD];
                let word = word.get_mut(..F::WRITE_SIZE).ok_or(LogError::Geometry)?;
                flash.read(address.saturating_add(at), word).await?;
                if word.iter().any(|byte| *byte != 0xff) {
                    return Ok(false);
                }
                at = at.saturating_add(self.word.max(1));
            }
        }
        Ok(true)
    }

    /// Appends a record that supersedes `newest`. Its sequence is set here.
    ///
    /// Before the seal is set the newest record is still the old one; after, it is the new one.
    pub(crate) async fn append<F: NorFlash>(
        &self,
        flash: &mut F,
        newest: Option<Newest>,
        mut record: Record,
    ) -> Result<Newest, LogError<F::Error>> {
        // 2^32 records wear out every flash.
        record.sequence = newest.map_or(1, |newest| newest.record.sequence.saturating_add(1));
        let place = match newest {
            Some(newest) => self.free_after(flash, newest.place).await?,
            None => None,
        };
        let place = match place {
            Some(place) => place,
            None => {
                let last = newest.map(|newest| newest.place.page);
                let next = last.map_or(0, |page| page.saturating_add(1));
                let page = if next < self.pages() { next } else { 0 };
                let start = self.page_start(page);
                flash.erase(start, start.saturating_add(self.page)).await?;
                Place { page, index: 0 }
            }
        };
        flash.write(self.address(place), &record.emit()).await?;
        self.set(flash, place, SEAL).await?;
        Ok(Newest { record, place })
    }

    /// Finds room after a record in the same page.
    async fn free_after<F: NorFlash>(
        &self,
        flash: &mut F,
        place: Place,
    ) -> Result<Option<Place>, LogError<F::Error>> {
        let mut index = place.index.saturating_add(1);
        while index < self.per_page {
            let next = Place { page: place.page, index };
            if self.is_blank(flash, self.address(next), self.stride()).await? {
                return Ok(Some(next));
            }
            index = index.saturating_add(1);
        }
        Ok(None)
    }
}
