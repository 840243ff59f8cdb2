//! Certificates of the device identity, and its replacement by a new key. No private key ever leaves; the old key is good
//! until the new one was seen to work.

use gabion_codec::der::{self, INTEGER, SEQUENCE};
use gabion_codec::{CodecError, Reader};
use gabion_crypto::{CryptoError, EcdsaP256Sign, P256PublicKey, P256Signature, Sha256};
use gabion_hal::{Entropy, Event, EventKind, EventSink, Severity, Source};
use gabion_profile::{Class, Origin, parameters};
use gabion_storage::{Change, Storage, StorageError};

use crate::{
    CertificateError, GenerateError, IDENTITY_KEY, Identity, Model, ProvisionError, Serial,
    signing_request,
};

/// Longest certificate that is kept, in bytes.
pub const MAX_CERTIFICATE: usize = 1024;
/// The role of a machine in events of changed authenticators.
const MACHINE: u16 = 4;

parameters! {
    /// What certificates and rotation store. A list of its own: a product without them needs no buffer of this size.
    pub const ROTATION_PARAMETERS: {
        /// Private key that will be the device's identity once its certificate was seen to work.
        IDENTITY_NEXT: Critical { class: Class::DeviceSecret, number: 0xf42, max_len: 32, origin: Origin::GeneratedOnDevice,
            purpose: "becomes the device's identity when its certificate is confirmed" };
        /// Certificate of the identity key.
        CERTIFICATE: Public { class: Class::Factory, number: 0xf41, max_len: 1024, origin: Origin::BackEnd,
            purpose: "tells others whose key the device's is" };
        /// Certificate of the next identity key.
        CERTIFICATE_NEXT: Public { class: Class::Factory, number: 0xf42, max_len: 1024, origin: Origin::BackEnd,
            purpose: "becomes the device's certificate when it is confirmed" };
    }
}

/// Why a certificate was not taken or a rotation went no further. The identity in use is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationError<E> {
    /// Not a certificate, or longer than [`MAX_CERTIFICATE`]. Ask for another.
    Certificate,
    /// The certificate is for another key than the device's, in use or next. Ask for another.
    NotOurs,
    /// There is no next key, or no certificate for it yet.
    NotReady,
    /// The store or the random source failed, or what is stored is damaged.
    Provision(ProvisionError<E>),
}

impl<E> From<ProvisionError<E>> for RotationError<E> {
    fn from(error: ProvisionError<E>) -> Self {
        Self::Provision(error)
    }
}

impl<E> From<StorageError<E>> for RotationError<E> {
    fn from(error: StorageError<E>) -> Self {
        Self::Provision(error.into())
    }
}

impl<E> From<GenerateError> for RotationError<E> {
    fn from(error: GenerateError) -> Self {
        Self::Provision(error.into())
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for RotationError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Certificate => f.write_str("not a certificate, or too long"),
            Self::NotOurs => f.write_str("a certificate for another key"),
            Self::NotReady => f.write_str("no next key, or no certificate for it"),
            Self::Provision(why) => write!(f, "{why}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for RotationError<E> {}

/// The next identity, while it is on trial: it can ask for a certificate and sign the log-in that shows that it works.
#[derive(Debug)]
pub struct NextIdentity(Identity);

impl NextIdentity {
    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> P256PublicKey {
        self.0.public_key()
    }

    /// Writes a PKCS#10 signing request for the next key into `out` and returns it.
    ///
    /// # Errors
    ///
    /// See [`signing_request`].
    pub fn signing_request<'a>(
        &self,
        crypto: &(impl EcdsaP256Sign + Sha256),
        model: &Model,
        serial: &Serial,
        out: &'a mut [u8],
    ) -> Result<&'a [u8], CertificateError> {
        signing_request(crypto, &self.0, model, serial, out)
    }

    /// Signs a hash with the next key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Hardware`] when the provider fails.
    pub fn sign(
        &self,
        crypto: &impl EcdsaP256Sign,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        self.0.sign(crypto, hash)
    }
}

/// Begins a rotation: draws the next key and stores it beside the one in use. A rotation that was begun before goes on with
/// the same key.
///
/// # Errors
///
/// [`RotationError::Provision`].
///
/// # Power loss
///
/// There is a next key or not; the one in use is untouched.
pub async fn begin_rotation<S: Storage>(
    storage: &mut S,
    crypto: &impl EcdsaP256Sign,
    entropy: &mut impl Entropy,
) -> Result<NextIdentity, RotationError<S::FlashError>> {
    if let Some(next) = next_identity(storage, crypto).await? {
        return Ok(next);
    }
    // Only a device with an identity gets another.
    Identity::load(storage, crypto).await?;
    let next = Identity::generate(crypto, entropy)?;
    // A certificate that was left behind belongs to a key that is gone.
    storage
        .commit(&[
            Change::put(&IDENTITY_NEXT, next.private_key().expose()),
            Change::remove(&CERTIFICATE_NEXT),
        ])
        .await?;
    Ok(NextIdentity(next))
}

/// Returns the next identity of a rotation that was begun.
///
/// # Errors
///
/// [`RotationError::Provision`].
pub async fn next_identity<S: Storage>(
    storage: &mut S,
    crypto: &impl EcdsaP256Sign,
) -> Result<Option<NextIdentity>, RotationError<S::FlashError>> {
    Ok(Identity::load_from(storage, crypto, &IDENTITY_NEXT).await?.map(NextIdentity))
}

/// Takes a certificate (X.509, DER) for the key in use, whose certificate it becomes at once, or for the next key, for which
/// it waits for [`confirm_rotation`].
///
/// # Errors
///
/// [`RotationError::Certificate`] and [`RotationError::NotOurs`].
///
/// # Power loss
///
/// The old certificate is there or the new one.
///
/// # Security
///
/// Whether a trusted issuer signed it is for those to check to whom it is shown, and for the connection that it came over.
/// Here it only has to be for this device's key.
pub async fn install_certificate<S: Storage>(
    storage: &mut S,
    crypto: &impl EcdsaP256Sign,
    certificate: &[u8],
) -> Result<(), RotationError<S::FlashError>> {
    if certificate.len() > MAX_CERTIFICATE {
        return Err(RotationError::Certificate);
    }
    let key = certificate_key(certificate).map_err(|_| RotationError::Certificate)?;
    if Identity::load(storage, crypto).await?.public_key() == key {
        return Ok(storage.put(&CERTIFICATE, certificate).await?);
    }
    match next_identity(storage, crypto).await? {
        Some(next) if next.public_key() == key => {
            Ok(storage.put(&CERTIFICATE_NEXT, certificate).await?)
        }
        _ => Err(RotationError::NotOurs),
    }
}

/// Copies the certificate in use to the front of `out` and returns it; `None` when there is none.
///
/// # Errors
///
/// [`RotationError::Provision`]. [`MAX_CERTIFICATE`] bytes are always enough.
pub async fn certificate<'a, S: Storage>(
    storage: &mut S,
    out: &'a mut [u8],
) -> Result<Option<&'a [u8]>, RotationError<S::FlashError>> {
    match storage.get_public(&CERTIFICATE, out).await? {
        None => Ok(None),
        Some(len) => Ok(out.get(..len)),
    }
}

