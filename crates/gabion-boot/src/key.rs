//! Keys that a device trusts.

use gabion_codec::{Writer, der};
use gabion_crypto::{P256PublicKey, Sha256, Sha512};

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

/// Hashes of keys whose private halves anyone can look up.
const PUBLISHED: [[u8; 32]; 7] = [
    // MCUboot's P-256 development key.
    [
        0xe3, 0x04, 0x66, 0xf6, 0xb8, 0x47, 0x0c, 0x1f, 0x29, 0x07, 0x0b, 0x17, 0xf1, 0xe2, 0xd3,
        0xe9, 0x4d, 0x44, 0x5e, 0x3f, 0x60, 0x80, 0x87, 0xfd, 0xc7, 0x11, 0xe4, 0x38, 0x2b, 0xb5,
        0x38, 0xb6,
    ],
    // MCUboot's Ed25519 development key.
    [
        0xc1, 0x90, 0x7f, 0xa4, 0xea, 0xc7, 0xfa, 0xe3, 0x84, 0x0a, 0x78, 0x90, 0x2b, 0x6f, 0x07,
        0x10, 0xb0, 0x37, 0xe9, 0x96, 0x8e, 0x5c, 0x62, 0x74, 0xa1, 0x2a, 0x28, 0x79, 0x0c, 0x7d,
        0x4e, 0x3c,
    ],
    // This project's sample key, P-256 a.
    [
        0x60, 0x2d, 0x99, 0xbd, 0x95, 0x36, 0x61, 0xd7, 0x0c, 0xdc, 0xe8, 0xd1, 0xb3, 0x2c, 0xb8,
        0x9d, 0x4b, 0xb3, 0x0f, 0x3a, 0xc6, 0xd5, 0x04, 0x7e, 0x87, 0x33, 0xc5, 0x96, 0x71, 0xe5,
        0x16, 0x94,
    ],
    // This project's sample key, P-256 b.
    [
        0x5a, 0xf7, 0x81, 0x50, 0x37, 0x68, 0xdf, 0xd0, 0x67, 0x8c, 0x9a, 0x6b, 0xb2, 0xde, 0x30,
        0x42, 0xb4, 0x4b, 0xc1, 0xe8, 0x00, 0xe1, 0x8f, 0x9e, 0xc8, 0xde, 0x3a, 0x2e, 0xb5, 0x25,
        0x93, 0xd4,
    ],
    // This project's sample key, P-256 x.
    [
        0x56, 0xa8, 0xf0, 0xaa, 0x93, 0x2b, 0xf9, 0xd0, 0x26, 0x6a, 0x8e, 0x7d, 0xfe, 0x58, 0xe3,
        0x72, 0xd6, 0x81, 0x62, 0x5b, 0x65, 0x43, 0x76, 0x33, 0xed, 0xc7, 0xdd, 0x79, 0x31, 0xc1,
        0xfd, 0x86,
    ],
    // This project's sample key, Ed25519 a.
    [
        0xa5, 0xb0, 0xad, 0x69, 0x87, 0x3b, 0xf6, 0x9f, 0xf0, 0x89, 0x62, 0x4d, 0x89, 0x54, 0x90,
        0x76, 0x37, 0xfb, 0xb7, 0xd2, 0x54, 0xac, 0xef, 0x63, 0x8e, 0x75, 0x61, 0x2a, 0xe9, 0x09,
        0x5a, 0x7a,
    ],
    // This project's sample key, Ed25519 x.
    [
        0x37, 0xf7, 0x6d, 0xbc, 0x5c, 0xaf, 0xed, 0x4e, 0x82, 0x69, 0x5d, 0xa3, 0xd7, 0x76, 0x4f,
        0xfd, 0xb3, 0xd0, 0x80, 0xd5, 0xec, 0x36, 0x32, 0xee, 0x84, 0x8d, 0x9d, 0xf2, 0xfa, 0x1a,
        0x16, 0x27,
    ],
];

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

    /// Returns the SHA-512 of the SubjectPublicKeyInfo of an Ed25519 key.
    pub(crate) fn long_hash(&self, provider: &impl Sha512) -> Option<[u8; 64]> {
        let Some(PublicKey::Ed25519(key)) = &self.key else { return None };
        let mut buffer = [0; der::PublicKey::MAX_LEN];
        let mut writer = Writer::new(&mut buffer);
        der::PublicKey::Ed25519(key).emit(&mut writer).ok()?;
        Some(provider.sha512(&[writer.written()]))
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

    /// Trusts these keys, and does not compile with one whose private half was published: for products.
    ///
    /// ```compile_fail
    /// use gabion_boot::{KeySet, TrustedKey};
    ///
    /// // the key with which MCUboot signs its examples
    /// const KEYS: [TrustedKey; 1] = [TrustedKey::by_hash([
    ///     0xe3, 0x04, 0x66, 0xf6, 0xb8, 0x47, 0x0c, 0x1f, 0x29, 0x07, 0x0b, 0x17, 0xf1, 0xe2, 0xd3, 0xe9,
    ///     0x4d, 0x44, 0x5e, 0x3f, 0x60, 0x80, 0x87, 0xfd, 0xc7, 0x11, 0xe4, 0x38, 0x2b, 0xb5, 0x38, 0xb6,
    /// ])];
    /// const TRUST: KeySet<'static> = KeySet::for_product(&KEYS);
    /// # let _ = TRUST;
    /// ```
    ///
    /// # Panics
    ///
    /// At compile time, for a published key or an empty set.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "const loops cannot use iterators; every index is below its length"
    )]
    pub const fn for_product(keys: &'a [TrustedKey]) -> Self {
        assert!(!keys.is_empty(), "a product that trusts no key boots nothing");
        let mut i = 0;
        while i < keys.len() {
            let mut j = 0;
            while j < PUBLISHED.len() {
                let mut at = 0;
                while at < 32 && keys[i].hash[at] == PUBLISHED[j][at] {
                    at += 1;
                }
                assert!(at < 32, "the private half of this key was published");
                j += 1;
            }
            i += 1;
        }
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

    /// Returns at which place a key stands whose hash begins with these bytes: enough to name one of a few.
    #[must_use]
    pub fn place_by_id(&self, id: [u8; 4]) -> Option<usize> {
        self.0.iter().position(|key| key.hash.first_chunk() == Some(&id))
    }

    pub(crate) fn iter(&self) -> core::slice::Iter<'a, TrustedKey> {
        self.0.iter()
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
