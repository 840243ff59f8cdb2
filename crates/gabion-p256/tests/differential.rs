//! The same verdict as `p256` on signatures made to be hard: special scalars, sums at infinity, values at the edges, flipped
//! bits. `GABION_P256_CASES=1000000 GABION_P256_SEED=7 cargo test --release -p gabion-p256 --test differential` runs more.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use gabion_crypto::{EcdsaP256Verify, P256PublicKey, P256Signature, Software};
use gabion_p256::SmallP256;
use p256::elliptic_curve::{PrimeField, sec1::ToSec1Point};
use p256::{ProjectivePoint, Scalar};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What both implementations were asked.
#[derive(Clone, Debug)]
struct Case {
    key: [u8; 64],
    hash: [u8; 32],
    signature: [u8; 64],
}

/// How often each verdict came up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    accepted: usize,
    refused: usize,
}

impl Counts {
    fn compare(&mut self, case: &Case) -> bool {
        let (key, signature) = (P256PublicKey(case.key), P256Signature(case.signature));
        let ours = SmallP256.p256_verify(&key, &case.hash, &signature);
        let theirs = Software.p256_verify(&key, &case.hash, &signature);
        assert_eq!(ours, theirs, "{case:x?}");
        match ours {
            Ok(()) => self.accepted += 1,
            Err(_) => self.refused += 1,
        }
        ours.is_ok()
    }

