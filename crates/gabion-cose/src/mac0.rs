use gabion_codec::Writer;
use gabion_crypto::{HmacSha256, ct_eq};

use crate::header::MAX_PROTECTED;
use crate::message::{Kind, Parts, Payload};
use crate::structure::{emit_bytes, emit_front, with_parts};
use crate::{Algorithm, CoseError, Headers, MacAlgorithm, NewHeaders, Rules};

/// A key for message authentication codes, for one algorithm.
#[derive(Clone, Copy)]
pub struct MacKey<'k> {
    algorithm: MacAlgorithm,
    key: &'k [u8],
}

impl<'k> MacKey<'k> {
    /// Takes a key of 16 to 64 bytes for one algorithm. The caller keeps it, and wipes it.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`] for another length.
    pub const fn new(algorithm: MacAlgorithm, key: &'k [u8]) -> Result<Self, CoseError> {
        if key.len() < 16 || key.len() > 64 {
            return Err(CoseError::Key);
        }
        Ok(Self { algorithm, key })
    }

    /// Returns the algorithm that the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> MacAlgorithm {
        self.algorithm
    }
}

impl core::fmt::Debug for MacKey<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MacKey({:?}, ..)", self.algorithm)
    }
}

/// A message with an authentication code, COSE_Mac0, that was taken apart.
///
/// # Security
///
/// Nothing of it is trustworthy before [`verify`](Self::verify) gave the payload.
#[derive(Debug, Clone)]
pub struct Mac0<'a>(Parts<'a>);

impl<'a> Mac0<'a> {
    /// Takes a message apart.
    ///
    /// # Errors
    ///
    /// As [`Sign1::parse`](crate::Sign1::parse).
    pub fn parse(message: &'a [u8], rules: &Rules<'_>) -> Result<Self, CoseError> {
        Parts::parse(message, Kind::Mac0, rules).map(Self)
    }

    /// Returns the headers.
    #[must_use]
    pub const fn headers(&self) -> &Headers<'a> {
        &self.0.headers
    }

    /// Returns the payload that nobody has checked; `None` where it is detached.
    #[must_use]
    pub const fn unverified_payload(&self) -> Option<&'a [u8]> {
        self.0.content
    }

    /// Checks the tag, in time that does not depend on where it is wrong, and returns the payload.
    ///
    /// # Errors
    ///
    /// [`CoseError::Algorithm`], [`CoseError::Detached`], [`CoseError::Refused`].
    pub fn verify<P: HmacSha256>(
        &self,
        provider: &P,
        key: &MacKey<'_>,
        external: &[u8],
    ) -> Result<&'a [u8], CoseError> {
        let payload = self.0.payload(None)?;
        self.check(provider, key, external, payload)?;
        Ok(payload)
    }

    /// Checks the tag over a payload that came another way.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_detached<P: HmacSha256>(
        &self,
        provider: &P,
        key: &MacKey<'_>,
        external: &[u8],
        payload: &[u8],
    ) -> Result<(), CoseError> {
        let payload = self.0.payload(Some(payload))?;
        self.check(provider, key, external, payload)
    }

    fn check<P: HmacSha256>(
        &self,
        provider: &P,
        key: &MacKey<'_>,
        external: &[u8],
        payload: &[u8],
    ) -> Result<(), CoseError> {
        self.0.headers.must_name(Algorithm::Hmac(key.algorithm))?;
        let protected = self.0.headers.to_be_protected();
        let tag = tag(provider, key, protected, external, payload);
        let tag = tag.get(..key.algorithm.tag_len()).unwrap_or_default();
        if !tag.is_empty() && ct_eq(tag, self.0.proof) { Ok(()) } else { Err(CoseError::Refused) }
    }

    /// Authenticates, and writes a tagged message.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`] when `out` is too small or a header too long.
    pub fn authenticate<'o, P: HmacSha256>(
        provider: &P,
        key: &MacKey<'_>,
        headers: &NewHeaders<'_>,
        payload: Payload<'_>,
        external: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], CoseError> {
        let mut buffer = [0; MAX_PROTECTED];
        let protected = headers.protected(Algorithm::Hmac(key.algorithm), &mut buffer)?;
        let tag = tag(provider, key, protected, external, payload.bytes());
        let mut writer = Writer::new(out);
        emit_front(&mut writer, Kind::Mac0, protected, headers, None, Some(&payload))?;
        emit_bytes(&mut writer, tag.get(..key.algorithm.tag_len()).unwrap_or_default())?;
        Ok(writer.finish())
    }
}

fn tag<P: HmacSha256>(
    provider: &P,
    key: &MacKey<'_>,
    protected: &[u8],
    external: &[u8],
    payload: &[u8],
) -> [u8; 32] {
    with_parts(Kind::Mac0, protected, external, payload, |parts| {
        provider.hmac_sha256(key.key, parts)
    })
}
