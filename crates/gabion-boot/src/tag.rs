//! A symmetric scheme for parts that cannot afford signatures (EN 303 645 5.7-1, for constrained devices).

use embedded_storage_async::nor_flash::ReadNorFlash;
use gabion_crypto::{HmacSha256, Secret, Sha256};

use crate::slot::read;
use crate::{Image, KeySet, Policy, Slot, Verified, VerifyError};

/// Keeps tags apart from every other use of the key.
const CONTEXT: &[u8] = b"gabion image tag 1";

/// A key under which a device vouches for its images, or its back end does.
///
/// There are two ways to use it:
///
/// - **Only the device knows it** (derived from its root key): the updater verifies the signature once, makes the tag with
///   [`tag`](Self::tag) and stores it; the boot loader then needs no code for signatures, which is most of its size.
/// - **The back end knows it too** and sends the tag along with an image; no code for signatures is needed at all.
///
/// # Security
///
/// Weaker than a signature: whoever learns the key can make images for this device. So the key is unique for each device
/// (5.4-4) and out of reach of everything but boot loader and updater, and a back end that holds all keys is worth an attack.
/// The tag covers the hash of everything that a signature covers: counter, ids and dependencies are protected alike.
#[derive(Debug)]
pub struct TagKey(Secret<[u8; 32]>);

impl TagKey {
    /// Takes the key; derive it from the chip's root key under a label of its own.
    #[must_use]
    pub const fn new(key: Secret<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Makes the tag for an image. Only a witness is tagged, so nothing unverified becomes bootable.
    pub fn tag(&self, provider: &impl HmacSha256, image: &Verified<Image>) -> [u8; 32] {
        self.tag_of(provider, image.digest())
    }

    fn tag_of(&self, provider: &impl HmacSha256, digest: &[u8; 32]) -> [u8; 32] {
        provider.hmac_sha256(self.0.expose(), &[CONTEXT, digest])
    }

    /// Verifies the image in a slot by its tag. A signature is not looked at and may be missing; all else is as in
    /// [`verify`](crate::verify).
    ///
    /// # Errors
    ///
    /// As [`verify`](crate::verify); a wrong tag is [`Refusal::SignatureInvalid`](crate::Refusal::SignatureInvalid).
    pub async fn verify<F: ReadNorFlash, P: Sha256 + HmacSha256>(
        &self,
        flash: &mut F,
        slot: Slot,
        tag: &[u8; 32],
        policy: &Policy<'_>,
        provider: &P,
    ) -> Result<Verified<Image>, VerifyError<F::Error>> {
        let verifier = read(flash, slot, KeySet::new(&[]), policy, provider, |_, _| ()).await?;
        Ok(verifier.finish_tagged(|digest| self.tag_of(provider, digest), tag)?)
    }
}
