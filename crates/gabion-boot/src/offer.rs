//! The first look at an update: its two ends, before its body is fetched.

use core::ops::Deref;

use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};

use crate::{Image, KeySet, Policy, Refusal, Verified, Verifier};

/// What an update claims, judged from its two ends alone.
///
/// The hash that it names was signed by a trusted key, and header, counter, ids and dependencies satisfy the policy. The
/// body was not seen, so this is no [`Verified`]: it only says that fetching the body is worth it.
///
/// # Security
///
/// The signature covers the hash; that the header and the protected TLVs belong to this hash only shows at the end. Somebody
/// without a key can at most replay a hash that was signed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer(Image);

impl Offer {
    pub(crate) fn new(image: Verified<Image>) -> Self {
        Self(image.into_inner())
    }

    /// Judges an update by its first 32 bytes and by everything that follows its body.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]. Do not fetch the body.
    pub fn parse<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
        head: &[u8; 32],
        tail: &[u8],
        keys: KeySet<'_>,
        policy: &Policy<'_>,
        provider: &P,
    ) -> Result<Self, Refusal> {
        let mut verifier = Verifier::new(provider, keys, policy, 0);
        verifier.feed(head)?;
        verifier.skip_body()?;
        verifier.feed(tail)?;
        verifier.finish_offer()
    }
}

impl Deref for Offer {
    type Target = Image;

    fn deref(&self) -> &Image {
        &self.0
    }
}
