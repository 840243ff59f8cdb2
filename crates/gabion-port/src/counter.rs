//! A monotonic counter in two pages of flash: one word per step, one erase per thousand.

use embedded_storage::nor_flash::NorFlash;
use gabion_hal::{CounterError, MonotonicCounter};

use crate::format::{BLANK, COUNTER_HEADER, WORD, counter_header, parse_counter_header};

/// How often what the power may have left in doubt is read before it is believed.
const LOOKS: u32 = 4;

/// Counts in two pages of ordinary flash. A step programs one word; a page that is full, and a leap, begin the other page.
///
/// Cloning it, where the flash can be cloned, gives another handle on the same counter: nothing is remembered in RAM.
///
/// # Security
///
/// It never goes back by itself, whatever the power does. It is ordinary flash: whoever can write it, with a probe or from code
/// that runs on the chip, can put it back. Lock the debug port, and guard its pages where the chip can.
#[derive(Debug, Clone)]
pub struct FlashCounter<F> {
    flash: F,
    first: u32,
}

/// Why a counter could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The flash failed. Try again; nothing was lost.
    Flash(E),
    /// The place is no two whole pages of this flash, or its words are not of 4 bytes. A mistake in the flash map.
    Geometry,
    /// There is a counter already. The factory must not start it over.
    Exists,
}

