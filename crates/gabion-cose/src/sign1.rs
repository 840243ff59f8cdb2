use gabion_codec::Writer;
use gabion_crypto::{EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Sha256};

use crate::header::MAX_PROTECTED;
use crate::message::{Kind, Parts, Payload};
use crate::structure::{emit_bytes, emit_front, with_parts};
use crate::{Algorithm, CoseError, Headers, NewHeaders, Rules};

/// A key that checks signatures by ES256, and by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(pub P256PublicKey);

/// A signed message, COSE_Sign1, that was taken apart.
///
/// # Security
///
/// Nothing of it is trustworthy before [`verify`](Self::verify) gave the payload.
#[derive(Debug, Clone)]
pub struct Sign1<'a>(Parts<'a>);

impl<'a> Sign1<'a> {
    /// Takes a message apart.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`] for what is not the one deterministic encoding of such a message, [`CoseError::Tag`],
    /// [`CoseError::Header`], [`CoseError::Duplicate`], [`CoseError::Critical`], [`CoseError::Algorithm`] for one that nobody
    /// here has.
    pub fn parse(message: &'a [u8], rules: &Rules<'_>) -> Result<Self, CoseError> {
        Parts::parse(message, Kind::Sign1, rules).map(Self)
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

    /// Checks the signature and returns the payload.
    ///
    /// # Errors
    ///
    /// [`CoseError::Algorithm`], [`CoseError::Detached`], [`CoseError::Refused`].
    pub fn verify<P: Sha256 + EcdsaP256Verify>(
        &self,
        provider: &P,
        key: &VerifyingKey,
        external: &[u8],
    ) -> Result<&'a [u8], CoseError> {
        let payload = self.0.payload(None)?;
        self.check(provider, key, external, payload)?;
        Ok(payload)
    }

    /// Checks the signature over a payload that came another way.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_detached<P: Sha256 + EcdsaP256Verify>(
        &self,
        provider: &P,
        key: &VerifyingKey,
        external: &[u8],
        payload: &[u8],
    ) -> Result<(), CoseError> {
        let payload = self.0.payload(Some(payload))?;
        self.check(provider, key, external, payload)
    }

    fn check<P: Sha256 + EcdsaP256Verify>(
        &self,
        provider: &P,
        key: &VerifyingKey,
        external: &[u8],
        payload: &[u8],
    ) -> Result<(), CoseError> {
        self.0.headers.must_name(Algorithm::Es256)?;
        let signature = P256Signature(self.0.proof.try_into().map_err(|_| CoseError::Refused)?);
        let protected = self.0.headers.to_be_protected();
        let hash =
            with_parts(Kind::Sign1, protected, external, payload, |parts| provider.sha256(parts));
        Ok(provider.p256_verify(&key.0, &hash, &signature)?)
    }

    /// Signs, and writes a tagged message.
    ///
    /// # Errors
    ///
    /// [`CoseError::Encoding`] when `out` is too small or a header too long, [`CoseError::Refused`] when the key is none.
    pub fn sign<'o, P: Sha256 + EcdsaP256Sign>(
        provider: &P,
        private: &Secret<[u8; 32]>,
        headers: &NewHeaders<'_>,
        payload: Payload<'_>,
        external: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], CoseError> {
        let mut buffer = [0; MAX_PROTECTED];
        let protected = headers.protected(Algorithm::Es256, &mut buffer)?;
        let hash = with_parts(Kind::Sign1, protected, external, payload.bytes(), |parts| {
            provider.sha256(parts)
        });
        let signature = provider.p256_sign(private, &hash)?;
        let mut writer = Writer::new(out);
        emit_front(&mut writer, Kind::Sign1, protected, headers, None, Some(&payload))?;
        emit_bytes(&mut writer, &signature.0)?;
        Ok(writer.finish())
    }
}
