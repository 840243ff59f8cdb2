//! The cipher of records (§2): SIV from HMAC-SHA-256, as the event log's. No nonce, so no dead random source and no cut can make
//! one repeat.

use gabion_crypto::{HmacSha256, Secret, ct_eq};

use crate::format::{TAG, Tag};

/// The keys of a queue, from the one that the sealed store keeps for it.
pub(crate) struct Keys {
    mac: Secret<[u8; 32]>,
    stream: Secret<[u8; 32]>,
    /// Tells the messages of this queue from those of one with another key.
    pub(crate) queue: u32,
}

impl Keys {
    pub(crate) fn derive(hmac: &impl HmacSha256, key: &Secret<[u8; 32]>) -> Self {
        // The key serves nothing else, so a label each keeps these apart.
        let mac = Secret::new(hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue mac"]));
        let stream = Secret::new(hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue stream"]));
        let [a, b, c, d, ..] = hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue name"]);
        Self { mac, stream, queue: u32::from_le_bytes([a, b, c, d]) }
    }

    /// Returns the tag over a context of fixed length and a plaintext.
    pub(crate) fn tag(&self, hmac: &impl HmacSha256, context: &[u8], plain: &[u8]) -> Tag {
        let full = hmac.hmac_sha256(self.mac.expose(), &[context, plain]);
        let mut tag = [0; TAG];
        tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
        tag
    }

    /// Adds the key stream that belongs to a tag: encrypts and decrypts.
    pub(crate) fn apply_stream(&self, hmac: &impl HmacSha256, tag: &Tag, data: &mut [u8]) {
        for (index, chunk) in (0_u8..=u8::MAX).zip(data.chunks_mut(32)) {
            let block = Secret::new(hmac.hmac_sha256(self.stream.expose(), &[tag, &[index]]));
            chunk.iter_mut().zip(block.expose()).for_each(|(byte, key)| *byte ^= key);
        }
    }

    /// Checks the tag of a plaintext in constant time.
    pub(crate) fn accepts(
        &self,
        hmac: &impl HmacSha256,
        context: &[u8],
        plain: &[u8],
        tag: &Tag,
    ) -> bool {
        ct_eq(&self.tag(hmac, context, plain), tag)
    }
}
