//! What is right only where a standard demands it, and dangerous elsewhere.

use crate::{CryptoError, HmacSha256, Secret, kdf};

/// Expands a key as RFC 5869 §2.3 has it, without a label of ours: for protocols that define their own `info`, and for test
/// vectors. Where the choice is yours use [`hkdf_expand`](crate::hkdf_expand).
///
/// # Errors
///
/// [`CryptoError::Misuse`] when `out` is longer than 8,160 bytes; `out` then holds no key.
///
/// # Security
///
/// Two purposes that use the same `info` under one key get the same output.
pub fn hkdf_expand_unlabelled(
    hmac: &impl HmacSha256,
    key: &Secret<[u8; 32]>,
    info: [&[u8]; 3],
    out: &mut [u8],
) -> Result<(), CryptoError> {
    kdf::expand(hmac, key, info, out)
}
