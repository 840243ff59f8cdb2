#![no_std]
#![doc = include_str!("../README.md")]

use gabion_crypto::{CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature};

/// Checks ECDSA signatures on P-256 in assembly. For Cortex-M4 and M33 (ARMv7E-M, ARMv8-M main line with DSP).
///
/// # Security
///
/// Public keys, hashes and signatures only, which are public. Whoever disturbs the chip gets one wrong answer at most, which
/// `gabion-boot` asks for twice.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cm4;

impl EcdsaP256Verify for Cm4 {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        let (x, y) = halves(&key.0)?;
        let (r, s) = halves(&signature.0)?;
        // Checks itself: r and s from 1 to n - 1, coordinates below p, a point of the curve.
        if p256_cm4::verify(&x, &y, hash, &r, &s) { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

/// Two numbers of 32 bytes, most significant first, as eight words each, least significant first.
fn halves(bytes: &[u8; 64]) -> Result<([u32; 8], [u32; 8]), CryptoError> {
    let (first, second) = bytes.split_first_chunk::<32>().ok_or(CryptoError::Refused)?;
    let second = second.first_chunk::<32>().ok_or(CryptoError::Refused)?;
    Ok((words(first), words(second)))
}

fn words(bytes: &[u8; 32]) -> [u32; 8] {
    let mut words = [0; 8];
    for (word, four) in words.iter_mut().rev().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*four);
    }
    words
}
