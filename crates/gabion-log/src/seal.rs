//! Keys that only go forward, and the cipher of records (`docs/spec/log.md` §2).
//!
//! SIV composition (Rogaway and Shrimpton 2006) from one primitive: the tag is HMAC-SHA-256 over context and plaintext, cut
//! to 128 bits; the key stream is HMAC-SHA-256 in counter mode from the tag. It needs no nonce, so no dead random source, cut
//! or restored flash image can make one repeat.

use gabion_crypto::{CryptoError, HmacSha256, Label, Secret, ct_eq, hkdf_expand};

use crate::Lane;
use crate::format::{TAG, Tag};

/// The two keys of the cipher.
pub(crate) struct Keys {
    mac: Secret<[u8; 32]>,
    stream: Secret<[u8; 32]>,
}

impl Keys {
    pub(crate) fn derive(
        hmac: &impl HmacSha256,
        from: &Secret<[u8; 32]>,
    ) -> Result<Self, CryptoError> {
        let mut keys = Self { mac: Secret::zeroed(), stream: Secret::zeroed() };
        hkdf_expand(hmac, from, Label::LogEpoch, [b"mac     ", b""], keys.mac.expose_mut())?;
        hkdf_expand(hmac, from, Label::LogEpoch, [b"stream  ", b""], keys.stream.expose_mut())?;
        Ok(keys)
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

    /// Encrypts in place and returns the tag.
    pub(crate) fn seal(&self, hmac: &impl HmacSha256, context: &[u8], data: &mut [u8]) -> Tag {
        let tag = self.tag(hmac, context, data);
        self.apply_stream(hmac, &tag, data);
        tag
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

/// The key of one epoch, which is one page of one lane.
pub(crate) struct EpochKey {
    chain: Secret<[u8; 32]>,
    pub(crate) keys: Keys,
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
        let keys = Keys::derive(hmac, &chain)?;
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
