//! Nonces that repeat for no two messages, dead random source and restored image included (goal N7).

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, hkdf_expand};

use crate::chain::PageName;
use crate::format::{Shape, VERSION};
use crate::sip::sip;

/// Makes nonces: 4 bytes say where the record stands, 8 bytes are a pseudo-random function of everything that is sealed.
///
/// Two records at different places differ in the first part. Two at the same place, after an image was restored, differ in the
/// second unless they are the same message, but for a chance of 2^-64 per pair. See docs/spec/storage.md, section Nonces.
pub(crate) struct NonceKey {
    part: Secret<[u8; 16]>,
    salt: Secret<[u8; 16]>,
}

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
    let mut nonce = [0; 12];
    if let Some((to, rest)) = nonce.split_first_chunk_mut() {
        *to = place(shape, page, offset);
        rest.first_chunk_mut().into_iter().for_each(|to| *to = part);
    }
    nonce
}

impl NonceKey {
    /// Derives the key of this boot.
    pub(crate) fn new(
        hmac: &impl HmacSha256,
        boot: &Secret<[u8; 32]>,
        store: &[u8; 16],
    ) -> Result<Self, CryptoError> {
        let (mut part, mut salt) = (Secret::zeroed(), Secret::zeroed());
        hkdf_expand(hmac, boot, Label::StorageNonce, [store, b"siv"], part.expose_mut())?;
        hkdf_expand(hmac, boot, Label::StorageNonce, [store, b"salt"], salt.expose_mut())?;
        Ok(Self { part, salt })
    }

    /// Returns the stored part of the nonce of a message: the salt of its page, its value, its item, in one row.
    ///
    /// SipHash-1-3, because this is on the way of every put, and what it must do is not to collide under a key that lives for
    /// one boot; docs/spec/storage.md, section 7.
    pub(crate) fn part(&self, message: &[u8]) -> [u8; 8] {
        sip::<1, 3>(self.part.expose(), message).to_le_bytes()
    }

    /// Returns 8 bytes for a page's salt: new for every page and every past of it.
    pub(crate) fn salt(&self, seq: u32, before_mac: u32, commits: u32, vault: u32) -> [u8; 8] {
        let mut row = [0; 16];
        let words = [seq, before_mac, commits, vault].into_iter().flat_map(u32::to_le_bytes);
        row.iter_mut().zip(words).for_each(|(to, from)| *to = from);
        sip::<2, 4>(self.salt.expose(), &row).to_le_bytes()
    }
}
