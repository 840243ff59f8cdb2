//! What protects records.

use gabion_crypto::{Aead, AeadAlgorithm, AeadKey, Aes128Gcm, Secret};
use gabion_link::Suite;

/// A cipher suite of TLS 1.3 over SHA-256. A client offers exactly one: what is not linked in cannot be chosen by anybody.
pub trait RecordCipher {
    /// An expanded key, wiped when dropped.
    type Key: AeadKey;

    /// The suite: [`Suite::TlsAes128Gcm`] or [`Suite::TlsChaCha20Poly1305`].
    const SUITE: Suite;

    /// Expands a key; of a suite with shorter keys the first bytes count. `None` when the value is not of this suite.
    fn record_key(&self, key: &Secret<[u8; 32]>) -> Option<Self::Key>;
}

/// `TLS_AES_128_GCM_SHA256`, which every server has to have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aes128GcmSuite<A>(pub A);

/// `TLS_CHACHA20_POLY1305_SHA256`, better where there is no AES hardware.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChaChaSuite<A>(pub A);

impl<A: Aes128Gcm> RecordCipher for Aes128GcmSuite<A> {
    type Key = A::Key;
    const SUITE: Suite = Suite::TlsAes128Gcm;

    fn record_key(&self, key: &Secret<[u8; 32]>) -> Option<A::Key> {
        let mut short = Secret::zeroed();
        let first: &[u8; 16] = key.expose().first_chunk()?;
        short.expose_mut().clone_from(first);
        Some(self.0.aes128_gcm_key(&short))
    }
}

impl<A: Aead> RecordCipher for ChaChaSuite<A> {
    type Key = A::Key;
    const SUITE: Suite = Suite::TlsChaCha20Poly1305;

    fn record_key(&self, key: &Secret<[u8; 32]>) -> Option<A::Key> {
        (self.0.aead_algorithm() == AeadAlgorithm::ChaCha20Poly1305).then(|| self.0.aead_key(key))
    }
}

/// The number and the length of the keys of a suite over SHA-256; `None` for any other.
pub(crate) const fn code(suite: Suite) -> Option<(u16, u8)> {
    match suite {
        Suite::TlsAes128Gcm => Some((0x1301, 16)),
        Suite::TlsChaCha20Poly1305 => Some((0x1303, 32)),
        _ => None,
    }
}
