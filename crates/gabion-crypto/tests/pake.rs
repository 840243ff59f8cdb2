//! SPAKE2+ against RFC 9383, and against everything that is no honest peer. The vector was recomputed from the formulas of the
//! RFC with whole numbers, apart from any library.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

use gabion_crypto::{
    Argon2Block, Argon2Cost, CryptoError, PakeAnswer, PakeContext, PakeProver, PakeVerifier,
    PasswordHash, Secret, Software, SoftwareArgon2, Spake2Plus,
};

/// RFC 9383 appendix C, the vector of P256-SHA256-HKDF-SHA256-HMAC-SHA256.
const CONTEXT: PakeContext<'static> = PakeContext {
    context: b"SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256 Test Vectors",
    prover: b"client",
    verifier: b"server",
};
const W0: &str = "bb8e1bbcf3c48f62c08db243652ae55d3e5586053fca77102994f23ad95491b3";
const W1: &str = "7e945f34d78785b8a3ef44d0df5a1a97d6b3b460409a345ca7830387a74b1dba";
const L: &str = "04eb7c9db3d9a9eb1f8adab81b5794c1f13ae3e225efbe91ea487425854c7fc00f00bfedcbd09b2400142d40a14f2064ef31dfaa903b91d1faea7093d835966efd";
const X: &str = "d1232c8e8693d02368976c174e2088851b8365d0d79a9eee709c6a05a2fad539";
const SHARE_P: &str = "04ef3bd051bf78a2234ec0df197f7828060fe9856503579bb1733009042c15c0c1de127727f418b5966afadfdd95a6e4591d171056b333dab97a79c7193e341727";
const Y: &str = "717a72348a182085109c8d3917d6c43d59b224dc6a7fc4f0483232fa6516d8b3";
const SHARE_V: &str = "04c0f65da0d11927bdf5d560c69e1d7d939a05b0e88291887d679fcadea75810fb5cc1ca7494db39e82ff2f50665255d76173e09986ab46742c798a9a68437b048";
const CONFIRM_P: &str = "926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27527";
const CONFIRM_V: &str = "9747bcc4f8fe9f63defee53ac9b07876d907d55047e6ff2def2e7529089d3e68";
const SHARED: &str = "0c5f8ccd1413423a54f6c1fb26ff01534a87f893779c6e68666d772bfd91f3e7";

fn unhex<const N: usize>(hex: &str) -> [u8; N] {
    assert_eq!(hex.len(), 2 * N);
    core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
}

/// A number of 32 bytes as one of `N`.
fn wide<const N: usize>(hex: &str) -> [u8; N] {
    let mut out = [0; N];
    out[N - 32..].copy_from_slice(&unhex::<32>(hex));
    out
}

fn stretched(w0: &str, w1: &str) -> Secret<[u8; 80]> {
    let mut out = Secret::zeroed();
    out.expose_mut()[..40].copy_from_slice(&wide::<40>(w0));
    out.expose_mut()[40..].copy_from_slice(&wide::<40>(w1));
    out
}

fn record() -> Secret<[u8; 97]> {
    let mut record = Secret::zeroed();
    Software.pake_record(&stretched(W0, W1), &mut record).unwrap();
    record
}

fn random(hex: &str) -> Secret<[u8; 64]> {
    Secret::new(wide::<64>(hex))
}

#[test]
fn rfc_9383_vector() {
    assert_eq!(record().expose()[..32], unhex::<32>(W0));
    assert_eq!(record().expose()[32..], unhex::<65>(L));
    let (share_p, prover) = Software.pake_start(&stretched(W0, W1), &CONTEXT, &random(X)).unwrap();
    assert_eq!(share_p, unhex(SHARE_P));
    let (answer, verifier) =
        Software.pake_answer(&record(), &CONTEXT, &random(Y), &share_p).unwrap();
    assert_eq!(answer, PakeAnswer { share: unhex(SHARE_V), confirm: unhex(CONFIRM_V) });
    let (confirm_p, theirs) = prover.finish(&answer).unwrap();
    assert_eq!(confirm_p, unhex(CONFIRM_P));
    let ours = verifier.finish(&confirm_p).unwrap();
    assert!(ours.ct_eq(&unhex::<32>(SHARED)) && theirs.ct_eq(ours.expose()));
}

