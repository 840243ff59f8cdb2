//! The hash over the handshake so far (RFC 8446 §4.4.1).

use gabion_crypto::{Digest, Sha256};

pub(crate) struct Transcript<D>(D);

impl<D: Digest + Clone> Transcript<D> {
    pub(crate) fn new(hash: &impl Sha256<Digest = D>) -> Self {
        Self(hash.sha256_start())
    }

    pub(crate) fn add(&mut self, message: &[u8]) {
        self.0.update(message);
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        self.0.clone().finish()
    }
}
