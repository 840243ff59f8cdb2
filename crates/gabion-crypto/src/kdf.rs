//! Key derivation: HKDF-SHA-256 (RFC 5869) over the provider's HMAC, and the one list of labels.

use zeroize::Zeroize;

use crate::{CryptoError, HmacSha256, Secret};

/// What a derived key is for. Each purpose has one label, and no label is a prefix of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Label {
    /// Wraps the data keys of the storage classes.
    StorageKek,
    /// Authenticates the order of the records of a store.
    StorageChain,
    /// Makes the nonces of a store.
    StorageNonce,
    /// The first epoch key of the event log.
    LogEpoch,
    /// Binds password verifiers to the chip.
    AuthPepper,
    /// Authenticates the log-in throttle's state.
    AuthThrottle,
    /// Makes pseudonyms in the event log.
    LogPseudonym,
    /// Authenticates the state of the update slots.
    UpdateState,
    /// Authenticates erase intents and receipts where there is no device identity.
    EraseReceipt,
    /// Symmetric boot authentication of small parts.
    BootMac,
    /// Spreads a label's stretched code over the two scalars of SPAKE2+.
    SetupCode,
    /// Encrypts what a phone sends to a device at first set-up.
    SetupToDevice,
    /// Encrypts what a device sends to a phone at first set-up.
    SetupToPhone,
    /// Encrypts the file that a factory hands over to a back end.
    HandOver,
}

impl Label {
    /// Returns the bytes of the label.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::StorageKek => b"gabion/1 storage kek",
            Self::StorageChain => b"gabion/1 storage chain",
            Self::StorageNonce => b"gabion/1 storage nonce",
            Self::LogEpoch => b"gabion/1 log epoch",
            Self::AuthPepper => b"gabion/1 auth pepper",
            Self::AuthThrottle => b"gabion/1 auth throttle",
            Self::LogPseudonym => b"gabion/1 log pseudonym",
            Self::UpdateState => b"gabion/1 update state",
            Self::EraseReceipt => b"gabion/1 erase receipt",
            Self::BootMac => b"gabion/1 boot mac",
            Self::SetupCode => b"gabion/1 set-up code",
            Self::SetupToDevice => b"gabion/1 set-up to device",
            Self::SetupToPhone => b"gabion/1 set-up to phone",
            Self::HandOver => b"gabion/1 hand-over",
        }
    }
}

/// Extracts a key from input of uneven quality (RFC 5869 §2.2).
pub fn hkdf_extract(hmac: &impl HmacSha256, salt: &[u8], input: &[&[u8]]) -> Secret<[u8; 32]> {
    Secret::new(hmac.hmac_sha256(salt, input))
}

/// Expands a key into `out`, at most 255 × 32 bytes (RFC 5869 §2.3). `info` parts are hashed as if they stood in one row:
/// give each part a fixed length, or the split is ambiguous.
///
/// # Errors
///
/// [`CryptoError::Misuse`] when `out` is longer than 8,160 bytes; `out` then holds no key.
pub fn hkdf_expand(
    hmac: &impl HmacSha256,
    key: &Secret<[u8; 32]>,
    label: Label,
    info: [&[u8]; 2],
    out: &mut [u8],
) -> Result<(), CryptoError> {
    expand(hmac, key, [label.as_bytes(), info[0], info[1]], out)
}

pub(crate) fn expand(
    hmac: &impl HmacSha256,
    key: &Secret<[u8; 32]>,
    info: [&[u8]; 3],
    out: &mut [u8],
) -> Result<(), CryptoError> {
    if out.len() > 255 * 32 {
        out.zeroize();
        return Err(CryptoError::Misuse);
    }
    let mut block = [0_u8; 32];
    let mut used = 0_usize;
    for (chunk, number) in out.chunks_mut(32).zip(1..=u8::MAX) {
        let previous = block.get(..used).unwrap_or_default();
        block = hmac.hmac_sha256(key.expose(), &[previous, info[0], info[1], info[2], &[number]]);
        used = block.len();
        chunk.copy_from_slice(block.get(..chunk.len()).unwrap_or_default());
    }
    block.zeroize();
    Ok(())
}
