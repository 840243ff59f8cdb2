//! The decision, made so that no single fault takes it.
//!
//! Whoever can disturb a chip for one instruction skips a branch or flips a register. So nothing here hangs on one branch:
//! each condition is turned into a number that only the right values give, the numbers are summed, the whole is computed
//! twice, and both sums are compared. `black_box` keeps the compiler from seeing that the second time is the first.

use core::hint::black_box;

use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, Sha256};

use crate::key::PublicKey;
use crate::tlv::{Claim, Signature};
use crate::{Effort, Image, KeySet, Policy, Refusal, Verified};

/// Numbers far from each other, from zero, and from all ones.
const HASH_HOLDS: u32 = 0x3a5c_c9a5;
const POLICY_HOLDS: u32 = 0x96d2_35b4;
const SIGNATURE_HOLDS: u32 = 0x5b39_e41a;
const ACCEPTED: u32 =
    HASH_HOLDS.wrapping_add(POLICY_HOLDS).wrapping_add(SIGNATURE_HOLDS).wrapping_add(HASH_LEN);
const HASH_LEN: u32 = 32;

/// All that the verifier gathered.
pub(crate) struct Evidence {
    pub(crate) image: Image,
    pub(crate) claim: Claim,
}

/// Decides over an image.
pub(crate) fn decide<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    provider: &P,
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    mut evidence: Evidence,
) -> Result<Verified<Image>, Refusal> {
    let mut first = 0;
    judge(provider, keys, policy, &evidence, &mut first)?;
    let mut second = first;
    if policy.effort == Effort::Redundant {
        second = 0;
        judge(
            black_box(provider),
            black_box(keys),
            black_box(policy),
            black_box(&evidence),
            &mut second,
        )?;
    }
    if black_box(first) != ACCEPTED {
        return Err(Refusal::Disturbed);
    }
    if let Some(signer) = &evidence.claim.signer {
        evidence.image.key_hash = signer.key_hash;
    }
    let witness = Verified::witness(evidence.image);
    if black_box(second) != ACCEPTED || black_box(first) != black_box(second) {
        return Err(Refusal::Disturbed);
    }
    Ok(witness)
}

/// Computes the sum of all conditions; it is [`ACCEPTED`] only if all hold.
#[inline(never)]
fn judge<P: Sha256 + EcdsaP256Verify + Ed25519Verify>(
    provider: &P,
    keys: KeySet<'_>,
    policy: &Policy<'_>,
    evidence: &Evidence,
    sum: &mut u32,
) -> Result<(), Refusal> {
    let Evidence { image, claim } = evidence;
    let claimed = claim.hash.as_ref().ok_or(Refusal::HashMissing)?;
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

    let signer = claim.signer.as_ref().ok_or(Refusal::KeyMissing)?;
    let signature = claim.signature.as_ref().ok_or(Refusal::SignatureMissing)?;
    let trusted = keys.find(&signer.key_hash).ok_or(Refusal::UnknownKey)?;
    let key = trusted.key.or(signer.key).ok_or(Refusal::KeyMissing)?;
    let (strange, _) = compare(&trusted.hash, &signer.key_hash);
    // The signature is checked over the hash that was computed, never over the one that is claimed.
    let holds = match (&key, signature) {
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

/// Compares all bytes: returns a number that is zero only if none differs, and how many were compared.
fn compare(a: &[u8; 32], b: &[u8; 32]) -> (u32, u32) {
    let mut difference = 0;
    let mut compared: u32 = 0;
    for (x, y) in a.iter().zip(b) {
        difference |= u32::from(black_box(x ^ y));
        compared = compared.wrapping_add(1);
    }
    (difference, black_box(compared))
}
