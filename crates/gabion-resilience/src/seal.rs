//! The cipher of records (§2): [`Siv`], as the event log's. It needs no nonce.

use gabion_crypto::{HmacSha256, Secret, Siv};

/// The keys of a queue, from the one that the sealed store keeps for it.
pub(crate) struct Keys {
    pub(crate) cipher: Siv,
    /// Tells the messages of this queue from those of one with another key.
    pub(crate) queue: u32,
}

impl Keys {
    pub(crate) fn derive(hmac: &impl HmacSha256, key: &Secret<[u8; 32]>) -> Self {
        // The key serves nothing else, so a label each keeps these apart.
        let mac = Secret::new(hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue mac"]));
        let stream = Secret::new(hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue stream"]));
        let [a, b, c, d, ..] = hmac.hmac_sha256(key.expose(), &[b"gabion/1 queue name"]);
        Self { cipher: Siv::new(mac, stream), queue: u32::from_le_bytes([a, b, c, d]) }
    }
}
