//! Verifying an image that lies in memory.

use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256, Sha512};

use crate::{Image, KeySet, Policy, Refusal, Verified, Verifier};

/// Verifies an image that lies in memory from its start; `bytes` is the whole slot or more than the image.
///
/// # Errors
///
/// A [`Refusal`].
pub fn verify_bytes<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    bytes: &[u8],
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    provider: &P,
) -> Result<Verified<Image>, Refusal> {
    let policy = policy.within(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let mut verifier = Verifier::new(provider, keys, &policy, 0);
    verifier.feed(bytes)?;
    verifier.finish()
}

/// As [`verify_bytes`], and also takes pure Ed25519, whose signature is over the bytes and not over their hash.
///
/// A pure signature cannot be checked in one pass, because it stands behind what it signs: so this is only for memory.
///
/// # Errors
///
/// A [`Refusal`].
///
/// # Security
///
/// The memory is read several times and must not change meanwhile: RAM or internal flash, never an external one.
pub fn verify_bytes_or_pure<P: Sha256 + Sha512 + EcdsaP256Verify + Ed25519Verify>(
    bytes: &[u8],
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    provider: &P,
) -> Result<Verified<Image>, Refusal> {
    let policy = policy.within(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let mut verifier = Verifier::new(provider, keys, &policy, 0).with_pure();
    verifier.feed(bytes)?;
    verifier.finish_or_pure(bytes)
}
