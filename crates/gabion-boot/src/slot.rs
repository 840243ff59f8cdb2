//! Verifying a slot of a flash that is not trusted.

use embedded_storage_async::nor_flash::ReadNorFlash;
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};

use crate::{Image, KeySet, Policy, Verified, Verifier, VerifyError};

/// Bytes that are read at once. The read size of a flash must divide it.
pub const CHUNK: usize = 256;

/// A range of a flash that holds one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// A number of the caller's; the witness carries it.
    pub number: u8,
    /// Where the slot begins on the flash, in bytes.
    pub offset: u32,
    /// Its size in bytes.
    pub size: u32,
}

/// Verifies the image in a slot: one pass from its start, each byte read once.
///
/// `copy` is given each piece of the image as it was read and hashed: with RAM as its target, what was verified is what
/// runs, even from a flash that answers differently each time. Where the image runs in place, pass `|_, _| ()`.
///
/// # Errors
///
/// [`VerifyError::Flash`] when the flash fails, [`VerifyError::Refused`] when the image does, [`VerifyError::Misuse`] when
/// the slot does not fit the flash.
///
/// # Security
///
/// For an image that runs in place the flash must not be writable by others between this check and the run; verify at
/// every boot. What `copy` was given may only be used after `Ok`.
pub async fn verify<F: ReadNorFlash, P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    flash: &mut F,
    slot: Slot,
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    provider: &P,
    copy: impl FnMut(u32, &[u8]),
) -> Result<Verified<Image>, VerifyError<F::Error>> {
    Ok(read(flash, slot, keys, policy, provider, copy).await?.finish()?)
}

/// Feeds a verifier from a slot until the image is complete or refused.
pub(crate) async fn read<'a, F: ReadNorFlash, P: Sha256>(
    flash: &mut F,
    slot: Slot,
    keys: KeySet<'a>,
    policy: &Policy<'a>,
    provider: &'a P,
    mut copy: impl FnMut(u32, &[u8]),
) -> Result<Verifier<'a, P>, VerifyError<F::Error>> {
    const { assert!(F::READ_SIZE <= CHUNK && CHUNK.is_multiple_of(F::READ_SIZE)) }
    let unit = u32::try_from(F::READ_SIZE).map_err(|_| VerifyError::Misuse)?;
    let end = slot.offset.checked_add(slot.size).ok_or(VerifyError::Misuse)?;
    let fits = usize::try_from(end).is_ok_and(|end| end <= flash.capacity());
    if !fits || !slot.offset.is_multiple_of(unit) || !slot.size.is_multiple_of(unit) {
        return Err(VerifyError::Misuse);
    }
    let policy = policy.within(slot.size);
    let mut verifier = Verifier::new(provider, keys, &policy, slot.number);
    let mut chunk = [0; CHUNK];
    let mut address = slot.offset;
    while !verifier.is_complete() && address < end {
        let left = usize::try_from(end.saturating_sub(address)).unwrap_or(usize::MAX);
        let part = chunk.get_mut(..left.min(CHUNK)).ok_or(VerifyError::Misuse)?;
        flash.read(address, part).await.map_err(VerifyError::Flash)?;
        let start = verifier.position();
        let taken = verifier.feed(part)?;
        copy(start, part.get(..taken).unwrap_or_default());
        let step = u32::try_from(part.len()).map_err(|_| VerifyError::Misuse)?;
        address = address.saturating_add(step);
    }
    Ok(verifier)
}
