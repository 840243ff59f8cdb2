//! Looking again while the image runs (EN 303 645 5.7-2).

use embedded_storage_async::nor_flash::ReadNorFlash;
use gabion_crypto::{Digest, Sha256, ct_eq};
use gabion_hal::{Event, EventKind, EventSink, Severity, Source};

use crate::{CHUNK, Image, Slot, Verified, VerifyError};

/// Hashes the running image again, a slice at a time, round after round.
///
/// Finds flash that decays and code that was changed under a running device. What to do then is the device's own policy:
/// alert, restrict the network to what recovery needs, offer recovery; the event is [`EventKind::ImageDamaged`].
///
/// # Security
///
/// A check by the image over itself: it finds accidents and attackers who do not know of it, not one who already runs code.
pub struct Recheck<P: Sha256> {
    slot: Slot,
    expected: [u8; 32],
    signed_len: u32,
    position: u32,
    running: Option<P::Digest>,
    rounds: u32,
}

/// How far a round came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// So many bytes of the image are left in this round.
    Left(u32),
    /// The round ended and the image is as it was verified.
    Whole,
    /// The round ended and the image is not as it was verified. The next call starts another round.
    Damaged,
}

impl<P: Sha256> core::fmt::Debug for Recheck<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Recheck").field("position", &self.position).finish_non_exhaustive()
    }
}

impl<P: Sha256> Recheck<P> {
    /// Starts for an image that was verified in this slot.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Misuse`] when the image does not lie in the slot.
    pub fn new<E>(image: &Verified<Image>, slot: Slot) -> Result<Self, VerifyError<E>> {
        let signed_len = image.header().signed_len()?;
        if image.slot() != slot.number || image.end() > slot.size {
            return Err(VerifyError::Misuse);
        }
        let expected = *image.digest();
        Ok(Self { slot, expected, signed_len, position: 0, running: None, rounds: 0 })
    }

    /// Returns how many rounds ended, saturating.
    #[must_use]
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Hashes up to `budget` bytes more, at least one read's worth.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Flash`]: the round goes on where it stopped. [`VerifyError::Misuse`] when the slot does not fit the
    /// flash's reads.
    pub async fn step<F: ReadNorFlash>(
        &mut self,
        flash: &mut F,
        provider: &P,
        budget: u32,
        events: &mut impl EventSink,
    ) -> Result<Progress, VerifyError<F::Error>> {
        const { assert!(F::READ_SIZE <= CHUNK && CHUNK.is_multiple_of(F::READ_SIZE)) }
        let mut digest = self.running.take().unwrap_or_else(|| {
            // A step that was dropped while it waited for the flash took its hash along: the round begins again.
            self.position = 0;
            provider.sha256_start()
        });
        let until = self.position.saturating_add(budget.max(1)).min(self.signed_len);
        let mut chunk = [0; CHUNK];
        while self.position < until {
            let address = self.slot.offset.saturating_add(self.position);
            // Reads are aligned; the last one may reach past the image, and never past the slot.
            let room = self.slot.size.saturating_sub(self.position);
            let len = usize::try_from(room).unwrap_or(usize::MAX).min(CHUNK);
            let part = chunk.get_mut(..len).ok_or(VerifyError::Misuse)?;
            if let Err(error) = flash.read(address, part).await {
                self.running = Some(digest);
                return Err(VerifyError::Flash(error));
            }
            let left = usize::try_from(self.signed_len.saturating_sub(self.position));
            let part = part.get(..left.unwrap_or(usize::MAX)).unwrap_or(part);
            digest.update(part);
            let step = u32::try_from(part.len()).map_err(|_| VerifyError::Misuse)?;
            self.position = self.position.saturating_add(step);
        }
        if self.position < self.signed_len {
            self.running = Some(digest);
            return Ok(Progress::Left(self.signed_len.saturating_sub(self.position)));
        }
        self.position = 0;
        self.rounds = self.rounds.saturating_add(1);
        if ct_eq(&digest.finish(), &self.expected) {
            return Ok(Progress::Whole);
        }
        let slot = u16::from(self.slot.number);
        events.event(Event::new(EventKind::ImageDamaged, Severity::Critical, Source::Boot, slot));
        Ok(Progress::Damaged)
    }
}
