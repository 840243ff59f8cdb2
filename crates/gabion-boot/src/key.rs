//! Keys that a device trusts.

use gabion_codec::{Writer, der};
use gabion_crypto::{P256PublicKey, Sha256};

use crate::Refusal;

/// A public key in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicKey {
    P256(P256PublicKey),
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo of which every byte but the key's is prescribed.
    pub(crate) fn parse(spki: &[u8]) -> Result<Self, Refusal> {
        match der::PublicKey::parse(spki) {
            Ok(der::PublicKey::P256(point)) => Ok(Self::P256(P256PublicKey(*point))),
            Ok(der::PublicKey::Ed25519(key)) => Ok(Self::Ed25519(*key)),
            _ => Err(Refusal::KeyMalformed),
        }
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
        Self::p256_with_hash(key, hash(provider, &der::PublicKey::P256(&key.0)))
    }

    /// Trusts an Ed25519 key.
    pub fn ed25519(provider: &impl Sha256, key: [u8; 32]) -> Self {
        Self::ed25519_with_hash(key, hash(provider, &der::PublicKey::Ed25519(&key)))
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

    /// Forgets the first `count` keys. With keys listed from the oldest, this revokes all that came before a newer one.
    #[must_use]
    pub fn without_first(self, count: usize) -> Self {
        Self(self.0.get(count..).unwrap_or_default())
    }

    /// Returns at which place in the set a key stands, counted from 0.
    #[must_use]
    pub fn place(&self, hash: &[u8; 32]) -> Option<usize> {
        self.0.iter().position(|key| key.hash == *hash)
    }

    /// Finds a key by its hash.
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<&'a TrustedKey> {
        self.0.iter().find(|key| key.hash == *hash)
    }
}

/// Hashes a SubjectPublicKeyInfo.
fn hash(provider: &impl Sha256, key: &der::PublicKey<'_>) -> [u8; 32] {
    let mut buffer = [0; der::PublicKey::MAX_LEN];
    let mut writer = Writer::new(&mut buffer);
    // The buffer has room for the longest; should that ever change, the hash of nothing matches no image.
    match key.emit(&mut writer) {
        Ok(()) => provider.sha256(&[writer.written()]),
        Err(_) => [0; 32],
    }
}