    fn total(&self) -> usize {
        self.accepted + self.refused
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

fn random(rng: &mut ChaCha8Rng) -> [u8; 32] {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A scalar that is random, tiny, just below n, a power of two or nearly one, or made of long runs of equal bits.
fn scalar(rng: &mut ChaCha8Rng) -> Scalar {
    let small = Scalar::from(u64::from(rng.next_u32() % 40));
    let power = power_of_two(rng);
    match rng.next_u32() % 8 {
        0 => small,
        1 => -small,
        2 => power,
        3 => power - Scalar::ONE,
        4 => power - power_of_two(rng),
        _ => loop {
            let found: Option<Scalar> = Scalar::from_repr(random(rng).into()).into();
            if let Some(scalar) = found {
                break scalar;
            }
        },
    }
}

fn power_of_two(rng: &mut ChaCha8Rng) -> Scalar {
    let bit = rng.next_u32() as usize % 256;
    let mut bytes = [0; 32];
    bytes[31 - bit / 8] = 1 << (bit % 8);
    Scalar::from_repr(bytes.into()).unwrap()
}

fn joined(a: &[u8], b: &[u8]) -> [u8; 64] {
    [a, b].concat().try_into().unwrap()
}

/// Makes a signature for chosen u1 and u2: with Q = dG and R = u1 G + u2 Q, r = x(R), s = r / u2, hash = u1 s.
fn signed(d: &Scalar, u1: &Scalar, u2: &Scalar) -> Option<Case> {
    let key = (ProjectivePoint::GENERATOR * d).to_affine().to_sec1_point(false);
    let sum = (ProjectivePoint::GENERATOR * (*u1 + *u2 * d)).to_affine().to_sec1_point(false);
    // A sum at infinity has no x: take any r, the verdict must be a refusal.
    let x: [u8; 32] = sum.x().map_or([1; 32], |x| (*x).into());
    let r = reduced(&x);
    let s = r * Option::<Scalar>::from(u2.invert())?;
    let key = key.as_bytes().get(1..65)?.try_into().ok()?;
    let signature = joined(&r.to_repr(), &s.to_repr());
    Some(Case { key, hash: (*u1 * s).to_repr().into(), signature })
}

/// x modulo n.
fn reduced(x: &[u8; 32]) -> Scalar {
    <Scalar as p256::elliptic_curve::ops::Reduce<p256::FieldBytes>>::reduce(&(*x).into())
}

fn flipped(case: &Case, rng: &mut ChaCha8Rng) -> Case {
    let mut case = case.clone();
    let bit = rng.next_u32() as usize % 1280;
    let (byte, mask) = (bit / 8, 1 << (bit % 8));
    match byte {
        0..64 => case.key[byte] ^= mask,
        64..96 => case.hash[byte - 64] ^= mask,
        _ => case.signature[byte - 96] ^= mask,
    }
    case
}

/// Puts a value from the edges where one of the five numbers was.
fn edged(case: &Case, rng: &mut ChaCha8Rng) -> Case {
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    let edge = |hex: &str| -> [u8; 32] {
        core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    };
    let mut value = match rng.next_u32() % 4 {
        0 => edge(N),
        1 => edge(P),
        2 => [0; 32],
        _ => [0xff; 32],
    };
    // up to two away, wherever that does not carry
    let step = (rng.next_u32() % 3) as u8;
    value[31] = if rng.next_u32() & 1 == 0 {
        value[31].wrapping_add(step)
    } else {
        value[31].wrapping_sub(step)
    };
    let mut case = case.clone();
    match rng.next_u32() % 6 {
        0 => case.key[..32].copy_from_slice(&value),
        1 => case.key[32..].copy_from_slice(&value),
        2 => case.hash = value,
        3 => case.signature[..32].copy_from_slice(&value),
        4 => case.signature[32..].copy_from_slice(&value),
        _ => case.signature = joined(&value, &value),
    }
    case
}

#[test]
fn the_same_verdict_as_p256() {
    let cases = number("GABION_P256_CASES", 4_000) as usize;
    let seed = number("GABION_P256_SEED", 1);
    println!("{cases} cases from seed {seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut counts = Counts::default();
    while counts.total() < cases {
        let d = scalar(&mut rng);
        let (mut u1, u2) = (scalar(&mut rng), scalar(&mut rng));
        // u1 G and u2 Q the same point, opposite points, or a small multiple apart.
        match rng.next_u32() % 16 {
            0 => u1 = u2 * d,
            1 => u1 = -(u2 * d),
            2 => u1 = u2 * d * Scalar::from(3_u64),
            _ => {}
        }
        let at_infinity = u1 + u2 * d == Scalar::ZERO;
        let Some(case) = signed(&d, &u1, &u2) else { continue };
        let accepted = counts.compare(&case);
        assert_eq!(accepted, !at_infinity && d != Scalar::ZERO, "{case:x?}");
        for _ in 0..2 {
            counts.compare(&flipped(&case, &mut rng));
            counts.compare(&edged(&case, &mut rng));
        }
        let (r, s) = case.signature.split_at(32);
        let s: Option<Scalar> = Scalar::from_repr(<[u8; 32]>::try_from(s).unwrap().into()).into();
        let mirrored = joined(r, &(-s.unwrap()).to_repr());
        assert_eq!(counts.compare(&Case { signature: mirrored, ..case }), accepted);
    }
    println!("{counts:?}");
    assert!(counts.accepted > cases / 5 && counts.refused > cases / 5, "{counts:?}");
}

/// All small keys, hashes and signatures: both accept none but by the same rule.
#[test]
fn small_numbers() {
    let mut counts = Counts::default();
    let small = |n: u8| {
        let mut bytes = [0; 32];
        bytes[31] = n;
        bytes
    };
    for d in 1..12_u64 {
        let key = (ProjectivePoint::GENERATOR * Scalar::from(d)).to_affine().to_sec1_point(false);
        let key: [u8; 64] = key.as_bytes()[1..].try_into().unwrap();
        for hash in 0..6 {
            for (r, s) in [(1, 1), (hash + 1, 2), (d as u8, hash + 1), (3, 3), (0, 1), (1, 0)] {
                let signature = joined(&small(r), &small(s));
                counts.compare(&Case { key, hash: small(hash), signature });
            }
        }
    }
    assert_eq!(counts, Counts { accepted: 0, refused: 396 });
}
