//! The state partition of `embassy-boot`: for devices that keep that boot loader, which swaps two partitions and verifies nothing.
//!
//! Its first word tells what to do, its second whether the words after it count the pages that were swapped. Two cuts make what it
//! reports differ from what runs: one while an image is confirmed (it reports a revert, and the new image runs), one between the end
//! of a swap and the first boot (it goes back from an image that never ran). So nothing is told here from the word alone: what runs is
//! what was verified in the active partition.

use embedded_storage_async::nor_flash::{MultiwriteNorFlash, NorFlash};
use gabion_boot::{Image, Verified};

use crate::Standing;

const BOOT: u8 = 0xd0;
const SWAP: u8 = 0xf0;
const REVERT: u8 = 0xc0;
const DETACH: u8 = 0xe0;
/// Longest flash word in bytes.
const MAX_WORD: usize = 32;

/// What the state partition says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmbassyMark {
    /// Keep what is in the active partition.
    Boot,
    /// Swap at the next boot; or, after the swap, go back at the next boot.
    Swap,
    /// It went back.
    Revert,
    /// The application asked for a boot loader that takes updates itself.
    Detach,
    /// Erased, torn, or damaged: the boot loader keeps what is in the active partition.
    Unknown,
}

/// The state partition, as the application uses it. `S` is the partition alone, from its first byte.
#[derive(Debug)]
pub struct EmbassyState<S> {
    flash: S,
}

impl<S: NorFlash> EmbassyState<S> {
    /// Takes the partition.
    pub const fn new(flash: S) -> Self {
        const {
            assert!(S::WRITE_SIZE <= MAX_WORD && S::WRITE_SIZE.is_multiple_of(S::READ_SIZE));
        }
        Self { flash }
    }

    /// Gives the partition back.
    pub fn into_flash(self) -> S {
        self.flash
    }

    /// Reads the mark.
    ///
    /// # Errors
    ///
    /// The flash failed.
    pub async fn read(&mut self) -> Result<EmbassyMark, S::Error> {
        let mut word = [0; MAX_WORD];
        let word = word.get_mut(..S::WRITE_SIZE).unwrap_or_default();
        self.flash.read(0, word).await?;
        let all = |magic: u8| word.iter().all(|byte| *byte == magic);
        Ok(match () {
            () if all(SWAP) => EmbassyMark::Swap,
            () if all(DETACH) => EmbassyMark::Detach,
            () if all(REVERT) => EmbassyMark::Revert,
            () if all(BOOT) => EmbassyMark::Boot,
            () => EmbassyMark::Unknown,
        })
    }

    /// Tells how the running image stands. `running` was verified in the active partition; `installed` is the digest of the update
    /// that was installed last (keep it where your settings are), `None` if there was none.
    ///
    /// # Errors
    ///
    /// The flash failed.
    pub async fn standing(
        &mut self,
        running: &Image,
        installed: Option<&[u8; 32]>,
    ) -> Result<Standing, S::Error> {
        let runs_new = installed == Some(running.digest());
        Ok(match (self.read().await?, runs_new) {
            (EmbassyMark::Swap, true) => Standing::Trial { boots_left: 0 },
            (EmbassyMark::Swap, false) => Standing::Pending,
            // A revert is one only if the old image runs.
            (EmbassyMark::Revert, false) if installed.is_some() => Standing::Reverted,
            _ => Standing::Confirmed,
        })
    }

    /// Makes the next boot swap. Takes the witness of the image in the update partition, so nothing unverified is installed.
    ///
    /// # Errors
    ///
    /// The flash failed; do it again.
    ///
    /// # Power loss
    ///
    /// The next boot keeps the running image, or swaps.
    pub async fn install(&mut self, image: &Verified<Image>) -> Result<(), S::Error> {
        let _witness = image;
        self.mark(SWAP).await
    }

    /// Keeps the running image on flash whose words are written once between erases.
    ///
    /// # Errors
    ///
    /// The flash failed; do it again.
    ///
    /// # Power loss
    ///
    /// Whatever remains keeps the new image: the boot loader may call it a revert, and copies nothing.
    pub async fn confirm(&mut self) -> Result<(), S::Error> {
        self.mark(BOOT).await
    }

    /// Writes a mark in the boot loader's own order: progress is made invalid first, so that a cut erase cannot pass for a part of a
    /// swap.
    async fn mark(&mut self, magic: u8) -> Result<(), S::Error> {
        let word = u32::try_from(S::WRITE_SIZE).unwrap_or(u32::MAX);
        let mut bytes = [0; MAX_WORD];
        let bytes = bytes.get_mut(..S::WRITE_SIZE).unwrap_or_default();
        self.flash.read(0, bytes).await?;
        if bytes.iter().all(|byte| *byte == magic) {
            return Ok(());
        }
        self.flash.read(word, bytes).await?;
        if bytes.iter().all(|byte| *byte == 0xff) {
            bytes.fill(0);
            self.flash.write(word, bytes).await?;
        }
        let end = u32::try_from(self.flash.capacity()).unwrap_or(u32::MAX);
        self.flash.erase(0, end).await?;
        bytes.fill(magic);
        self.flash.write(0, bytes).await
    }
}

impl<S: MultiwriteNorFlash> EmbassyState<S> {
    /// As [`confirm`](Self::confirm), by one word and no erase: the mark of a kept image is that of a swap with bits cleared.
    ///
    /// # Errors
    ///
    /// The flash failed; do it again.
    ///
    /// # Power loss
    ///
    /// On trial as before, or kept: every word between the two is one that the boot loader keeps the image for.
    pub async fn confirm_in_place(&mut self) -> Result<(), S::Error> {
        match self.read().await? {
            EmbassyMark::Swap => {
                let word = [BOOT; MAX_WORD];
                self.flash.write(0, word.get(..S::WRITE_SIZE).unwrap_or_default()).await
            }
            EmbassyMark::Boot => Ok(()),
            _ => self.mark(BOOT).await,
        }
    }
}
