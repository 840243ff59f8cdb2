//! The erase-intent journal: which page is being erased stands on flash before the erase begins.

use core::marker::PhantomData;

use embedded_storage_async::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};

use crate::format::{ENTRY, Entry, MAX_ENTRY, MAX_WORD, MIN_SLOTS};
use crate::rewrite::zero_words;
use crate::safe::sealed::Sealed;
use crate::{FlashError, Misuse, Multiwrite, Rewrite, SafeFlash, Span, WriteOnce};

/// How often a slot must read as blank before the first write after power on.
const BLANK_READS: usize = 48;

/// A whole flash under an erase-intent journal.
///
/// An erase that the power cut is repeated by the next [`open`](Journaled::open), before anyone reads. Addresses are those of
/// the flash; the two pages of the journal cannot be written. Split it with [`Shared`](crate::Shared).
///
/// # Power loss
///
/// Every state that a cut, a torn word or a torn erase can leave, in the journal's own pages too, is taken up by the next
/// `open`, which may itself be cut. See `docs/spec/flash.md`.
///
/// # Security
///
/// The journal has checksums, not authentication: who can write the flash can have pages erased, which they can do anyway.
pub struct Journaled<F, R = WriteOnce> {
    flash: F,
    journal: Span,
    /// Which of the two pages takes entries.
    active: u32,
    generation: u32,
    /// Where the next entry goes.
    next: u32,
    /// False while an erase or a recovery is under way, and after one that failed.
    settled: bool,
    rewrite: PhantomData<R>,
}

/// What a scan of one journal page found.
#[derive(Clone, Copy, Default)]
struct Found {
    generation: u32,
    /// Valid entries of that generation.
    count: u32,
    last: Option<Entry>,
    /// The slot after the last valid entry.
    end: u32,
    /// The slot after the last one that is not blank.
    used: u32,
}

impl<F: NorFlash> Journaled<F, WriteOnce> {
    /// Opens the journal on a flash whose words are programmed once, and finishes an interrupted erase.
    ///
    /// `journal` is the span of its two pages.
    ///
    /// # Errors
    ///
    /// [`FlashError::Unformatted`] when there is no journal; [`FlashError::Misuse`] for a span that is not two pages of this
    /// flash; what the driver says.
    pub async fn open(flash: F, journal: Span) -> Result<Self, FlashError<F::Error>> {
        Self::mount(flash, journal).await
    }

    /// Makes a journal in the factory; only its two pages are touched.
    ///
    /// # Errors
    ///
    /// [`FlashError::Misuse`] for a span that is not two pages of this flash; what the driver says.
    ///
    /// # Power loss
    ///
    /// Cut before it returns, the next `open` says [`FlashError::Unformatted`] or finds a journal: repeat it.
    pub async fn format(flash: &mut F, journal: Span) -> Result<(), FlashError<F::Error>> {
        let mut new = Journaled::<&mut F>::over(flash, journal)?;
        new.erase_journal_page(0).await?;
        new.erase_journal_page(1).await?;
        for entry in [Entry::Done, Entry::Done, Entry::Settled] {
            new.append(entry).await?;
        }
        Ok(())
    }
}

impl<F: MultiwriteNorFlash> Journaled<F, Multiwrite> {
    /// Opens the journal on a flash whose programmed words may be overwritten with zeros: then stores can wipe in place.
    ///
    /// # Errors
    ///
    /// See [`Journaled::open`].
    pub async fn open_multiwrite(flash: F, journal: Span) -> Result<Self, FlashError<F::Error>> {
        Self::mount(flash, journal).await
    }
}

impl<F: NorFlash, R: Rewrite<F>> Journaled<F, R> {
    const PAGE: u32 = {
        assert!(F::ERASE_SIZE > 0 && F::ERASE_SIZE <= 1 << 30, "pages have 1 byte to 1 GiB");
        assert!(F::WRITE_SIZE > 0 && F::WRITE_SIZE <= MAX_WORD, "words have 1 to 32 bytes");
        assert!(F::READ_SIZE > 0 && F::WRITE_SIZE.is_multiple_of(F::READ_SIZE));
        assert!(F::ERASE_SIZE.is_multiple_of(F::WRITE_SIZE), "a page is a whole number of words");
        F::ERASE_SIZE as u32
    };
    /// Bytes from one entry to the next.
    const STRIDE: usize = ENTRY.next_multiple_of(F::WRITE_SIZE);
    /// Entries per page.
    const SLOTS: u32 = {
        assert!(Self::STRIDE <= MAX_ENTRY);
        let slots = Self::PAGE / Self::STRIDE as u32;
        assert!(slots >= MIN_SLOTS, "a journal page must hold at least 8 entries");
        slots
    };

