//! Which entries there are, and in which order: 32 and 64 bit tags by SipHash-2-4.

use core::hash::Hasher;

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, hkdf_expand};
use siphasher::sip::SipHasher24;

use crate::format::FIELDS;

/// The key that authenticates headers and commit entries of one store.
pub(crate) struct Chain(Secret<[u8; 16]>);

/// A page, as far as tags depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageName {
    pub(crate) seq: u32,
    pub(crate) salt: [u8; 8],
}

impl Chain {
    /// Derives the key of a store.
    pub(crate) fn new(
        hmac: &impl HmacSha256,
        root: &Secret<[u8; 32]>,
        store: &[u8; 16],
    ) -> Result<Self, CryptoError> {
        let mut key = Secret::zeroed();
        hkdf_expand(hmac, root, Label::StorageChain, [store, &[]], key.expose_mut())?;
        Ok(Self(key))
    }

    /// Returns the tag of a commit entry: it stands on the one before, so that none can be taken out or moved.
    pub(crate) fn entry(
        &self,
        page: &PageName,
        slot: u32,
        offset: u32,
        item: [u8; 4],
        before: u32,
    ) -> u32 {
        let mut hasher = SipHasher24::new_with_key(self.0.expose());
        hasher.write(&page.seq.to_le_bytes());
        hasher.write(&page.salt);
        hasher.write(&slot.to_le_bytes());
        hasher.write(&offset.to_le_bytes());
        hasher.write(&item);
        hasher.write(&before.to_le_bytes());
        let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Returns the tag of a page header. Its input has another length than that of an entry.
    pub(crate) fn header(&self, fields: &[u8; FIELDS]) -> [u8; 8] {
        SipHasher24::new_with_key(self.0.expose()).hash(fields).to_le_bytes()
    }
}
