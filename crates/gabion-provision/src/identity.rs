//! The device's own key.

use gabion_crypto::{CryptoError, EcdsaP256Sign, P256PublicKey, P256Signature, Secret};
use gabion_hal::Entropy;
use gabion_profile::CriticalKey;
use gabion_storage::Storage;

use crate::{GenerateError, IDENTITY_KEY, ProvisionError};

/// Draws beyond this many refused scalars do not happen by chance (each is refused once in 2^32): the source is stuck.
const MAX_TRIES: usize = 4;

/// The device's P-256 key, made on the device. The private half has no way out.
pub struct Identity {
    private: Secret<[u8; 32]>,
    public: P256PublicKey,
}

impl Identity {
    /// Draws a new key.
    ///
    /// # Errors
    ///
    /// [`GenerateError`] when the random source fails or is stuck.
    pub fn generate(
        crypto: &impl EcdsaP256Sign,
        entropy: &mut impl Entropy,
    ) -> Result<Self, GenerateError> {
        for _ in 0..MAX_TRIES {
            let mut private = Secret::<[u8; 32]>::zeroed();
            entropy.try_fill_bytes(private.expose_mut()).map_err(|_| GenerateError::Entropy)?;
            // A source that repeats itself within one key is no source.
            let (low, high) = private.expose().split_at(16);
            if low == high {
                return Err(GenerateError::Stuck);
            }
            if let Ok(public) = crypto.p256_public_key(&private) {
                return Ok(Self { private, public });
            }
        }
        Err(GenerateError::Stuck)
    }

    /// Takes a key that the factory line brought.
    pub(crate) fn injected(
        crypto: &impl EcdsaP256Sign,
        private: &Secret<[u8; 32]>,
    ) -> Result<Self, GenerateError> {
        // What a failed source on the line gives: a constant, or one half twice.
        let (low, high) = private.expose().split_at(16);
        if low == high {
            return Err(GenerateError::Stuck);
        }
        let public = crypto.p256_public_key(private).map_err(|_| GenerateError::Stuck)?;
        Ok(Self { private: Secret::new(*private.expose()), public })
    }

    /// Reads the key of a provisioned device.
    ///
    /// # Errors
    ///
    /// [`ProvisionError::Storage`]; [`ProvisionError::Inconsistent`] when there is no key or it is no key.
    pub async fn load<S: Storage>(
        storage: &mut S,
        crypto: &impl EcdsaP256Sign,
    ) -> Result<Self, ProvisionError<S::FlashError>> {
        Self::load_from(storage, crypto, &IDENTITY_KEY).await?.ok_or(ProvisionError::Inconsistent)
    }

    /// Reads a key; `None` when there is none.
    pub(crate) async fn load_from<S: Storage>(
        storage: &mut S,
        crypto: &impl EcdsaP256Sign,
        key: &CriticalKey,
    ) -> Result<Option<Self>, ProvisionError<S::FlashError>> {
        let mut private = Secret::<[u8; 32]>::zeroed();
        match storage.get(key, &mut private).await? {
            None => return Ok(None),
            Some(32) => {}
            Some(_) => return Err(ProvisionError::Inconsistent),
        }
        let public = crypto.p256_public_key(&private).map_err(|_| ProvisionError::Inconsistent)?;
        Ok(Some(Self { private, public }))
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> P256PublicKey {
        self.public
    }

    /// Signs the SHA-256 hash of a message.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Hardware`] when the provider fails.
    ///
    /// # Security
    ///
    /// Hash what begins with a context string of your own, so that a signature made for one purpose fits no other.
    pub fn sign(
        &self,
        crypto: &impl EcdsaP256Sign,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        crypto.p256_sign(&self.private, hash)
    }

    /// For the one commit that provisions the device.
    pub(crate) const fn private_key(&self) -> &Secret<[u8; 32]> {
        &self.private
    }
}

impl core::fmt::Debug for Identity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Identity").field("public", &self.public).finish_non_exhaustive()
    }
}