/// Ends a rotation: the next key and its certificate are the ones in use from now on, and the old key is destroyed. Call it
/// when the next key was seen to work, for example when the back end let it in.
///
/// # Errors
///
/// [`RotationError::NotReady`] while there is no certificate for the next key.
///
/// # Power loss
///
/// The old key with the old certificate, or the new one with the new.
pub async fn confirm_rotation<S: Storage>(
    storage: &mut S,
    crypto: &impl EcdsaP256Sign,
    events: &mut impl EventSink,
) -> Result<Identity, RotationError<S::FlashError>> {
    let next = Identity::load_from(storage, crypto, &IDENTITY_NEXT).await?;
    let next = next.ok_or(RotationError::NotReady)?;
    let mut bytes = [0; MAX_CERTIFICATE];
    let len = storage.get_public(&CERTIFICATE_NEXT, &mut bytes).await?;
    let len = len.ok_or(RotationError::NotReady)?;
    let certificate = bytes.get(..len).ok_or(RotationError::Certificate)?;
    if certificate_key(certificate) != Ok(next.public_key()) {
        return Err(RotationError::NotOurs);
    }
    storage
        .commit(&[
            Change::put(&IDENTITY_KEY, next.private_key().expose()),
            Change::put(&CERTIFICATE, certificate),
            Change::remove(&IDENTITY_NEXT),
            Change::remove(&CERTIFICATE_NEXT),
        ])
        .await?;
    let changed = EventKind::AuthenticatorChanged;
    events.event(Event::new(changed, Severity::Notice, Source::Provision, MACHINE));
    Ok(next)
}

/// Gives a rotation up: the next key and its certificate are destroyed, the one in use stays.
///
/// # Errors
///
/// [`RotationError::Provision`].
pub async fn abandon_rotation<S: Storage>(
    storage: &mut S,
) -> Result<(), RotationError<S::FlashError>> {
    let changes = [Change::remove(&IDENTITY_NEXT), Change::remove(&CERTIFICATE_NEXT)];
    Ok(storage.commit(&changes).await?)
}

/// The P-256 key of a certificate: RFC 5280 §4.1 down to `subjectPublicKeyInfo`, and nothing behind the end.
fn certificate_key(certificate: &[u8]) -> Result<P256PublicKey, CodecError> {
    const VERSION: u8 = 0xa0;
    let mut whole = Reader::new(certificate);
    let mut parts = der::element(&mut whole, SEQUENCE)?;
    whole.finish()?;
    let mut body = der::element(&mut parts, SEQUENCE)?;
    if body.peek() == Some(VERSION) {
        der::element(&mut body, VERSION)?;
    }
    der::element(&mut body, INTEGER)?;
    for _algorithm_issuer_validity_subject in 0..4 {
        der::element(&mut body, SEQUENCE)?;
    }
    let here = body.clone().rest();
    let key = der::element(&mut body, SEQUENCE)?;
    let length = here.len().saturating_sub(body.remaining());
    let bytes = here.get(..length).unwrap_or_default();
    match der::PublicKey::parse(bytes)? {
        der::PublicKey::P256(point) => Ok(P256PublicKey(*point)),
        _ => Err(key.error(gabion_codec::CodecErrorKind::Unexpected)),
    }
}
