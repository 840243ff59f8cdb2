//! Image verification over the sample images that MCUboot's `imgtool` and a builder of our own made.

use gabion_boot::{
    Image, KeySet, Policy, Refusal, Slot, TrustedKey, Verified, VerifyError, verify,
};
use gabion_crypto::{EcdsaP256Verify, Ed25519Verify, P256PublicKey, Sha256};
use gabion_flash::block_on;

use crate::case::{Outcome, ensure};
use crate::hex::hex;
use crate::rom::RomSlot;

const KEY_A: P256PublicKey = P256PublicKey(hex(concat!(
    "9d696674a4357b2b652cd85b610e22f400bf41d24b9fc9f227e5e45849dbbf6c",
    "4fb388b1242be33de80e5fd86fe35552931c6d02a19d578a17e0c5dc04dc1116"
)));
const KEY_B: P256PublicKey = P256PublicKey(hex(concat!(
    "21e6ee7a328d498c8b1db3a2045304d44c06639f1092a80f1dcc2618368b3df3",
    "635e7bb86172ad492a39a6e8cdd42b031008108f64e32d85bb13e4a14e75c285"
)));
const KEY_ED25519: [u8; 32] =
    hex("f306c5dc8f55d926845635810d62b8dbcee797ef8adcc060aff0ba6c40efae98");

/// The size of the slot that every sample lies in.
const SLOT: usize = 128 * 1024;
/// The limit that the samples' index gives to all but one of them.
const LIMIT: u32 = 65_496;

/// Which keys a device trusts.
#[derive(Clone, Copy)]
enum Trust {
    /// Both P-256 keys.
    P256,
    /// The hash of the first P-256 key alone; the image carries the key.
    Hash,
    /// The Ed25519 key.
    Ed25519,
}

/// A sample image and what must become of it.
struct Sample {
    name: &'static str,
    bytes: &'static [u8],
    trust: Trust,
    limit: u32,
    floor: Option<u32>,
    verdict: Result<(), Refusal>,
}

macro_rules! sample {
    ($file:literal, $trust:ident, $limit:expr, $floor:expr, $verdict:expr) => {
        Sample {
            name: $file,
            bytes: include_bytes!(concat!("../../gabion-boot/tests/data/images/", $file, ".bin")),
            trust: Trust::$trust,
            limit: $limit,
            floor: $floor,
            verdict: $verdict,
        }
    };
}

/// The samples under the policies of their index. The reasons are ours, the verdicts the index's; the one image that is
/// refused for its algorithm is one that the index calls optional.
const SAMPLES: &[Sample] = &[
    sample!("01_p256_basic", P256, LIMIT, None, Ok(())),
    sample!("02_p256_seccnt5", P256, LIMIT, Some(3), Ok(())),
    sample!("03_p256_bootrec_autocnt", P256, LIMIT, Some(17_039_369), Ok(())),
    sample!("04_p256_deps_vendor_tlv", P256, LIMIT, None, Ok(())),
    sample!("05_p256_full_slot_confirmed", P256, 16_344, None, Ok(())),
    sample!("06_p256_full_pubkey_hwkey", Hash, LIMIT, None, Ok(())),
    sample!("07_ed25519_digest", Ed25519, LIMIT, None, Ok(())),
    sample!("08_p256_second_trusted_key", P256, LIMIT, None, Ok(())),
    sample!("09_ed25519_pure", Ed25519, LIMIT, None, Err(Refusal::UnsupportedAlgorithm)),
    sample!("10_flip_body_bit", P256, LIMIT, None, Err(Refusal::HashMismatch)),
    sample!("11_flip_header_version_bit", P256, LIMIT, None, Err(Refusal::HashMismatch)),
    sample!("12_flip_hash_tlv_bit", P256, LIMIT, None, Err(Refusal::HashMismatch)),
    sample!("13_flip_signature_bit", P256, LIMIT, None, Err(Refusal::SignatureInvalid)),
    sample!("14_truncated_in_body", P256, LIMIT, None, Err(Refusal::TlvInfoMagic)),
    sample!("15_truncated_in_signature", P256, LIMIT, None, Err(Refusal::SignatureInvalid)),
    sample!("16_untrusted_key", P256, LIMIT, None, Err(Refusal::UnknownKey)),
    sample!("17_old_magic_v1", P256, LIMIT, None, Err(Refusal::BadMagic)),
    sample!("18_downgrade_counter2", P256, LIMIT, Some(3), Err(Refusal::Rollback)),
    sample!("19_bad_tlv_info_magic", P256, LIMIT, None, Err(Refusal::TlvInfoMagic)),
    sample!("20_huge_tlv_tot", P256, LIMIT, None, Err(Refusal::SizeOutOfRange)),
];

/// The key that signed the first sample.
pub const SAMPLE_KEY: P256PublicKey = KEY_A;

