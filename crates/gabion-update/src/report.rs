//! What is told of the slots: only what verifies.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::{CHUNK, Effort, Image, Verified, verify};
use gabion_crypto::{Digest, EcdsaP256Verify, Ed25519Verify, Sha256};
use gabion_hal::MonotonicCounter;

use crate::updater::Outcome;
use crate::{Misuse, SlotId, UpdateError, Updater};

impl<F, P, C> Updater<'_, F, P, C>
where
    F: NorFlash,
    P: Sha256 + EcdsaP256Verify + Ed25519Verify,
    C: MonotonicCounter,
{
    /// Verifies the image in a slot, for a report: what a device tells of its slots should be true. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Refused`] for what could not run from there today.
    pub async fn inspect(&mut self, slot: SlotId) -> Outcome<Verified<Image>, F, C> {
        let state = self.state().await?;
        let keys = self.keys(state);
        let policy = self.policy(slot)?.effort(Effort::Single);
        let provider = self.config.provider;
        let place = self.config.map.slot(slot);
        Ok(verify(&mut self.flash, place, keys, &policy, provider, |_, _| ()).await?)
    }

    /// Hashes the first `len` bytes of a slot, whatever they are: for transports that name an upload by the hash of its file.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Flash`]; [`Misuse::TooMany`] for more bytes than the slot has.
    pub async fn hash_slot(&mut self, slot: SlotId, len: u32) -> Outcome<[u8; 32], F, C> {
        let span = self.config.map.span(slot);
        if len > span.len() {
            return Err(UpdateError::Misuse(Misuse::TooMany));
        }
        let mut digest = self.config.provider.sha256_start();
        let mut chunk = [0; CHUNK];
        let mut done: u32 = 0;
        while done < len {
            let at = span.start().saturating_add(done);
            // Whole chunks: a slot is whole pages, and a page is whole chunks.
            self.flash.read(at, &mut chunk).await.map_err(UpdateError::Flash)?;
            let left = usize::try_from(len.saturating_sub(done)).unwrap_or(usize::MAX);
            digest.update(chunk.get(..left).unwrap_or(&chunk));
            done = done.saturating_add(CHUNK as u32);
        }
        Ok(digest.finish())
    }
}