    fn over(flash: F, journal: Span) -> Result<Self, FlashError<F::Error>> {
        let (page, pages) = (Self::PAGE, Self::PAGE.checked_mul(2));
        if !journal.start().is_multiple_of(page) || Some(journal.len()) != pages {
            return Err(Misuse::NotAligned.into());
        }
        if journal.end() as usize > flash.capacity() {
            return Err(Misuse::OutOfBounds.into());
        }
        let rewrite = PhantomData;
        Ok(Self { flash, journal, active: 0, generation: 0, next: 0, settled: false, rewrite })
    }

    async fn mount(flash: F, journal: Span) -> Result<Self, FlashError<F::Error>> {
        let mut journaled = Self::over(flash, journal)?;
        journaled.settle().await?;
        Ok(journaled)
    }

    /// Gives the flash back.
    pub fn into_inner(self) -> F {
        self.flash
    }

    /// Returns the span of the journal's two pages.
    pub const fn journal(&self) -> Span {
        self.journal
    }

    /// Returns how many times a journal page was recycled; each of the two pages was erased about half as often.
    pub const fn journal_recycles(&self) -> u32 {
        self.generation
    }

    /// Reads the journal, finishes the erase that was under way, and makes the outcome certain.
    async fn settle(&mut self) -> Result<(), FlashError<F::Error>> {
        let (first, second) = (self.scan(0).await?, self.scan(1).await?);
        // A page that was being erased or begun shows fewer than two entries of one generation, but for a chance of 2^-96.
        // One entry counts only where no page has two: it is then the first of a page whose second is torn.
        let rank = |found: &Found| (found.count >= 2, found.count >= 1, found.generation);
        let live = if rank(&second) > rank(&first) { (1, second) } else { (0, first) };
        if live.1.count == 0 {
            return Err(FlashError::Unformatted);
        }
        let (active, found) = live;
        self.active = active;
        self.generation = found.generation;
        // One slot is left out, and the next is looked at more than once: an entry that was cut may read as blank now and not
        // so when it is written.
        self.next = found.used.saturating_add(1);
        while self.next < Self::SLOTS && !self.is_surely_blank(self.next).await? {
            self.next = self.next.saturating_add(1);
        }
        match found.last {
            // With a third entry the page stays live even if the last one was torn and reads differently tomorrow.
            Some(Entry::Settled) if found.used == found.end && found.count > 2 => {}
            // The intent may be torn: `erase_page` states it afresh before it acts on it.
            Some(Entry::Intent(page)) => {
                self.erase_page(page).await?;
                self.finish().await?;
            }
            // Torn intents after it are void from now on, whatever they read as tomorrow.
            _ => self.finish().await?,
        }
        self.settled = true;
        Ok(())
    }

    async fn recovered(&mut self) -> Result<(), FlashError<F::Error>> {
        if self.settled { Ok(()) } else { self.settle().await }
    }

    async fn erase_page(&mut self, page: u32) -> Result<(), FlashError<F::Error>> {
        let from = page.checked_mul(Self::PAGE).ok_or(Misuse::OutOfBounds)?;
        let to = from.checked_add(Self::PAGE).ok_or(Misuse::OutOfBounds)?;
        self.append(Entry::Intent(page)).await?;
        self.flash.erase(from, to).await.map_err(FlashError::Hardware)
    }

    async fn finish(&mut self) -> Result<(), FlashError<F::Error>> {
        self.append(Entry::Done).await?;
        self.append(Entry::Settled).await
    }

    /// Appends an entry, on the other page when this one is full.
    async fn append(&mut self, entry: Entry) -> Result<(), FlashError<F::Error>> {
        if self.next >= Self::SLOTS || !self.place(entry).await? {
            let other = 1_u32.saturating_sub(self.active);
            self.erase_journal_page(other).await?;
            // Two entries make the page live. They say what this entry says, so that until the second is whole the old page
            // and from then on the new one speak.
            let copy = if entry == Entry::Settled { Entry::Done } else { entry };
            let mut whole = self.place(copy).await? && self.place(copy).await?;
            if entry == Entry::Settled {
                whole = whole && self.place(entry).await?;
            }
            if !whole {
                return Err(FlashError::JournalWornOut);
            }
        }
        Ok(())
    }

