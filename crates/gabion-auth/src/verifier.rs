//! What a device keeps of a secret, and how it checks one.

use gabion_crypto::{CryptoError, HmacSha256, Label, PasswordHash, Secret, ct_eq};
use gabion_hal::{Entropy, RootKey};

use crate::entered::Name;
pub use crate::format::VERIFIER_LEN;
use crate::format::{Cost, Record};
use crate::{AuthError, Policy, RoleKind};

const DOMAIN: &[u8] = b"gabion/1 verifier";

/// The key that binds verifiers to this chip: without it, what is on flash cannot even be guessed against.
pub(crate) struct Pepper(Secret<[u8; 32]>);

impl Pepper {
    pub(crate) fn derive(root_key: &mut impl RootKey) -> Result<Self, CryptoError> {
        let mut pepper = Secret::zeroed();
        root_key
            .derive(Label::AuthPepper.as_bytes(), pepper.expose_mut())
            .map_err(|_| CryptoError::Hardware)?;
        Ok(Self(pepper))
    }

    /// A keyed hash for some other purpose that `domain` names.
    pub(crate) fn keyed(&self, crypto: &impl HmacSha256, domain: &[u8], data: &[u8]) -> [u8; 32] {
        crypto.hmac_sha256(self.0.expose(), &[domain, &[0], data])
    }

    /// PBKDF2 or Argon2id over HMAC(pepper, domain ‖ 0 ‖ role ‖ salt ‖ secret). The inner hash makes what is stretched 32
    /// bytes long, whatever was typed, and binds it to the chip.
    fn stretch(
        &self,
        crypto: &(impl HmacSha256 + PasswordHash),
        role: RoleKind,
        salt: &[u8; 16],
        cost: Cost,
        secret: &[u8],
    ) -> Result<Secret<[u8; 32]>, CryptoError> {
        let parts: [&[u8]; 4] = [DOMAIN, &[0, role as u8], salt, secret];
        let bound = Secret::new(crypto.hmac_sha256(self.0.expose(), &parts));
        let mut hash = Secret::zeroed();
        match cost.argon2() {
            None => crypto.pbkdf2(bound.expose(), salt, cost.iterations(), &mut hash)?,
            Some(argon2) => crypto.argon2id(bound.expose(), salt, argon2, &mut hash)?,
        }
        Ok(hash)
    }

    pub(crate) fn enrol<E>(
        &self,
        crypto: &(impl HmacSha256 + PasswordHash),
        entropy: &mut impl Entropy,
        cost: Cost,
        role: RoleKind,
        name: Option<&Name>,
        secret: &[u8],
    ) -> Result<Record, AuthError<E>> {
        let mut salt = [0; 16];
        entropy.try_fill_bytes(&mut salt).map_err(|_| AuthError::Entropy)?;
        if salt.iter().all(|b| Some(b) == salt.first()) {
            return Err(AuthError::Entropy);
        }
        let hash = self.stretch(crypto, role, &salt, cost, secret)?;
        let name_len = name.map_or(0, |name| name.as_bytes().len());
        Ok(Record {
            role,
            cost,
            salt,
            hash: *hash.expose(),
            name_len: u8::try_from(name_len).unwrap_or_default(),
            name: name.map_or([0; 32], |name| *name.padded()),
        })
    }

    /// Whether `secret` belongs to `record`, in a time that depends on neither.
    pub(crate) fn fits(
        &self,
        crypto: &(impl HmacSha256 + PasswordHash),
        record: &Record,
        secret: &[u8],
    ) -> Result<bool, CryptoError> {
        let hash = self.stretch(crypto, record.role, &record.salt, record.cost, secret)?;
        Ok(ct_eq(hash.expose(), &record.hash))
    }
}

/// Makes the verifier of a label's secret on the device, in the factory. The product stores it under
/// [`LABEL`](crate::LABEL) with the commit that provisions the device.
///
/// `secret` is the label's secret in the form that is verified: upper case, without dashes.
///
/// # Errors
///
/// [`AuthError::Entropy`] or [`AuthError::Crypto`]: do not ship the device.
pub fn label_verifier<const N: usize>(
    crypto: &(impl HmacSha256 + PasswordHash),
    root_key: &mut impl RootKey,
    entropy: &mut impl Entropy,
    policy: &Policy,
    secret: &Secret<[u8; N]>,
) -> Result<[u8; VERIFIER_LEN], AuthError<core::convert::Infallible>> {
    let pepper = Pepper::derive(root_key)?;
    let cost = Cost::of(policy);
    let record = pepper.enrol(crypto, entropy, cost, RoleKind::SetUp, None, secret.expose())?;
    Ok(record.emit())
}
