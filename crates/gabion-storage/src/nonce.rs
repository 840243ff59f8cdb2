//! Nonces that repeat for no two messages, dead random source and restored image included (goal N7).

use core::hash::Hasher;

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, hkdf_expand};
use siphasher::sip::SipHasher24;

use crate::chain::PageName;
use crate::format::{Shape, VERSION};

/// Makes nonces: 4 bytes say where the record stands, 8 bytes are a pseudo-random function of everything that is sealed.
///
/// Two records at different places differ in the first part. Two at the same place, after an image was restored, differ in the
/// second unless they are the same message, but for a chance of 2^-64 per pair. See docs/spec/storage.md, section Nonces.
pub(crate) struct NonceKey(Secret<[u8; 16]>);

/// Bytes that are authenticated beside value and nonce.
pub(crate) type Aad = [u8; 16];

/// Makes the associated data of a record.
pub(crate) fn aad(page: &PageName, algorithm: u8, item: [u8; 4]) -> Aad {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = page.salt;
    let [i0, i1, i2, i3] = item;
    [VERSION, algorithm, b'g', b'b', s0, s1, s2, s3, s4, s5, s6, s7, i0, i1, i2, i3]
}

/// Returns the part of the nonce that says where the record stands: no two places of a page share it, because a body has at
/// least 28 bytes.
fn place(shape: Shape, page: &PageName, offset: u32) -> [u8; 4] {
    let per_page = shape.page.div_ceil(16).next_power_of_two();
    let within = offset.checked_div(16).unwrap_or_default();
    page.seq.wrapping_mul(per_page).wrapping_add(within).to_le_bytes()
}

/// Puts a nonce together.
pub(crate) fn nonce(shape: Shape, page: &PageName, offset: u32, part: [u8; 8]) -> [u8; 12] {
    let [p0, p1, p2, p3] = place(shape, page, offset);
    let [n0, n1, n2, n3, n4, n5, n6, n7] = part;
    [p0, p1, p2, p3, n0, n1, n2, n3, n4, n5, n6, n7]
}

impl NonceKey {
    /// Derives the key of this boot.
    pub(crate) fn new(
        hmac: &impl HmacSha256,
        boot: &Secret<[u8; 32]>,
        store: &[u8; 16],
    ) -> Result<Self, CryptoError> {
        let mut key = Secret::zeroed();
        hkdf_expand(hmac, boot, Label::StorageNonce, [store, b"siv"], key.expose_mut())?;
        Ok(Self(key))
    }

    /// Returns the stored part of the nonce.
    pub(crate) fn part(&self, page: &PageName, offset: u32, aad: &Aad, value: &[u8]) -> [u8; 8] {
        let mut hasher = SipHasher24::new_with_key(self.0.expose());
        hasher.write(&page.seq.to_le_bytes());
        hasher.write(&offset.to_le_bytes());
        hasher.write(aad);
        hasher.write(value);
        hasher.finish().to_le_bytes()
    }

    /// Returns 8 bytes for a page's salt: new for every page and every past of it.
    pub(crate) fn salt(&self, seq: u32, before_mac: u32, commits: u32, vault: u32) -> [u8; 8] {
        let mut hasher = SipHasher24::new_with_key(self.0.expose());
        for word in [seq, before_mac, commits, vault] {
            hasher.write(&word.to_le_bytes());
        }
        hasher.finish().to_le_bytes()
    }
}
