//! The RustCrypto implementations.

use aes_gcm::aead::{AeadInOut, KeyInit};
use hmac::Mac;
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use sha2::Digest as _;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, EcdsaP256Sign, EcdsaP256Verify,
    Ed25519Verify, HmacSha256, P256PublicKey, P256Signature, PasswordHash, Secret, Sha256, Sha512,
};

/// Every algorithm in software, with AES-256-GCM as the authenticated cipher.
#[derive(Debug, Clone, Copy, Default)]
pub struct Software;

/// ChaCha20-Poly1305 in software: the better authenticated cipher where there is no AES hardware. Put it in a
/// [`Suite`](crate::Suite).
#[derive(Debug, Clone, Copy, Default)]
pub struct SoftwareChaCha;

/// A SHA-256 that is under way.
#[derive(Clone)]
pub struct SoftwareDigest(sha2::Sha256);

impl Digest for SoftwareDigest {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl Sha256 for Software {
    type Digest = SoftwareDigest;

    fn sha256_start(&self) -> Self::Digest {
        SoftwareDigest(sha2::Sha256::new())
    }
}

impl Sha512 for Software {
    fn sha512(&self, parts: &[&[u8]]) -> [u8; 64] {
        let mut digest = sha2::Sha512::new();
        for part in parts {
            digest.update(part);
        }
        digest.finalize().into()
    }
}

impl HmacSha256 for Software {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        // The key block is made here because `new_from_slice` has an error, and so a panic, that cannot happen.
        let mut block = [0; 64];
        match block.get_mut(..key.len()) {
            Some(short) => short.copy_from_slice(key),
            None => block[..32].copy_from_slice(&self.sha256(&[key])),
        }
        let mut mac = hmac::Hmac::<sha2::Sha256>::new(&block.into());
        block.zeroize();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl PasswordHash for Software {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        if iterations == 0 {
            return Err(CryptoError::Misuse);
        }
        pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password, salt, iterations, out.expose_mut());
        Ok(())
    }
}

const fn wipes_itself<T: ZeroizeOnDrop>() {}

/// Gives an expanded key its two methods, by the cipher within.
macro_rules! aead_key {
    ($key:ident) => {
        impl AeadKey for $key {
            fn seal(
                &self,
                nonce: &[u8; 12],
                aad: &[u8],
                data: &mut [u8],
            ) -> Result<[u8; 16], CryptoError> {
                self.0
                    .encrypt_inout_detached(nonce.into(), aad, data.into())
                    .map(Into::into)
                    .map_err(|_| CryptoError::Misuse)
            }

            fn unseal(
                &self,
                nonce: &[u8; 12],
                aad: &[u8],
                data: &mut [u8],
                tag: &[u8; 16],
            ) -> Result<(), CryptoError> {
                self.0
                    .decrypt_inout_detached(nonce.into(), aad, data.into(), tag.into())
                    .map_err(|_| CryptoError::Refused)
            }
        }
    };
}
pub(crate) use aead_key;

macro_rules! aead {
    ($provider:ty, $key:ident, $cipher:ty, $algorithm:ident, $doc:literal) => {
        #[doc = $doc]
        pub struct $key($cipher);

        // The cipher wipes itself; a version or a feature that no longer does so fails to compile here.
        const _: () = wipes_itself::<$cipher>();
        impl ZeroizeOnDrop for $key {}

        impl Aead for $provider {
            type Key = $key;

            fn aead_algorithm(&self) -> AeadAlgorithm {
                AeadAlgorithm::$algorithm
            }

            fn aead_key(&self, key: &Secret<[u8; 32]>) -> Self::Key {
                $key(<$cipher>::new(key.expose().into()))
            }
        }

        aead_key!($key);
    };
}

aead!(Software, AesGcmKey, aes_gcm::Aes256Gcm, Aes256Gcm, "An expanded AES-256-GCM key.");
aead!(
    SoftwareChaCha,
    ChaChaPolyKey,
    chacha20poly1305::ChaCha20Poly1305,
    ChaCha20Poly1305,
    "A ChaCha20-Poly1305 key."
);

impl EcdsaP256Verify for Software {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        let point = p256::Sec1Point::from_untagged_bytes((&key.0).into());
        let key =
            p256::ecdsa::VerifyingKey::from_sec1_point(&point).map_err(|_| CryptoError::Refused)?;
        let signature =
            p256::ecdsa::Signature::from_slice(&signature.0).map_err(|_| CryptoError::Refused)?;
        key.verify_prehash(hash, &signature).map_err(|_| CryptoError::Refused)
    }
}

impl EcdsaP256Sign for Software {
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        let key = p256::ecdsa::SigningKey::from_slice(private.expose())
            .map_err(|_| CryptoError::Refused)?;
        let point = key.verifying_key().to_sec1_point(false);
        let mut out = [0; 64];
        let bytes = point.as_bytes().get(1..).ok_or(CryptoError::Refused)?;
        if bytes.len() != out.len() {
            return Err(CryptoError::Refused);
        }
        out.copy_from_slice(bytes);
        Ok(P256PublicKey(out))
    }

    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        let key = p256::ecdsa::SigningKey::from_slice(private.expose())
            .map_err(|_| CryptoError::Refused)?;
        let signature: p256::ecdsa::Signature =
            key.sign_prehash(hash).map_err(|_| CryptoError::Refused)?;
        Ok(P256Signature(signature.normalize_s().to_bytes().into()))
    }
}

impl Ed25519Verify for Software {
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| CryptoError::Refused)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.verify_strict(message, &signature).map_err(|_| CryptoError::Refused)
    }
}
