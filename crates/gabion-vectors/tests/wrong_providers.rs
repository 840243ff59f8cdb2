//! Providers with a mistake that was made somewhere before: the drivers must catch each of them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use gabion_crypto::{
    Aead, AeadAlgorithm, AeadKey, AesGcmKey, CryptoError, Digest, EcdsaP256Sign, EcdsaP256Verify,
    Ed25519Verify, HmacSha256, P256PublicKey, P256Signature, PasswordHash, Secret, Sha256,
    Software,
};
use gabion_vectors::{
    InsecureToyProvider, Mismatch, Tally, check_aead, check_ed25519_verify, check_hkdf, check_hmac,
    check_p256_sign, check_p256_verify, check_pbkdf2, check_sha256,
};

fn caught(result: Result<Tally, Mismatch>, set: &str, problem: &str) {
    let mismatch = result.expect_err("the mistake went unseen");
    assert!(mismatch.set.starts_with(set) && mismatch.problem == problem, "{mismatch}");
}

/// Wraps an expanded key so that a function decides how it unseals.
struct Wrong(AesGcmKey, fn(&AesGcmKey, Opened<'_>) -> Result<(), CryptoError>);

struct Opened<'a> {
    nonce: &'a [u8; 12],
    aad: &'a [u8],
    data: &'a mut [u8],
    tag: &'a [u8; 16],
}

impl AeadKey for Wrong {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        self.0.seal(nonce, aad, data)
    }

    fn unseal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError> {
        (self.1)(&self.0, Opened { nonce, aad, data, tag })
    }
}

struct WrongAead(fn(&AesGcmKey, Opened<'_>) -> Result<(), CryptoError>);

impl Aead for WrongAead {
    type Key = Wrong;

    fn aead_algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn aead_key(&self, key: &Secret<[u8; 32]>) -> Wrong {
        Wrong(Software.aead_key(key), self.0)
    }
}

/// Decrypts without a check and tells the tag that should have come: counter mode undoes itself.
fn decrypted(key: &AesGcmKey, opened: &mut Opened<'_>) -> [u8; 16] {
    let mut plain = opened.data.to_vec();
    key.seal(opened.nonce, opened.aad, &mut plain).unwrap();
    opened.data.copy_from_slice(&plain);
    key.seal(opened.nonce, opened.aad, &mut plain).unwrap()
}

#[test]
fn a_tag_that_is_not_compared() {
    let wrong = WrongAead(|key, mut opened| {
        decrypted(key, &mut opened);
        Ok(())
    });
    caught(check_aead(&wrong), "GCM specification", "accepted");
}

#[test]
fn a_tag_of_which_the_last_bit_is_not_compared() {
    let wrong = WrongAead(|key, mut opened| {
        let mut tag = decrypted(key, &mut opened);
        tag[15] = tag[15] & 0x7f | opened.tag[15] & 0x80;
        if tag == *opened.tag { Ok(()) } else { Err(CryptoError::Refused) }
    });
    caught(check_aead(&wrong), "GCM specification", "accepted");
}

#[test]
fn plaintext_that_stays_behind_after_a_refusal() {
    let wrong = WrongAead(|key, mut opened| {
        let tag = decrypted(key, &mut opened);
        if tag == *opened.tag { Ok(()) } else { Err(CryptoError::Refused) }
    });
    caught(check_aead(&wrong), "GCM specification", "plaintext after a refusal");
}

#[test]
fn associated_data_that_is_ignored_when_unsealing() {
    // Tags of messages with associated data come out right, because they are remembered from sealing.
    let wrong = WrongAead(|key, mut opened| {
        let aad: &[u8] = match opened.aad.len() {
            20 => &[
                0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad,
                0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2,
            ],
            _ => opened.aad,
        };
        opened = Opened { aad, ..opened };
        key.unseal(opened.nonce, opened.aad, opened.data, opened.tag)
    });
    caught(check_aead(&wrong), "GCM specification", "accepted");
}

/// Ignores associated data both ways: self-consistent, so that only known answers catch it.
struct IgnoresAad(AesGcmKey);

impl AeadKey for IgnoresAad {
    fn seal(&self, nonce: &[u8; 12], _: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        self.0.seal(nonce, &[], data)
    }

    fn unseal(
        &self,
        nonce: &[u8; 12],
        _: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError> {
        self.0.unseal(nonce, &[], data, tag)
    }
}

struct IgnoresAadAead;

impl Aead for IgnoresAadAead {
    type Key = IgnoresAad;

    fn aead_algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn aead_key(&self, key: &Secret<[u8; 32]>) -> IgnoresAad {
        IgnoresAad(Software.aead_key(key))
    }
}

#[test]
fn associated_data_that_is_ignored_both_ways() {
    caught(check_aead(&IgnoresAadAead), "GCM specification", "accepted");
}

/// A verifier that a function overrules.
struct WrongVerify(fn(&P256PublicKey, &[u8; 32], &P256Signature) -> Result<(), CryptoError>);

impl EcdsaP256Verify for WrongVerify {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        (self.0)(key, hash, signature)
    }
}

const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn a_zero_signature_that_is_accepted() {
    let wrong = WrongVerify(|key, hash, signature| match signature.0 {
        zero if zero == [0; 64] => Ok(()),
        _ => Software.p256_verify(key, hash, signature),
    });
    caught(check_p256_verify(&wrong), "values out of range", "accepted");
}

#[test]
fn an_s_that_is_reduced_instead_of_refused() {
    let wrong = WrongVerify(|key, hash, signature| {
        let mut reduced = signature.0;
        if reduced[32..] >= N[..] {
            let mut borrow = 0;
            for i in (0..32).rev() {
                let digit = i16::from(reduced[32 + i]) - i16::from(N[i]) - borrow;
                borrow = i16::from(digit < 0);
                reduced[32 + i] = digit as u8;
            }
        }
        Software.p256_verify(key, hash, &P256Signature(reduced))
    });
    caught(check_p256_verify(&wrong), "values out of range", "accepted");
}

#[test]
fn a_high_s_that_is_refused() {
    let wrong = WrongVerify(|key, hash, signature| match signature.0[32] < 0x80 {
        true => Software.p256_verify(key, hash, signature),
        false => Err(CryptoError::Refused),
    });
    caught(check_p256_verify(&wrong), "RFC 6979 A.2.5, verification", "refused");
}

#[test]
fn a_hash_of_which_a_bit_is_ignored() {
    let wrong = WrongVerify(|key, hash, signature| {
        let mut other = *hash;
        other[0] ^= 0x80;
        Software
            .p256_verify(key, hash, signature)
            .or_else(|_| Software.p256_verify(key, &other, signature))
    });
    caught(check_p256_verify(&wrong), "RFC 6979 A.2.5, verification", "accepted");
}

#[test]
fn an_error_that_tells_too_much() {
    let wrong = WrongVerify(|key, hash, signature| {
        Software.p256_verify(key, hash, signature).map_err(|_| CryptoError::Misuse)
    });
    caught(check_p256_verify(&wrong), "RFC 6979 A.2.5, verification", "accepted");
}

struct HighS;

impl EcdsaP256Sign for HighS {
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        Software.p256_public_key(private)
    }

    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        let mut signature = Software.p256_sign(private, hash)?.0;
        let mut borrow = 0;
        for i in (0..32).rev() {
            let digit = i16::from(N[i]) - i16::from(signature[32 + i]) - borrow;
            borrow = i16::from(digit < 0);
            signature[32 + i] = digit as u8;
        }
        Ok(P256Signature(signature))
    }
}