impl<E: core::fmt::Debug> core::fmt::Display for OpenError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "counter flash failed: {e:?}"),
            Self::Geometry => {
                f.write_str("counter is not placed on two whole pages of 4-byte words")
            }
            Self::Exists => f.write_str("there is a counter already"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for OpenError<E> {}

/// What the two pages say.
#[derive(Debug, Clone, Copy)]
struct View {
    page: u32,
    steps: u32,
    value: u32,
}

impl<F: NorFlash> FlashCounter<F> {
    const PAGE: u32 = F::ERASE_SIZE as u32;

    /// Opens the counter whose two pages begin at `first`, and finishes a step that the power cut.
    ///
    /// A place where nothing was ever written opens too: [`read`](MonotonicCounter::read) then says
    /// [`CounterError::Corrupt`], because blank is not zero.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    ///
    /// # Power loss
    ///
    /// May be cut anywhere and repeated.
    pub fn open(flash: F, first: u32) -> Result<Self, OpenError<F::Error>> {
        let pages = Self::PAGE.checked_mul(crate::COUNTER_PAGES).ok_or(OpenError::Geometry)?;
        let end = first.checked_add(pages).ok_or(OpenError::Geometry)?;
        let fits = usize::try_from(end).is_ok_and(|end| end <= flash.capacity());
        let words = WORD as usize;
        let aligned = first.is_multiple_of(Self::PAGE) && Self::PAGE > COUNTER_HEADER;
        let readable = words.is_multiple_of(F::READ_SIZE);
        if !fits || !aligned || F::WRITE_SIZE != words || !readable {
            return Err(OpenError::Geometry);
        }
        let mut counter = Self { flash, first };
        counter.settle().map_err(OpenError::Flash)?;
        Ok(counter)
    }

    /// Begins the counter at zero. For the factory, once.
    ///
    /// # Errors
    ///
    /// [`OpenError::Exists`] when it was begun before.
    ///
    /// # Power loss
    ///
    /// Not begun, or begun.
    pub fn begin(&mut self) -> Result<(), OpenError<F::Error>> {
        if self.view().map_err(OpenError::Flash)?.is_some() {
            return Err(OpenError::Exists);
        }
        self.begin_page(self.first, 0).map_err(OpenError::Flash)
    }

    /// Makes certain what the power left in doubt. No word is programmed twice for that: a page whose header reads differently
    /// each time was being begun or erased and is erased; a step that does not read as taken or free is counted and the other
    /// page begins behind it.
    fn settle(&mut self) -> Result<(), F::Error> {
        for page in [self.first, self.other(self.first)] {
            let first = self.header(page)?;
            for _ in 1..LOOKS {
                if self.header(page)? != first {
                    self.flash.erase(page, page.saturating_add(Self::PAGE))?;
                    break;
                }
            }
        }
        let Some(view) = self.view()? else { return Ok(()) };
        let mut firm = true;
        for (step, wanted) in [(view.steps.checked_sub(1), 0), (Some(view.steps), BLANK)] {
            let Some(at) = step.and_then(|step| Self::place(view.page, step)) else { continue };
            for _ in 0..LOOKS {
                firm &= self.word(at)? == wanted;
            }
        }
        if firm { Ok(()) } else { self.begin_page(self.other(view.page), view.value) }
    }

    /// The place of the word of a step, or `None` behind the page's last.
    fn place(page: u32, step: u32) -> Option<u32> {
        let within = step.checked_mul(WORD)?.checked_add(COUNTER_HEADER)?;
        if within >= Self::PAGE { None } else { page.checked_add(within) }
    }

    fn other(&self, page: u32) -> u32 {
        if page == self.first { self.first.saturating_add(Self::PAGE) } else { self.first }
    }

    fn word(&mut self, at: u32) -> Result<u32, F::Error> {
        let mut bytes = [0; WORD as usize];
        self.flash.read(at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn program(&mut self, at: u32, word: u32) -> Result<(), F::Error> {
        self.flash.write(at, &word.to_le_bytes())
    }

    fn header(&mut self, page: u32) -> Result<Option<u32>, F::Error> {
        let mut words = [0; 3];
        for (word, at) in words.iter_mut().zip([0, WORD, WORD.saturating_mul(2)]) {
            *word = self.word(page.saturating_add(at))?;
        }
        Ok(parse_counter_header(words))
    }

    /// Counts the steps of a page: every word before the first blank one. A word that is neither blank nor zero was being
    /// programmed when the power failed, and counts.
    fn steps(&mut self, page: u32) -> Result<u32, F::Error> {
        let mut steps = 0;
        while let Some(at) = Self::place(page, steps) {
            if self.word(at)? == BLANK {
                break;
            }
            steps = steps.saturating_add(1);
        }
        Ok(steps)
    }

    /// The page that began last counts, whatever the other one holds: an erase that is cut may leave that one with any number
    /// of steps.
    fn view(&mut self) -> Result<Option<View>, F::Error> {
        let mut newest: Option<(u32, u32)> = None;
        for page in [self.first, self.other(self.first)] {
            if let Some(base) = self.header(page)?
                && newest.is_none_or(|(_, found)| base > found)
            {
                newest = Some((page, base));
            }
        }
        let Some((page, base)) = newest else { return Ok(None) };
        let steps = self.steps(page)?;
        Ok(Some(View { page, steps, value: base.saturating_add(steps) }))
    }

    /// Erases a page that counts no more and lets it count from `base`. The seal comes last: until then it is no page.
    fn begin_page(&mut self, page: u32, base: u32) -> Result<(), F::Error> {
        self.flash.erase(page, page.saturating_add(Self::PAGE))?;
        for (word, at) in counter_header(base).into_iter().zip([0, WORD, WORD.saturating_mul(2)]) {
            self.program(page.saturating_add(at), word)?;
        }
        Ok(())
    }

    fn advance(&mut self, view: View, value: u32) -> Result<(), F::Error> {
        let single = value.checked_sub(view.value) == Some(1);
        match Self::place(view.page, view.steps) {
            Some(at) if single => self.program(at, 0),
            _ => self.begin_page(self.other(view.page), value),
        }
    }
}

impl<F: NorFlash> MonotonicCounter for FlashCounter<F> {
    type Error = F::Error;

    fn read(&mut self) -> Result<u32, CounterError<Self::Error>> {
        match self.view().map_err(CounterError::Hardware)? {
            Some(view) => Ok(view.value),
            None => Err(CounterError::Corrupt),
        }
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<Self::Error>> {
        let view = self.view().map_err(CounterError::Hardware)?.ok_or(CounterError::Corrupt)?;
        if value < view.value {
            return Err(CounterError::WouldDecrease);
        }
        if value == view.value {
            return Ok(());
        }
        self.advance(view, value).map_err(CounterError::Hardware)?;
        // Read back: a flash that says yes and keeps the old value must not pass.
        if self.read()? == value { Ok(()) } else { Err(CounterError::Corrupt) }
    }

    fn max(&self) -> u32 {
        u32::MAX
    }
}