#[test]
fn another_code_name_or_context_is_refused_on_both_sides() {
    let other = PakeContext { verifier: b"server2", ..CONTEXT };
    let third = PakeContext { context: b"x", ..CONTEXT };
    for (w0, context) in [(X, &CONTEXT), (W0, &other), (W0, &third)] {
        let (share, prover) = Software.pake_start(&stretched(w0, W1), context, &random(X)).unwrap();
        let (answer, verifier) =
            Software.pake_answer(&record(), &CONTEXT, &random(Y), &share).unwrap();
        assert_eq!(prover.finish(&answer).unwrap_err(), CryptoError::Refused);
        assert_eq!(verifier.finish(&[0x5a; 32]).unwrap_err(), CryptoError::Refused);
    }
}

#[test]
fn no_changed_bit_of_a_message_passes() {
    for bit in 0..(65 + 32) * 8 {
        let (share, prover) =
            Software.pake_start(&stretched(W0, W1), &CONTEXT, &random(X)).unwrap();
        let (mut answer, _) =
            Software.pake_answer(&record(), &CONTEXT, &random(Y), &share).unwrap();
        match answer.share.get_mut(bit / 8) {
            Some(byte) => *byte ^= 1 << (bit % 8),
            None => answer.confirm[bit / 8 - 65] ^= 1 << (bit % 8),
        }
        assert_eq!(prover.finish(&answer).unwrap_err(), CryptoError::Refused, "bit {bit}");
    }
}

#[test]
fn shares_that_are_no_points_and_records_that_are_none_are_refused() {
    let mut off_curve = unhex::<65>(SHARE_P);
    off_curve[64] ^= 1;
    let mut identity = [0; 65];
    for share in [off_curve, identity, [0xff; 65], {
        identity[0] = 4;
        identity
    }] {
        let refused = Software.pake_answer(&record(), &CONTEXT, &random(Y), &share);
        assert_eq!(refused.err(), Some(CryptoError::Refused));
    }
    for broken in [[0; 97], [0xff; 97]] {
        let refused =
            Software.pake_answer(&Secret::new(broken), &CONTEXT, &random(Y), &unhex(SHARE_P));
        assert_eq!(refused.err(), Some(CryptoError::Refused));
    }
    let zero = Software.pake_record(&Secret::zeroed(), &mut Secret::zeroed());
    assert_eq!(zero, Err(CryptoError::Refused));
}

#[test]
fn argon2id_as_the_reference_has_it() {
    let mut memory = [Argon2Block::new(); 256];
    let provider = SoftwareArgon2::new(Software, &mut memory);
    let mut hash = Secret::zeroed();
    provider.argon2id(b"password", b"somesalt", Argon2Cost::new(256, 2), &mut hash).unwrap();
    let expected = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe";
    assert!(hash.ct_eq(&unhex::<32>(expected)));
    let too_much = provider.argon2id(b"p", b"somesalt", Argon2Cost::new(257, 1), &mut hash);
    assert_eq!(too_much, Err(CryptoError::Misuse));
    let no_salt = provider.argon2id(b"p", b"salt", Argon2Cost::new(8, 1), &mut hash);
    assert_eq!(no_salt, Err(CryptoError::Misuse));
    // Whoever has no memory to lend has no Argon2id.
    let none = Software.argon2id(b"p", b"somesalt", Argon2Cost::new(8, 1), &mut hash);
    assert_eq!(none, Err(CryptoError::Misuse));
    assert!(memory.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)), "wiped");
}
