//! TLV entries: which type may stand where, how long it is, and what it tells.

use gabion_codec::der;
use gabion_crypto::{P256Signature, Sha256};

use crate::format::tlv_type as kind;
use crate::key::PublicKey;
use crate::{Advisory, Date, Image, Refusal};

/// Longest payload that is kept: a P-256 public key.
pub(crate) const KEPT: usize = 91;
const SEEN: usize = 32;
/// A CBOR map (RFC 8949 §3) that holds at least key 2 and a byte string of 32.
const RECORD_MIN: u16 = 36;
const RECORD_MAX: u16 = 255;
/// SEQUENCE and two INTEGERs, with one digit each, and with 33 bytes each.
const ECDSA_MIN: u16 = 8;
const ECDSA_MAX: u16 = 72;

/// Refuses a protected type that may not stand there or has the wrong length.
pub(crate) fn check_protected(ty: u16, len: u16) -> Result<(), Refusal> {
    let right = match ty {
        kind::SEC_CNT | kind::SUPPORT_END | kind::ADVISORY => len == 4,
        kind::DEPENDENCY => len == 12,
        kind::UUID_VID | kind::UUID_CID => len == 16,
        kind::SBOM_SHA256 => len == 32,
        kind::BOOT_RECORD => (RECORD_MIN..=RECORD_MAX).contains(&len),
        _ if kind::is_vendor(ty) => true,
        0x70..=0x73 => return Err(Refusal::UnsupportedAlgorithm),
        0x01 | 0x02 | 0x10..=0x12 | 0x20..=0x25 | 0x30..=0x34 => return Err(Refusal::TlvWrongArea),
        _ => return Err(Refusal::TlvUnknown),
    };
    if right { Ok(()) } else { Err(Refusal::TlvLength) }
}

/// Refuses an unprotected type that may not stand there or has the wrong length, and returns its place in the order. `pure`
/// tells whether a signature over the bytes themselves can be checked.
pub(crate) fn check_unprotected(ty: u16, len: u16, pure: bool) -> Result<u8, Refusal> {
    let (place, right) = match ty {
        kind::SHA256 => (1, len == 32),
        kind::SHA512 if pure => (1, len == 64),
        kind::SIG_PURE if pure => (2, len == 1),
        kind::KEYHASH if pure && len == 64 => (3, true),
        kind::KEYHASH if len == 48 || len == 64 => return Err(Refusal::UnsupportedAlgorithm),
        kind::KEYHASH => (3, len == 32),
        kind::PUBKEY => (3, len == 91 || len == 44),
        kind::ECDSA_SIG => (4, (ECDSA_MIN..=ECDSA_MAX).contains(&len)),
        kind::ED25519 => (4, len == 64),
        kind::SHA384 | kind::SHA512 | kind::SIG_PURE | 0x30..=0x34 => {
            return Err(Refusal::UnsupportedAlgorithm);
        }
        kind::RSA2048 | kind::RSA3072 | kind::ECDSA224 => {
            return Err(Refusal::UnsupportedAlgorithm);
        }
        0x40 | 0x50 | 0x60 | 0x70..=0x75 => return Err(Refusal::TlvWrongArea),
        _ if kind::is_vendor(ty) => return Err(Refusal::TlvWrongArea),
        _ => return Err(Refusal::TlvUnknown),
    };
    if right { Ok(place) } else { Err(Refusal::TlvLength) }
}

/// The protected types that were seen: none but a dependency may stand there twice.
#[derive(Default)]
pub(crate) struct Seen {
    types: [u16; SEEN],
    count: usize,
}

