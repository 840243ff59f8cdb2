//! A download: bytes come in, in order, from any transport.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::{Image, KeySet, Policy, Verified, Verifier};
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::{EventSink, MonotonicCounter};

use crate::format::{FIRST_PROGRESS, PROGRESS, Record};
use crate::updater::refused;
use crate::{Misuse, UpdateError, Updater};

/// Bytes that are gathered before they are written. A flash word and a page are multiples and divisors of it.
const BLOCK: usize = 256;

/// A download that is under way. Dropping it loses nothing: [`Updater::begin`] goes on where it stopped.
pub struct Download<'u, 'a, F, P: Sha256, C> {
    updater: &'u mut Updater<'a, F, P, C>,
    keys: KeySet<'a>,
    verifier: Verifier<'a, P>,
    digest: [u8; 32],
    size: u32,
    /// Bytes of the image that are on flash, a multiple of [`BLOCK`] until the end.
    stored: u32,
    block: [u8; BLOCK],
    filled: usize,
    /// A write failed: what is on flash is not known, and bytes of the block may be lost.
    broken: bool,
}

/// A download that waits for its next bytes without holding the updater: see [`Download::pause`].
pub struct Paused<'a, P: Sha256> {
    keys: KeySet<'a>,
    verifier: Verifier<'a, P>,
    sequence: u32,
    digest: [u8; 32],
    size: u32,
    stored: u32,
    block: [u8; BLOCK],
    filled: usize,
    broken: bool,
}

impl<P: Sha256> core::fmt::Debug for Paused<'_, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Paused").field("stored", &self.stored).finish_non_exhaustive()
    }
}

impl<P: Sha256> Paused<'_, P> {
    /// Returns the offset of the next byte that is wanted.
    #[must_use]
    pub const fn position(&self) -> u32 {
        self.verifier.position()
    }

    /// Returns the size of the image in bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    pub(crate) fn belongs_to(&self, record: &Record) -> bool {
        self.sequence == record.sequence && self.digest == record.digest
    }
}

impl<F, P: Sha256, C> core::fmt::Debug for Download<'_, '_, F, P, C> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Download").field("stored", &self.stored).finish_non_exhaustive()
    }
}

type Outcome<T, F, C> = Result<
    T,
    UpdateError<
        <F as embedded_storage_async::nor_flash::ErrorType>::Error,
        <C as MonotonicCounter>::Error,
    >,
>;

impl<F, P, C> Updater<'_, F, P, C> {
    /// Pages for each mark of progress.
    const fn pages_per_mark(&self, size: u32) -> u32 {
        let pages = size.div_ceil(self.config.map.page());
        let each = pages.div_ceil(PROGRESS);
        if each == 0 { 1 } else { each }
    }

    /// Where a download goes on: the bytes before this were written before a mark was set.
    pub(crate) fn resume_at(&self, size: u32, marks: u32) -> u32 {
        let bytes = self.pages_per_mark(size).saturating_mul(self.config.map.page());
        marks.saturating_mul(bytes).min(size)
    }
}