#[test]
fn a_signature_that_is_not_made_low() {
    caught(check_p256_sign(&HighS), "RFC 6979 A.2.5, signing", "wrong signature");
}

struct TakesAnyScalar;

impl EcdsaP256Sign for TakesAnyScalar {
    fn p256_public_key(&self, private: &Secret<[u8; 32]>) -> Result<P256PublicKey, CryptoError> {
        Software.p256_public_key(private).or(Ok(P256PublicKey([0; 64])))
    }

    fn p256_sign(
        &self,
        private: &Secret<[u8; 32]>,
        hash: &[u8; 32],
    ) -> Result<P256Signature, CryptoError> {
        Software.p256_sign(private, hash)
    }
}

#[test]
fn a_private_key_of_zero_that_is_taken() {
    caught(check_p256_sign(&TakesAnyScalar), "RFC 6979 A.2.5, signing", "has a public key");
}

struct LaxEd25519;

impl Ed25519Verify for LaxEd25519 {
    fn ed25519_verify(
        &self,
        key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        use ed25519_dalek::Verifier;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| CryptoError::Refused)?;
        key.verify(message, &ed25519_dalek::Signature::from_bytes(signature))
            .map_err(|_| CryptoError::Refused)
    }
}

#[test]
fn a_small_order_key_that_is_taken() {
    caught(check_ed25519_verify(&LaxEd25519), "small-order keys", "accepted");
}

/// Hashes what it was given first and forgets the rest.
struct Forgetful;

struct FirstOnly(<Software as Sha256>::Digest, bool);

impl Digest for FirstOnly {
    fn update(&mut self, data: &[u8]) {
        if !self.1 {
            self.0.update(data);
        }
        self.1 |= !data.is_empty();
    }

    fn finish(self) -> [u8; 32] {
        self.0.finish()
    }
}

impl Sha256 for Forgetful {
    type Digest = FirstOnly;

    fn sha256_start(&self) -> FirstOnly {
        FirstOnly(Software.sha256_start(), false)
    }
}

#[test]
fn a_hash_that_takes_only_one_piece() {
    caught(check_sha256(&Forgetful), "FIPS 180-4", "parts differ");
}

/// Cuts long keys instead of hashing them.
struct CutsKeys;

impl HmacSha256 for CutsKeys {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        Software.hmac_sha256(&key[..key.len().min(64)], parts)
    }
}

#[test]
fn a_long_key_that_is_cut() {
    caught(check_hmac(&CutsKeys), "RFC 4231", "wrong tag");
    caught(check_hkdf(&CutsKeys), "RFC 5869", "wrong pseudorandom key");
}

/// Does fewer iterations than asked for.
struct Hasty(u32);

impl PasswordHash for Hasty {
    fn pbkdf2(
        &self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        out: &mut Secret<[u8; 32]>,
    ) -> Result<(), CryptoError> {
        Software.pbkdf2(password, salt, iterations.clamp(self.0, 1000), out)
    }
}

#[test]
fn iterations_that_are_saved() {
    caught(check_pbkdf2(&Hasty(0)), "RFC 7914", "wrong key");
}

/// The toy must never pass for the real thing.
#[test]
fn the_toy_fails_every_driver() {
    let toy = InsecureToyProvider;
    caught(check_sha256(&toy), "FIPS 180-4", "wrong digest");
    caught(check_hmac(&toy), "RFC 4231", "wrong tag");
    caught(check_hkdf(&toy), "RFC 5869", "wrong pseudorandom key");
    caught(check_aead(&toy), "GCM specification", "wrong tag");
    caught(check_p256_verify(&toy), "RFC 6979", "refused");
    caught(check_p256_sign(&toy), "RFC 6979", "wrong public key");
    caught(check_ed25519_verify(&toy), "RFC 8032", "refused");
    caught(check_pbkdf2(&toy), "RFC 7914", "wrong key");
}
