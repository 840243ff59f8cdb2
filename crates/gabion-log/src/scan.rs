//! Reads the records of a page one after another and passes over what power cuts left between them.

use embedded_storage_async::nor_flash::ReadNorFlash;

use crate::format::{MAX_RECORD, MAX_UNIT, SealedRecord};
use crate::geometry::Geometry;

/// The longest record, padded, with its commit.
pub(crate) const WINDOW: usize = (MAX_RECORD.next_multiple_of(MAX_UNIT)) + MAX_UNIT;

/// A walk over the record area of one page. Which numbers are plausible the caller tells: see [`Scan::next`].
pub(crate) struct Scan {
    base: u32,
    at: u32,
    end: u32,
    /// End of the last unit that is not blank.
    pub(crate) used: u32,
    /// Longest run of units, in bytes, that are neither blank nor a record.
    pub(crate) rubbish: u32,
    run: u32,
    window: [u8; WINDOW],
}

/// A record that was found, by its shape alone.
pub(crate) struct Found {
    pub(crate) record: SealedRecord,
    /// Whether it was written to its end.
    pub(crate) committed: bool,
}

impl Scan {
    /// Starts at the first record of the page at `base`.
    pub(crate) fn new(geometry: &Geometry, base: u32) -> Self {
        Self {
            base,
            at: geometry.records_start(),
            end: geometry.records_end(),
            used: geometry.records_start(),
            rubbish: 0,
            run: 0,
            window: [0; WINDOW],
        }
    }

    /// Returns the next record whose number `plausible` accepts.
    pub(crate) async fn next<F: ReadNorFlash>(
        &mut self,
        flash: &mut F,
        geometry: &Geometry,
        plausible: impl Fn(u16) -> bool,
    ) -> Result<Option<Found>, F::Error> {
        while self.at < self.end {
            let len = geometry.taken(MAX_RECORD).min(self.end.saturating_sub(self.at));
            let window = self.window.get_mut(..len as usize).unwrap_or_default();
            flash.read(self.base.saturating_add(self.at), window).await?;
            let window = self.window.get(..len as usize).unwrap_or_default();
            let mut passed = 0_u32;
            while passed < len {
                let here = window.get(passed as usize..).unwrap_or_default();
                let unit = here.get(..geometry.unit as usize).unwrap_or(here);
                let size = SealedRecord::peek(here).map(|size| geometry.taken(size));
                if let Some(taken) = size.filter(|_| shape_number(here).is_some_and(&plausible)) {
                    if taken > len.saturating_sub(passed) {
                        // It reaches past the window or past the area. From the front of a window only the latter is left.
                        if passed > 0 {
                            break;
                        }
                    } else if let Ok(record) = SealedRecord::parse(here) {
                        let commit = taken.saturating_sub(geometry.unit) as usize;
                        let commit = here.get(commit..taken as usize).unwrap_or_default();
                        self.at = self.at.saturating_add(passed).saturating_add(taken);
                        let committed = !geometry.is_blank(commit);
                        self.used =
                            if committed { self.at } else { self.at.saturating_sub(geometry.unit) };
                        self.run = 0;
                        return Ok(Some(Found { record, committed }));
                    }
                }
                passed = passed.saturating_add(geometry.unit);
                if geometry.is_blank(unit) {
                    self.run = 0;
                } else {
                    self.used = self.at.saturating_add(passed);
                    self.run = self.run.saturating_add(geometry.unit);
                    self.rubbish = self.rubbish.max(self.run);
                }
            }
            self.at = self.at.saturating_add(passed);
        }
        Ok(None)
    }
}

/// The number in the head of what looks like a record.
fn shape_number(bytes: &[u8]) -> Option<u16> {
    let [_, _, a, b] = *bytes.first_chunk::<4>()?;
    Some(u16::from_le_bytes([a, b]))
}
