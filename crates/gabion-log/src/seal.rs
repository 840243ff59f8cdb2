//! Keys that only go forward, and the cipher of records (`docs/spec/log.md` §2): [`Siv`], which needs no nonce.

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, Siv, hkdf_expand};

use crate::Lane;

/// Makes the cipher of what is sealed under a secret.
pub(crate) fn cipher(hmac: &impl HmacSha256, from: &Secret<[u8; 32]>) -> Result<Siv, CryptoError> {
    let (mut mac, mut stream) = (Secret::zeroed(), Secret::zeroed());
    hkdf_expand(hmac, from, Label::LogEpoch, [b"mac     ", b""], mac.expose_mut())?;
    hkdf_expand(hmac, from, Label::LogEpoch, [b"stream  ", b""], stream.expose_mut())?;
    Ok(Siv::new(mac, stream))
}

/// The key of one epoch, which is one page of one lane.
pub(crate) struct EpochKey {
    chain: Secret<[u8; 32]>,
    pub(crate) keys: Siv,
}

impl EpochKey {
    /// Makes the key of epoch 0 of a lane.
    pub(crate) fn first(
        hmac: &impl HmacSha256,
        seed: &Secret<[u8; 32]>,
        lane: Lane,
    ) -> Result<Self, CryptoError> {
        let mut chain = Secret::zeroed();
        let info: [&[u8]; 2] = [b"first   ", &[lane as u8]];
        hkdf_expand(hmac, seed, Label::LogEpoch, info, chain.expose_mut())?;
        Self::from_chain(hmac, chain)
    }

    pub(crate) fn from_chain(
        hmac: &impl HmacSha256,
        chain: Secret<[u8; 32]>,
    ) -> Result<Self, CryptoError> {
        let keys = cipher(hmac, &chain)?;
        Ok(Self { chain, keys })
    }

    /// Makes the key of the next epoch. There is no way back.
    pub(crate) fn next(&self, hmac: &impl HmacSha256) -> Result<Self, CryptoError> {
        Self::from_chain(hmac, step(hmac, &self.chain)?)
    }

    /// Lends the secret from which all later epochs follow.
    pub(crate) const fn chain(&self) -> &Secret<[u8; 32]> {
        &self.chain
    }
}

/// One step forward.
pub(crate) fn step(
    hmac: &impl HmacSha256,
    chain: &Secret<[u8; 32]>,
) -> Result<Secret<[u8; 32]>, CryptoError> {
    let mut next = Secret::zeroed();
    hkdf_expand(hmac, chain, Label::LogEpoch, [b"next    ", b""], next.expose_mut())?;
    Ok(next)
}
