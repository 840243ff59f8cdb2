//! Which entries there are, and in which order: 32 and 64 bit tags by SipHash-2-4.

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, hkdf_expand};

use crate::format::FIELDS;
use crate::sip::sip;

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
    #[inline(never)]
    pub(crate) fn entry(
        &self,
        page: &PageName,
        slot: u32,
        offset: u32,
        item: [u8; 4],
        before: u32,
    ) -> u32 {
        let [q0, q1, q2, q3] = page.seq.to_le_bytes();
        let [s0, s1, s2, s3, s4, s5, s6, s7] = page.salt;
        let [l0, l1, l2, l3] = slot.to_le_bytes();
        let [o0, o1, o2, o3] = offset.to_le_bytes();
        let [i0, i1, i2, i3] = item;
        let [b0, b1, b2, b3] = before.to_le_bytes();
        // In one row and not written field by field: the hash then takes whole words.
        let row = [
            q0, q1, q2, q3, s0, s1, s2, s3, s4, s5, s6, s7, l0, l1, l2, l3, o0, o1, o2, o3, i0, i1,
            i2, i3, b0, b1, b2, b3,
        ];
        sip::<2, 4>(self.0.expose(), &row) as u32
    }

    /// Returns the tag of a page header. Its input has another length than that of an entry.
    pub(crate) fn header(&self, fields: &[u8; FIELDS]) -> [u8; 8] {
        sip::<2, 4>(self.0.expose(), fields).to_le_bytes()
    }
}