/// The SHA-256 of [`SAMPLE_KEY`] as a SubjectPublicKeyInfo.
pub const SAMPLE_KEY_HASH: [u8; 32] =
    hex("602d99bd953661d70cdce8d1b32cb89d4bb30f3ac6d5047e8733c59671e51694");

/// The SHA-256 that was signed in the first sample.
pub const SAMPLE_DIGEST: [u8; 32] =
    hex("2918c838c5f292133279b08f103904a5b239659c9c74ac25e418af76b26b2389");

type Verdict = Result<Verified<Image>, Refusal>;

/// Verifies a slot; a slot that cannot be read is no verdict.
fn verdict(
    sample: &Sample,
    bytes: &[u8],
    provider: &(impl Sha256 + EcdsaP256Verify + Ed25519Verify),
) -> Result<Verdict, &'static str> {
    let a = TrustedKey::p256(provider, KEY_A);
    let keys = match sample.trust {
        Trust::P256 => [a, TrustedKey::p256(provider, KEY_B)],
        Trust::Hash => [TrustedKey::by_hash(*a.hash()); 2],
        Trust::Ed25519 => [TrustedKey::ed25519(provider, KEY_ED25519); 2],
    };
    let mut policy = Policy::new(sample.limit);
    if let Some(floor) = sample.floor {
        policy = policy.min_counter(floor);
    }
    let slot = Slot { number: 0, offset: 0, size: SLOT as u32 };
    let mut flash = RomSlot::new(bytes, SLOT);
    let keys = KeySet::new(&keys);
    match block_on(verify(&mut flash, slot, keys, &policy, provider, |_, _| ())) {
        Ok(image) => Ok(Ok(image)),
        Err(VerifyError::Refused(refusal)) => Ok(Err(refusal)),
        Err(_) => Err("the slot could not be read"),
    }
}

/// Gives every sample its verdict, for its reason.
///
/// # Errors
///
/// The name of the first sample that got another.
pub fn samples(provider: &(impl Sha256 + EcdsaP256Verify + Ed25519Verify)) -> Outcome {
    for sample in SAMPLES {
        let verdict = verdict(sample, sample.bytes, provider)?;
        ensure(verdict.map(|_| ()) == sample.verdict, sample.name)?;
    }
    Ok(())
}

/// Flips every bit of the header and of the TLV areas of a signed image in turn: none of them verifies.
///
/// # Errors
///
/// When one does.
pub fn flipped_bits(provider: &(impl Sha256 + EcdsaP256Verify + Ed25519Verify)) -> Outcome {
    const LENGTH: usize = SAMPLES[1].bytes.len();
    /// Where the TLV areas begin: all after the body, which the hash covers like the header.
    const AREAS: usize = LENGTH - 160;
    let sample = &SAMPLES[1];
    let mut bytes = [0; LENGTH];
    bytes.copy_from_slice(sample.bytes);
    for at in (0..32).chain(AREAS..LENGTH) {
        // Three bits of every byte: on a chip each costs a hash, and in the signature two verifications.
        for mask in [0x01, 0x10, 0x80] {
            bytes[at] ^= mask;
            ensure(verdict(sample, &bytes, provider)?.is_err(), "a flipped bit was taken")?;
            bytes[at] ^= mask;
        }
    }
    ensure(verdict(sample, &bytes, provider)?.is_ok(), "the unflipped image")
}

/// Cuts a signed image short at every length that ends in its header, its first body bytes or its TLV areas.
///
/// # Errors
///
/// When a short image is taken.
pub fn truncated(provider: &(impl Sha256 + EcdsaP256Verify + Ed25519Verify)) -> Outcome {
    let sample = &SAMPLES[0];
    let length = sample.bytes.len();
    for end in (0..40).chain(length - 150..length) {
        let verdict = verdict(sample, &sample.bytes[..end], provider)?;
        // A last byte of 0xff would read the same from erased flash.
        let same = sample.bytes[end..].iter().all(|byte| *byte == 0xff);
        ensure(verdict.is_err() || same, "a truncated image was taken")?;
    }
    Ok(())
}

/// Trusts no key at all: even the best image is refused.
///
/// # Errors
///
/// When it is not.
pub fn no_keys(provider: &(impl Sha256 + EcdsaP256Verify + Ed25519Verify)) -> Outcome {
    let slot = Slot { number: 0, offset: 0, size: SLOT as u32 };
    let mut flash = RomSlot::new(SAMPLES[0].bytes, SLOT);
    let (keys, policy) = (KeySet::new(&[]), Policy::new(LIMIT));
    let verdict = block_on(verify(&mut flash, slot, keys, &policy, provider, |_, _| ()));
    let refused = matches!(verdict, Err(VerifyError::Refused(Refusal::UnknownKey)));
    ensure(refused, "an image was taken without a trusted key")
}