impl<'u, 'a, F, P, C> Download<'u, 'a, F, P, C>
where
    F: NorFlash,
    P: Sha256 + EcdsaP256Verify + Ed25519Verify,
    C: MonotonicCounter,
{
    /// Starts, or goes on after `marks` marks of progress; what is on flash already is hashed again.
    pub(crate) async fn start(
        updater: &'u mut Updater<'a, F, P, C>,
        keys: KeySet<'a>,
        policy: Policy<'a>,
        marks: u32,
        digest: [u8; 32],
        size: u32,
    ) -> Outcome<Self, F, C> {
        const {
            assert!(BLOCK.is_multiple_of(F::WRITE_SIZE) && BLOCK.is_multiple_of(F::READ_SIZE));
            assert!(F::ERASE_SIZE.is_multiple_of(BLOCK), "pages of 256 bytes or a multiple");
        }
        let target = updater.running.other();
        let verifier = Verifier::new(updater.config.provider, keys, &policy, target as u8);
        let goal = updater.resume_at(size, marks);
        let mut this = Self {
            updater,
            keys,
            verifier,
            digest,
            size,
            stored: 0,
            block: [0xff; BLOCK],
            filled: 0,
            broken: false,
        };
        while this.stored < goal {
            let at = this.address(this.stored);
            this.updater.flash.read(at, &mut this.block).await.map_err(UpdateError::Flash)?;
            let left = usize::try_from(goal.saturating_sub(this.stored)).unwrap_or(usize::MAX);
            let part = this.block.get(..left.min(BLOCK)).unwrap_or_default();
            if let Err(refusal) = this.verifier.feed(part) {
                // What is on flash is not what was written. The next call begins anew.
                this.updater.abort().await?;
                return Err(refusal.into());
            }
            this.stored = this.stored.saturating_add(BLOCK as u32).min(goal);
        }
        this.block = [0xff; BLOCK];
        Ok(this)
    }

    /// Lets go of the updater between two packets; [`Updater::go_on`] takes the download up again.
    #[must_use]
    pub fn pause(self) -> Paused<'a, P> {
        let sequence = self.updater.newest.map_or(0, |newest| newest.record.sequence);
        let Self { keys, verifier, digest, size, stored, block, filled, broken, .. } = self;
        Paused { keys, verifier, sequence, digest, size, stored, block, filled, broken }
    }

    /// Takes a paused download up again.
    pub(crate) fn resume(updater: &'u mut Updater<'a, F, P, C>, paused: Paused<'a, P>) -> Self {
        let Paused { keys, verifier, digest, size, stored, block, filled, broken, .. } = paused;
        Self { updater, keys, verifier, digest, size, stored, block, filled, broken }
    }

    /// Returns the offset of the next byte that is wanted.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.verifier.position()
    }

    /// Returns the size of the image in bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Takes the next bytes, of any number.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Refused`] as soon as it is certain that the image will not do: the download is given up.
    /// [`Misuse::TooMany`] for bytes after the image's end; none of the call's bytes are kept beyond it.
    /// [`UpdateError::Flash`]: drop the download and [`begin`](Updater::begin) again; until then [`Misuse::Interrupted`].
    ///
    /// # Power loss
    ///
    /// What was written before the last mark of progress need not be sent again.
    pub async fn write(&mut self, bytes: &[u8], events: &mut impl EventSink) -> Outcome<(), F, C> {
        self.check_whole()?;
        let taken = match self.verifier.feed(bytes) {
            Ok(taken) => taken,
            Err(refusal) => {
                events.event(refused(refusal));
                self.updater.abort().await?;
                return Err(refusal.into());
            }
        };
        for byte in bytes.iter().take(taken) {
            if let Some(place) = self.block.get_mut(self.filled) {
                *place = *byte;
            }
            self.filled = self.filled.saturating_add(1);
            if self.filled == BLOCK {
                self.flush().await?;
            }
        }
        if taken < bytes.len() {
            return Err(UpdateError::Misuse(Misuse::TooMany));
        }
        Ok(())
    }

    /// Ends: checks what arrived, then verifies what is on flash. What followed an older, longer image is erased.
    ///
    /// # Errors
    ///
    /// [`Misuse::Incomplete`] when bytes are missing, [`UpdateError::Refused`], [`UpdateError::NotAsOffered`]; after the last
    /// two the download is given up.
    pub async fn finish(mut self, events: &mut impl EventSink) -> Outcome<Verified<Image>, F, C> {
        self.check_whole()?;
        if !self.verifier.is_complete() {
            return Err(UpdateError::Misuse(Misuse::Incomplete));
        }
        if self.filled > 0 {
            self.flush().await?;
        }
        let rest = self.address(self.size.next_multiple_of(self.updater.config.map.page()));
        self.updater.erase_from(rest).await?;
        let Self { updater, keys, verifier, digest, .. } = self;
        let arrived = verifier.finish().map_err(UpdateError::Refused);
        let image = match arrived {
            Ok(image) if *image.digest() != digest => Err(UpdateError::NotAsOffered),
            Ok(_) => updater.verify_staged(keys, &digest).await,
            Err(refused) => Err(refused),
        };
        match &image {
            Err(UpdateError::Refused(refusal)) => events.event(refused(*refusal)),
            Err(UpdateError::NotAsOffered) => {}
            _ => return image,
        }
        updater.abort().await?;
        image
    }

    const fn check_whole(&self) -> Outcome<(), F, C> {
        if self.broken { Err(UpdateError::Misuse(Misuse::Interrupted)) } else { Ok(()) }
    }

    fn address(&self, offset: u32) -> u32 {
        let target = self.updater.running.other();
        self.updater.config.map.span(target).start().saturating_add(offset)
    }

    /// Writes the block; erases its page first where one begins, and marks the progress where one ends.
    async fn flush(&mut self) -> Outcome<(), F, C> {
        // Holds until the end, also when the caller drops this future half-way.
        self.broken = true;
        let page = self.updater.config.map.page();
        let at = self.address(self.stored);
        let flash = &mut self.updater.flash;
        if self.stored.is_multiple_of(page) {
            flash.erase(at, at.saturating_add(page)).await.map_err(UpdateError::Flash)?;
        }
        let len = self.filled.next_multiple_of(F::WRITE_SIZE).min(BLOCK);
        let words = self.block.get(..len).unwrap_or_default();
        flash.write(at, words).await.map_err(UpdateError::Flash)?;
        self.stored = self.stored.saturating_add(BLOCK as u32);
        self.block = [0xff; BLOCK];
        self.filled = 0;
        let each = self.updater.pages_per_mark(self.size).saturating_mul(page);
        if self.stored.is_multiple_of(each)
            && let Some(marks) = self.stored.checked_div(each)
            && let Some(newest) = self.updater.newest
        {
            // Mark n says that n + 1 parts are on flash.
            let mark = FIRST_PROGRESS.saturating_add(marks.saturating_sub(1));
            if marks <= PROGRESS {
                self.updater.log.set(&mut self.updater.flash, newest.place, mark).await?;
            }
        }
        self.broken = false;
        Ok(())
    }
}

impl<F, P, C> Updater<'_, F, P, C>
where
    F: NorFlash,
    C: MonotonicCounter,
{
    /// Erases the pages of the other slot from an address on that are not blank: nothing of an older image stays executable.
    pub(crate) async fn erase_from(&mut self, start: u32) -> Outcome<(), F, C> {
        let (page, target) = (self.config.map.page(), self.running.other());
        let end = self.config.map.span(target).end();
        let mut at = start;
        while at < end {
            let next = at.saturating_add(page);
            if !self.is_blank(at, next).await? {
                self.flash.erase(at, next).await.map_err(UpdateError::Flash)?;
            }
            at = next;
        }
        Ok(())
    }

    async fn is_blank(&mut self, from: u32, to: u32) -> Outcome<bool, F, C> {
        let mut block = [0; BLOCK];
        let mut at = from;
        while at < to {
            self.flash.read(at, &mut block).await.map_err(UpdateError::Flash)?;
            if block.iter().any(|byte| *byte != 0xff) {
                return Ok(false);
            }
            at = at.saturating_add(BLOCK as u32);
        }
        Ok(true)
    }
}
