#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod algorithm;
mod error;
pub mod hazmat;
mod kdf;
mod pake;
mod provider;
mod root_key;
mod secret;
mod siv;
mod small_sha256;
#[cfg(feature = "software")]
mod software;
#[cfg(feature = "software")]
mod software_argon2;
#[cfg(feature = "software")]
mod software_link;
#[cfg(feature = "software")]
mod software_pake;
mod suite;

pub use algorithm::{AeadAlgorithm, SignatureAlgorithm};
pub use error::CryptoError;
pub use kdf::{Label, hkdf_expand, hkdf_extract};
pub use pake::{PAKE_RECORD_LEN, PakeAnswer, PakeContext, PakeProver, PakeVerifier, Spake2Plus};
pub use provider::{
    Aead, AeadKey, Aes128Gcm, AesCcm8, Argon2Cost, Digest, EcdhP256, EcdsaP256, EcdsaP256Sign,
    EcdsaP256Verify, Ed25519Verify, HmacSha256, P256PublicKey, P256Signature, PasswordHash,
    Provider, Sha256, Sha512,
};
pub use root_key::SoftwareRootKey;
pub use secret::{Secret, burn_stack, ct_eq};
pub use siv::{SIV_TAG_LEN, Siv};
pub use small_sha256::{SmallDigest, SmallSha256};
#[cfg(feature = "software")]
pub use software::{AesGcmKey, ChaChaPolyKey, Software, SoftwareChaCha, SoftwareDigest};
#[cfg(feature = "software")]
pub use software_argon2::{Argon2Block, SoftwareArgon2};
#[cfg(feature = "software")]
pub use software_link::Aes128GcmKey;
#[cfg(feature = "software")]
pub use software_pake::{SoftwarePakeProver, SoftwarePakeVerifier};
pub use suite::Suite;
