//! Sealing without a nonce: SIV (Rogaway and Shrimpton 2006) from HMAC-SHA-256 alone.

use crate::{HmacSha256, Secret, ct_eq};

/// Bytes of a tag.
pub const SIV_TAG_LEN: usize = 16;

/// The two keys of a cipher that needs no nonce, so that no dead random source, power cut or restored flash image can make one
/// repeat. The same context and plaintext give the same bytes: put a number into the context.
///
/// The tag is HMAC over context and plaintext, cut to 128 bits; block `i` of 32 bytes is added to HMAC over tag and `i`. `i` is one
/// byte, and four in little-endian order from block 256 on. Used by records of the event log and of the offline queue.
pub struct Siv {
    mac: Secret<[u8; 32]>,
    stream: Secret<[u8; 32]>,
}

impl Siv {
    /// Takes two independent keys that serve nothing else.
    #[must_use]
    pub const fn new(mac: Secret<[u8; 32]>, stream: Secret<[u8; 32]>) -> Self {
        Self { mac, stream }
    }

    /// Returns the tag over a context and a plaintext.
    ///
    /// # Security
    ///
    /// Nothing marks where the context ends: under one pair of keys its length has to follow from what it says.
    pub fn tag(&self, hmac: &impl HmacSha256, context: &[u8], plain: &[u8]) -> [u8; SIV_TAG_LEN] {
        let full = hmac.hmac_sha256(self.mac.expose(), &[context, plain]);
        let mut tag = [0; SIV_TAG_LEN];
        tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        tag
    }

    /// Adds the key stream that belongs to a tag: encrypts and decrypts.
    ///
    /// # Security
    ///
    /// What it decrypts is worth nothing until [`accepts`](Self::accepts) says so.
    pub fn apply_stream(&self, hmac: &impl HmacSha256, tag: &[u8; SIV_TAG_LEN], data: &mut [u8]) {
        for (index, chunk) in (0_u32..=u32::MAX).zip(data.chunks_mut(32)) {
            let bytes = index.to_le_bytes();
            let [low, ..] = bytes;
            let number: &[u8] = if index < 256 { &[low] } else { &bytes };
            let block = Secret::new(hmac.hmac_sha256(self.stream.expose(), &[tag, number]));
            chunk.iter_mut().zip(block.expose()).for_each(|(byte, key)| *byte ^= key);
        }
    }

    /// Encrypts in place and returns the tag.
    pub fn seal(
        &self,
        hmac: &impl HmacSha256,
        context: &[u8],
        data: &mut [u8],
    ) -> [u8; SIV_TAG_LEN] {
        let tag = self.tag(hmac, context, data);
        self.apply_stream(hmac, &tag, data);
        tag
    }

    /// Checks the tag of a plaintext in constant time.
    #[must_use]
    pub fn accepts(
        &self,
        hmac: &impl HmacSha256,
        context: &[u8],
        plain: &[u8],
        tag: &[u8; SIV_TAG_LEN],
    ) -> bool {
        ct_eq(&self.tag(hmac, context, plain), tag)
    }
}
