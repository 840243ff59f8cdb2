//! The decision, made so that no single fault takes it.
//!
//! Whoever can disturb a chip for one instruction skips a branch or flips a register. So nothing here hangs on one branch:
//! each condition is turned into a number that only the right values give, the numbers are summed, the whole is computed
//! twice, and both sums are compared. `black_box` keeps the compiler from seeing that the second time is the first.

use core::hint::black_box;

use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256, Sha512};

use crate::image::SEAL;
use crate::key::PublicKey;
use crate::tlv::{Claim, Signature};
use crate::{Effort, Image, KeySet, Policy, Refusal, TrustedKey};

/// Numbers far from each other, from zero, and from all ones.
const HASH_HOLDS: u32 = 0x3a5c_c9a5;
const POLICY_HOLDS: u32 = 0x96d2_35b4;
const SIGNATURE_HOLDS: u32 = 0x5b39_e41a;
const ACCEPTED: u32 =
    HASH_HOLDS.wrapping_add(POLICY_HOLDS).wrapping_add(SIGNATURE_HOLDS).wrapping_add(HASH_LEN);
const HASH_LEN: u32 = 32;
const _: () =
    assert!(SEAL == ACCEPTED.wrapping_mul(2), "the witness's seal is the sum of two decisions");

/// What is judged: what the image says of itself, and what is claimed for it.
pub(crate) type Evidence<'e> = (&'e Image, &'e Claim);

/// Decides over an image: the seal of its witness.
///
/// The evidence comes twice, by two references that were made apart: with one, a flipped bit of it would make both judgements look at
/// other memory, which may hold what somebody sent.
pub(crate) fn decide<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    provider: &P,
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    evidence: [Evidence<'_>; 2],
) -> Result<u32, Refusal> {
    twice(policy, evidence, |image, claim, sum| judge(provider, keys, policy, image, claim, sum))
}

