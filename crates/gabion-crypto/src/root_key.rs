//! A root key from 32 bytes.

use gabion_hal::RootKey;

use crate::{CryptoError, HmacSha256, Secret};

/// Derives from a 32-byte secret in software: HMAC-SHA-256(secret, context).
///
/// # Security
///
/// Only as good as the place where the 32 bytes come from. On a chip with a key that software cannot read, use that.
pub struct SoftwareRootKey<H> {
    secret: Secret<[u8; 32]>,
    hmac: H,
}

impl<H: HmacSha256> SoftwareRootKey<H> {
    /// Takes the secret and the HMAC to use.
    pub const fn new(secret: Secret<[u8; 32]>, hmac: H) -> Self {
        Self { secret, hmac }
    }
}

impl<H: HmacSha256> RootKey for SoftwareRootKey<H> {
    type Error = CryptoError;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), CryptoError> {
        if context.len() > Self::MAX_CONTEXT {
            return Err(CryptoError::Misuse);
        }
        *out = self.hmac.hmac_sha256(self.secret.expose(), &[context]);
        Ok(())
    }
}
