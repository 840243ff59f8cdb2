//! Keys that a device trusts.

use gabion_crypto::{P256PublicKey, Sha256};

use crate::Refusal;

/// Length of a P-256 SubjectPublicKeyInfo in bytes.
pub const P256_SPKI_LEN: usize = 91;
/// Length of an Ed25519 SubjectPublicKeyInfo in bytes.
pub const ED25519_SPKI_LEN: usize = 44;

/// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING } and the tag of an uncompressed point (RFC 5480).
const P256_PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// SEQUENCE { SEQUENCE { id-Ed25519 }, BIT STRING } (RFC 8410).
const ED25519_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicKey {
    P256(P256PublicKey),
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo of which every byte but the key's is prescribed.
    pub(crate) fn parse(spki: &[u8]) -> Result<Self, Refusal> {
        if let Some(point) = spki.strip_prefix(&P256_PREFIX) {
            return point
                .try_into()
                .map(|point| Self::P256(P256PublicKey(point)))
                .map_err(|_| Refusal::KeyMalformed);
        }
        if let Some(key) = spki.strip_prefix(&ED25519_PREFIX) {
            return key.try_into().map(Self::Ed25519).map_err(|_| Refusal::KeyMalformed);
        }
        Err(Refusal::KeyMalformed)
    }
}

/// A key that a device trusts, found by the SHA-256 of its SubjectPublicKeyInfo.
///
/// A wrong hash beside a right key only makes the key unusable: the signature is always checked with the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedKey {
    pub(crate) hash: [u8; 32],
    pub(crate) key: Option<PublicKey>,
}

impl TrustedKey {
    /// Trusts a P-256 key.
    pub fn p256(provider: &impl Sha256, key: P256PublicKey) -> Self {
        Self::p256_with_hash(key, provider.sha256(&[&P256_PREFIX, &key.0]))
    }

    /// Trusts an Ed25519 key.
    pub fn ed25519(provider: &impl Sha256, key: [u8; 32]) -> Self {
        Self::ed25519_with_hash(key, provider.sha256(&[&ED25519_PREFIX, &key]))
    }

    /// Trusts a P-256 key whose hash is known: for constants, and to save hashing at every boot.
    #[must_use]
    pub const fn p256_with_hash(key: P256PublicKey, hash: [u8; 32]) -> Self {
        Self { hash, key: Some(PublicKey::P256(key)) }
    }

    /// Trusts an Ed25519 key whose hash is known.
    #[must_use]
    pub const fn ed25519_with_hash(key: [u8; 32], hash: [u8; 32]) -> Self {
        Self { hash, key: Some(PublicKey::Ed25519(key)) }
    }

    /// Trusts whichever key has this hash: 32 bytes in fuses are enough, and images carry the key in full.
    #[must_use]
    pub const fn by_hash(hash: [u8; 32]) -> Self {
        Self { hash, key: None }
    }

    /// Returns the SHA-256 of the key's SubjectPublicKeyInfo.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}

/// The keys that a device trusts. An empty set refuses every image.
#[derive(Debug, Clone, Copy)]
pub struct KeySet<'a>(&'a [TrustedKey]);

impl<'a> KeySet<'a> {
    /// Trusts these keys, each alone: one valid signature by one of them is enough.
    #[must_use]
    pub const fn new(keys: &'a [TrustedKey]) -> Self {
        Self(keys)
    }

    /// Finds a key by its hash.
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<&'a TrustedKey> {
        self.0.iter().find(|key| key.hash == *hash)
    }
}

/// Returns the SubjectPublicKeyInfo of a P-256 key.
#[must_use]
pub fn p256_spki(key: &P256PublicKey) -> [u8; P256_SPKI_LEN] {
    join(&P256_PREFIX, &key.0)
}

/// Returns the SubjectPublicKeyInfo of an Ed25519 key.
#[must_use]
pub fn ed25519_spki(key: &[u8; 32]) -> [u8; ED25519_SPKI_LEN] {
    join(&ED25519_PREFIX, key)
}

fn join<const N: usize>(prefix: &[u8], key: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(prefix.iter().chain(key)) {
        *to = *from;
    }
    out
}