/// Decides over an image whose signature is over the bytes themselves.
pub(crate) fn decide_pure<P: Sha256 + Sha512 + Ed25519Verify>(
    provider: &P,
    key: TrustedKey,
    policy: &Policy<'_>,
    evidence: [Evidence<'_>; 2],
    signed: &[u8],
) -> Result<u32, Refusal> {
    twice(policy, evidence, |image, claim, sum| {
        judge_pure(provider, key, policy, image, claim, signed, sum)
    })
}

/// Decides over an image by a device's own tag, in the place of the signature.
pub(crate) fn decide_tagged(
    policy: &Policy<'_>,
    evidence: [Evidence<'_>; 2],
    tag: impl Fn(&[u8; 32]) -> [u8; 32],
    given: &[u8; 32],
) -> Result<u32, Refusal> {
    twice(policy, evidence, |image, claim, sum| {
        judge_hash_and_policy(policy, image, claim, sum)?;
        let (difference, _) = compare(&tag(&image.digest), given);
        if difference != 0 {
            return Err(Refusal::SignatureInvalid);
        }
        *sum = sum.wrapping_add(SIGNATURE_HOLDS ^ difference);
        Ok(())
    })
}

/// Judges, and judges again; only two right sums make the seal of a witness.
fn twice(
    policy: &Policy<'_>,
    [once, again]: [Evidence<'_>; 2],
    judge: impl Fn(&Image, &Claim, &mut u32) -> Result<(), Refusal>,
) -> Result<u32, Refusal> {
    let mut first = 0;
    judge(once.0, once.1, &mut first)?;
    let mut second = first;
    if policy.effort == Effort::Redundant {
        second = 0;
        black_box(&judge)(black_box(again.0), black_box(again.1), &mut second)?;
    }
    // Both judged the same memory, or the sum is wrong.
    second ^= black_box(apart(once.0, again.0) | apart(once.1, again.1));
    if black_box(first) != ACCEPTED {
        return Err(Refusal::Disturbed);
    }
    let seal = black_box(first).wrapping_add(black_box(second));
    if black_box(second) != ACCEPTED || black_box(first) != black_box(second) {
        return Err(Refusal::Disturbed);
    }
    Ok(seal)
}

/// Zero if both references are one.
fn apart<T>(once: &T, again: &T) -> u32 {
    let place = |of: &T| core::ptr::from_ref(of).addr();
    (place(once) ^ place(again)) as u32
}

impl Claim {
    /// Finds the trusted key that is said to have signed purely.
    pub(crate) fn signed_purely_by<P: Sha512>(
        &self,
        provider: &P,
        keys: KeySet<'_>,
    ) -> Result<TrustedKey, Refusal> {
        let named = match (&self.long_key_hash, &self.signer) {
            (Some(hash), None) => {
                keys.iter().find(|key| key.long_hash(provider).as_ref() == Some(hash)).copied()
            }
            (None, Some(signer)) => keys
                .find(&signer.key_hash)
                .map(|trusted| TrustedKey { key: trusted.key.or(signer.key), ..*trusted }),
            _ => return Err(Refusal::KeyMissing),
        };
        named.ok_or(Refusal::UnknownKey)
    }
}

/// As [`judge`], for a signature over the bytes themselves.
#[inline(never)]
fn judge_pure<P: Sha512 + Ed25519Verify>(
    provider: &P,
    key: TrustedKey,
    policy: &Policy<'_>,
    image: &Image,
    claim: &Claim,
    signed: &[u8],
    sum: &mut u32,
) -> Result<(), Refusal> {
    let claimed = claim.long_hash.as_ref().ok_or(Refusal::HashMissing)?;
    let (difference, compared) = compare(&provider.sha512(&[signed]), claimed);
    if difference != 0 {
        return Err(Refusal::HashMismatch);
    }
    *sum = sum.wrapping_add(HASH_HOLDS ^ difference).wrapping_add(compared / 2);
    policy.check_image(image)?;
    *sum = sum.wrapping_add(match black_box(policy).check_image(black_box(image)) {
        Ok(()) => POLICY_HOLDS,
        Err(_) => 0,
    });
    let signature = claim.signature.as_ref().ok_or(Refusal::SignatureMissing)?;
    let (Some(PublicKey::Ed25519(key)), Signature::Ed25519(signature)) = (&key.key, signature)
    else {
        return Err(Refusal::SignatureMalformed);
    };
    *sum = sum.wrapping_add(match provider.ed25519_verify(key, signed, signature) {
        Ok(()) => SIGNATURE_HOLDS,
        Err(_) => return Err(Refusal::SignatureInvalid),
    });
    Ok(())
}

/// Computes the sum of all conditions; it is [`ACCEPTED`] only if all hold.
#[inline(never)]
fn judge<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    provider: &P,
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    image: &Image,
    claim: &Claim,
    sum: &mut u32,
) -> Result<(), Refusal> {
    judge_hash_and_policy(policy, image, claim, sum)?;
    let signer = claim.signer.as_ref().ok_or(Refusal::KeyMissing)?;
    let signature = claim.signature.as_ref().ok_or(Refusal::SignatureMissing)?;
    let trusted = keys.find(&signer.key_hash).ok_or(Refusal::UnknownKey)?;
    let key = trusted.key.as_ref().or(signer.key.as_ref()).ok_or(Refusal::KeyMissing)?;
    let (strange, _) = compare(&trusted.hash, &signer.key_hash);
    // The signature is checked over the hash that was computed, never over the one that is claimed.
    let holds = match (key, signature) {
        (PublicKey::P256(key), Signature::P256(signature)) => {
            provider.p256_verify(key, &image.digest, signature)
        }
        (PublicKey::Ed25519(key), Signature::Ed25519(signature)) => {
            provider.ed25519_verify(key, &image.digest, signature)
        }
        _ => return Err(Refusal::SignatureMalformed),
    };
    *sum = sum.wrapping_add(match holds {
        Ok(()) => SIGNATURE_HOLDS ^ strange,
        Err(_) => return Err(Refusal::SignatureInvalid),
    });
    Ok(())
}

/// The part of the sum that needs no key.
fn judge_hash_and_policy(
    policy: &Policy<'_>,
    image: &Image,
    claim: &Claim,
    sum: &mut u32,
) -> Result<(), Refusal> {
    let claimed = claim.hash.as_ref().ok_or(Refusal::HashMissing)?;
    if claim.pure {
        return Err(Refusal::UnsupportedAlgorithm);
    }
    let (difference, compared) = compare(&image.digest, claimed);
    if difference != 0 {
        return Err(Refusal::HashMismatch);
    }
    // The difference is added, not branched on: a skipped branch above leaves a wrong sum.
    *sum = sum.wrapping_add(HASH_HOLDS ^ difference).wrapping_add(compared);

    policy.check_image(image)?;
    *sum = sum.wrapping_add(match black_box(policy).check_image(black_box(image)) {
        Ok(()) => POLICY_HOLDS,
        Err(_) => 0,
    });
    Ok(())
}

/// Compares all bytes: returns a number that is zero only if none differs, and how many were compared.
fn compare<const N: usize>(a: &[u8; N], b: &[u8; N]) -> (u32, u32) {
    let mut difference = 0;
    let mut compared: u32 = 0;
    for (x, y) in a.iter().zip(b) {
        difference |= u32::from(black_box(x ^ y));
        compared = compared.wrapping_add(1);
    }
    (difference, black_box(compared))
}
