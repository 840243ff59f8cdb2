//! The one DER encoding of an ECDSA signature (X.690 §8.3, §10; SEC 1 §C.5).

use gabion_crypto::P256Signature;

use crate::Refusal;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Reads `SEQUENCE { INTEGER r, INTEGER s }` and accepts exactly one byte string for each pair.
///
/// Two INTEGERs of at most 33 bytes need no long form, so every length is one byte below 0x80. Ranges (1..n) are the
/// provider's to check.
pub(crate) fn signature(bytes: &[u8]) -> Result<P256Signature, Refusal> {
    let (content, rest) = element(bytes, SEQUENCE)?;
    let (r, after_r) = element(content, INTEGER)?;
    let (s, after_s) = element(after_r, INTEGER)?;
    if !rest.is_empty() || !after_s.is_empty() {
        return Err(Refusal::SignatureMalformed);
    }
    let mut out = [0; 64];
    let (left, right) = out.split_at_mut(32);
    scalar(r, left)?;
    scalar(s, right)?;
    Ok(P256Signature(out))
}

fn element(bytes: &[u8], tag: u8) -> Result<(&[u8], &[u8]), Refusal> {
    match bytes {
        [t, len, rest @ ..] if *t == tag && *len < 0x80 => {
            rest.split_at_checked(usize::from(*len)).ok_or(Refusal::SignatureMalformed)
        }
        _ => Err(Refusal::SignatureMalformed),
    }
}

/// Writes a non-negative INTEGER in its shortest form to 32 bytes, big endian.
fn scalar(content: &[u8], out: &mut [u8]) -> Result<(), Refusal> {
    let digits = match content {
        [] | [0x80..=0xff, ..] => return Err(Refusal::SignatureMalformed),
        [0] => content,
        [0, second, ..] if *second < 0x80 => return Err(Refusal::SignatureMalformed),
        [0, digits @ ..] => digits,
        _ => content,
    };
    let start = out.len().checked_sub(digits.len()).ok_or(Refusal::SignatureMalformed)?;
    let (_, low) = out.split_at_mut_checked(start).ok_or(Refusal::SignatureMalformed)?;
    low.copy_from_slice(digits);
    Ok(())
}