impl Seen {
    pub(crate) fn note(&mut self, ty: u16) -> Result<(), Refusal> {
        if ty == kind::DEPENDENCY {
            return Ok(());
        }
        if self.types.iter().take(self.count).any(|seen| *seen == ty) {
            return Err(Refusal::TlvDuplicate);
        }
        *self.types.get_mut(self.count).ok_or(Refusal::TooManyTlvs)? = ty;
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

/// Takes in a protected payload, whose length was checked. It is cut to [`KEPT`] bytes, which only opaque types exceed.
pub(crate) fn protected(
    image: &mut Image,
    ty: u16,
    payload: &[u8; KEPT],
    len: usize,
) -> Result<(), Refusal> {
    match ty {
        kind::SEC_CNT => image.counter = Some(u32::from_le_bytes(first(payload))),
        kind::UUID_VID => image.vendor_id = Some(first(payload)),
        kind::UUID_CID => image.class_id = Some(first(payload)),
        kind::SUPPORT_END => image.support_end = Some(Date::parse(first(payload))?),
        kind::SBOM_SHA256 => image.sbom = Some(first(payload)),
        kind::ADVISORY => image.advisory = Some(Advisory::parse(first(payload))?),
        kind::DEPENDENCY => image.depend(first(payload))?,
        // The record is for attestation and decides nothing here; a map is all that is asked.
        kind::BOOT_RECORD if len == 0 || !matches!(payload, [0xa1..=0xb7, ..]) => {
            return Err(Refusal::RecordMalformed);
        }
        _ => {}
    }
    Ok(())
}

/// What the unprotected area claims. Nothing of it decides for an image; it can only fail to prove it.
#[derive(Default)]
pub(crate) struct Claim {
    last_place: u8,
    pub(crate) hash: Option<[u8; 32]>,
    /// Pure Ed25519 only, as is `long_key_hash`.
    pub(crate) long_hash: Option<[u8; 64]>,
    pub(crate) long_key_hash: Option<[u8; 64]>,
    pub(crate) pure: bool,
    pub(crate) signer: Option<Signer>,
    pub(crate) signature: Option<Signature>,
}

/// Who is said to have signed.
pub(crate) struct Signer {
    pub(crate) key_hash: [u8; 32],
    pub(crate) key: Option<PublicKey>,
}

/// A signature of a kind that is built in.
pub(crate) enum Signature {
    P256(P256Signature),
    Ed25519([u8; 64]),
}

impl Claim {
    /// Refuses a type whose place in the order has passed.
    pub(crate) fn place(&mut self, place: u8) -> Result<(), Refusal> {
        if place == self.last_place {
            return Err(Refusal::TlvDuplicate);
        }
        if place < self.last_place {
            return Err(Refusal::TlvOrder);
        }
        self.last_place = place;
        Ok(())
    }

    /// Takes in an unprotected payload, whose length was checked.
    pub(crate) fn take(
        &mut self,
        provider: &impl Sha256,
        ty: u16,
        payload: &[u8; KEPT],
        len: usize,
    ) -> Result<(), Refusal> {
        let all = payload.get(..len).unwrap_or_default();
        match ty {
            kind::SHA256 => self.hash = Some(first(payload)),
            kind::SHA512 => self.long_hash = Some(first(payload)),
            kind::SIG_PURE if all == [1] => self.pure = true,
            kind::KEYHASH if len == 64 => self.long_key_hash = Some(first(payload)),
            kind::KEYHASH => self.signer = Some(Signer { key_hash: first(payload), key: None }),
            kind::PUBKEY => {
                let key = Some(PublicKey::parse(all)?);
                self.signer = Some(Signer { key_hash: provider.sha256(&[all]), key });
            }
            kind::ECDSA_SIG => {
                // One encoding for each pair, so that a signature cannot be changed without being made anew.
                let fixed = der::p256_signature(all).map_err(|_| Refusal::SignatureMalformed)?;
                self.signature = Some(Signature::P256(P256Signature(fixed)));
            }
            kind::ED25519 => self.signature = Some(Signature::Ed25519(first(payload))),
            _ => return Err(Refusal::UnsupportedAlgorithm),
        }
        Ok(())
    }
}

/// Returns the first bytes of what was kept. Always there: no length is above [`KEPT`].
pub(crate) fn first<const N: usize>(kept: &[u8; KEPT]) -> [u8; N] {
    const { assert!(N <= KEPT) }
    kept.first_chunk().copied().unwrap_or([0; N])
}