    /// Writes an entry to the next slot that keeps it; false when none on this page does.
    async fn place(&mut self, entry: Entry) -> Result<bool, FlashError<F::Error>> {
        while self.next < Self::SLOTS {
            let slot = self.next;
            self.next = slot.saturating_add(1);
            let mut bytes = [0xff; MAX_ENTRY];
            for (to, from) in bytes.iter_mut().zip(entry.emit(self.generation, slot)) {
                *to = from;
            }
            let bytes = bytes.get(..Self::STRIDE).unwrap_or_default();
            let at = self.slot_address(self.active, slot)?;
            self.flash.write(at, bytes).await.map_err(FlashError::Hardware)?;
            if self.slot(self.active, slot).await?.1 == Some((entry, self.generation)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn erase_journal_page(&mut self, page: u32) -> Result<(), FlashError<F::Error>> {
        let from = self.slot_address(page, 0)?;
        let to = from.checked_add(Self::PAGE).ok_or(Misuse::OutOfBounds)?;
        self.flash.erase(from, to).await.map_err(FlashError::Hardware)?;
        self.active = page;
        self.generation = self.generation.saturating_add(1);
        self.next = 0;
        Ok(())
    }

    async fn scan(&mut self, page: u32) -> Result<Found, FlashError<F::Error>> {
        let mut found = Found::default();
        for slot in 0..Self::SLOTS {
            let (blank, entry) = self.slot(page, slot).await?;
            let after = slot.saturating_add(1);
            if !blank {
                found.used = after;
            }
            if let Some((entry, generation)) = entry
                && (found.count == 0 || found.generation == generation)
            {
                found.generation = generation;
                found.count = found.count.saturating_add(1);
                found.last = Some(entry);
                found.end = after;
            }
        }
        Ok(found)
    }

    /// Reads a slot: whether it is blank, and its entry if it holds one.
    async fn slot(
        &mut self,
        page: u32,
        slot: u32,
    ) -> Result<(bool, Option<(Entry, u32)>), FlashError<F::Error>> {
        let mut buffer = [0; MAX_ENTRY];
        let bytes = buffer.get_mut(..Self::STRIDE).unwrap_or_default();
        let at = self.slot_address(page, slot)?;
        self.flash.read(at, bytes).await.map_err(FlashError::Hardware)?;
        let blank = bytes.iter().all(|byte| *byte == 0xff);
        let entry = bytes.first_chunk().and_then(|entry| Entry::parse(entry, slot));
        Ok((blank, entry))
    }

    async fn is_surely_blank(&mut self, slot: u32) -> Result<bool, FlashError<F::Error>> {
        for _ in 0..BLANK_READS {
            if !self.slot(self.active, slot).await?.0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn slot_address(&self, page: u32, slot: u32) -> Result<u32, Misuse> {
        let in_page = slot.checked_mul(Self::STRIDE as u32).ok_or(Misuse::OutOfBounds)?;
        page.checked_mul(Self::PAGE)
            .and_then(|page| self.journal.start().checked_add(page))
            .and_then(|page| page.checked_add(in_page))
            .ok_or(Misuse::OutOfBounds)
    }

    /// Checks a range that is about to change.
    fn check(&self, from: u32, len: usize, unit: usize) -> Result<Span, Misuse> {
        let len = u32::try_from(len).map_err(|_| Misuse::OutOfBounds)?;
        let span = Span::new(from, len);
        if span.len() != len || span.end() as usize > self.flash.capacity() {
            return Err(Misuse::OutOfBounds);
        }
        if !(from as usize).is_multiple_of(unit) || !(len as usize).is_multiple_of(unit) {
            return Err(Misuse::NotAligned);
        }
        if span.overlaps(self.journal) {
            return Err(Misuse::Reserved);
        }
        Ok(span)
    }
}

impl<F: ErrorType, R> ErrorType for Journaled<F, R> {
    type Error = FlashError<F::Error>;
}

impl<F: NorFlash, R: Rewrite<F>> ReadNorFlash for Journaled<F, R> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.recovered().await?;
        self.flash.read(offset, bytes).await.map_err(FlashError::Hardware)
    }

    fn capacity(&self) -> usize {
        self.flash.capacity()
    }
}

impl<F: NorFlash, R: Rewrite<F>> NorFlash for Journaled<F, R> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        let len = to.checked_sub(from).ok_or(Misuse::OutOfBounds)?;
        let span = self.check(from, len as usize, F::ERASE_SIZE)?;
        self.recovered().await?;
        if span.is_empty() {
            return Ok(());
        }
        // Stays false if anything fails or the future is dropped: then the next call recovers first.
        self.settled = false;
        for from in (span.start()..span.end()).step_by(F::ERASE_SIZE) {
            // The intent of the next page says as well that this one is whole.
            self.erase_page(from.checked_div(Self::PAGE).unwrap_or_default()).await?;
        }
        self.finish().await?;
        self.settled = true;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        let _span = self.check(offset, bytes.len(), F::WRITE_SIZE)?;
        self.recovered().await?;
        self.flash.write(offset, bytes).await.map_err(FlashError::Hardware)
    }
}

impl<F: NorFlash, R: Rewrite<F>> SafeFlash for Journaled<F, R> {
    const CAN_ZERO: bool = R::CAN_ZERO;

    async fn zero(&mut self, offset: u32, len: u32) -> Result<(), Self::Error> {
        let _span = self.check(offset, len as usize, F::WRITE_SIZE)?;
        self.recovered().await?;
        zero_words::<F, R>(&mut self.flash, offset, len).await
    }
}

impl<F, R> Sealed for Journaled<F, R> {}
