//! Published vectors, and what every algorithm must refuse.

use gabion_crypto::{
    Aead, AeadKey, CryptoError, Digest, EcdsaP256Sign, EcdsaP256Verify, Ed25519Verify, HmacSha256,
    Label, P256PublicKey, P256Signature, PasswordHash, Secret, Sha256, hkdf_expand, hkdf_extract,
};

use crate::case::{Outcome, ensure};
use crate::hex::hex;

/// Hashes the examples of FIPS 180-4, and 10,000 bytes in uneven parts.
///
/// # Errors
///
/// The first hash that differs.
pub fn sha256(provider: &impl Sha256) -> Outcome {
    const EMPTY: [u8; 32] = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const ABC: [u8; 32] = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const TWO_BLOCKS: [u8; 32] =
        hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    const LONG: [u8; 32] = hex("27dd1f61b867b6a0f6e9d8a41c43231de52107e53ae424de8f847b821db4b711");
    ensure(provider.sha256(&[]) == EMPTY, "the empty message")?;
    ensure(provider.sha256(&[b"a", b"", b"bc"]) == ABC, "abc in parts")?;
    let message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    ensure(provider.sha256(&[message]) == TWO_BLOCKS, "a message of two blocks")?;
    let mut digest = provider.sha256_start();
    for _ in 0..100 {
        digest.update(&[b'a'; 63]);
        digest.update(&[b'a'; 37]);
    }
    ensure(digest.finish() == LONG, "10,000 bytes in parts of 63 and 37")
}

/// Tags the messages of RFC 4231, cases 1, 2 and 6.
///
/// # Errors
///
/// The first tag that differs.
pub fn hmac(provider: &impl HmacSha256) -> Outcome {
    const CASE_1: [u8; 32] =
        hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    const CASE_2: [u8; 32] =
        hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const CASE_6: [u8; 32] =
        hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    ensure(provider.hmac_sha256(&[0x0b; 20], &[b"Hi There"]) == CASE_1, "case 1")?;
    let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
    ensure(provider.hmac_sha256(b"Jefe", &parts) == CASE_2, "case 2, in parts")?;
    let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
    ensure(provider.hmac_sha256(&[0xaa; 131], &[message]) == CASE_6, "a key beyond the block")
}

/// Extracts as in RFC 5869, case 1, and expands two blocks under one of gabion's labels.
///
/// # Errors
///
/// The first key that differs.
pub fn hkdf(provider: &impl HmacSha256) -> Outcome {
    const SALT: [u8; 13] = hex("000102030405060708090a0b0c");
    const EXTRACTED: [u8; 32] =
        hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    // Computed with another implementation of HMAC: the label is gabion's own.
    const EXPANDED: [u8; 42] =
        hex("cd174b4e656f00df727c4b81570e6d6e0de61f5a4ce1d491614867c56eb60ad66d6f067569ad632c28b5");
    let key = hkdf_extract(provider, &SALT, &[&[0x0b; 11], &[0x0b; 11]]);
    ensure(key.ct_eq(&EXTRACTED), "extract")?;
    let mut out = [0; 42];
    let info: [&[u8]; 2] = [&[0xf0, 0xf1, 0xf2], &[0xf3]];
    let expanded = hkdf_expand(provider, &key, Label::StorageKek, info, &mut out);
    ensure(expanded == Ok(()) && out == EXPANDED, "expand")
}

/// Stretches as in RFC 7914 §11, and refuses to stretch zero times.
///
/// # Errors
///
/// What differs.
pub fn pbkdf2(provider: &impl PasswordHash) -> Outcome {
    const ONCE: [u8; 32] = hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    const EIGHTY: [u8; 32] =
        hex("5cd8c5198ca4ce355157529d232cfb4ef412a62851caf68baa9d3b6275a08f30");
    let mut key = Secret::zeroed();
    let stretched = provider.pbkdf2(b"passwd", b"salt", 1, &mut key);
    ensure(stretched == Ok(()) && key.ct_eq(&ONCE), "one iteration")?;
    let stretched = provider.pbkdf2(b"Password", b"NaCl", 80, &mut key);
    ensure(stretched == Ok(()) && key.ct_eq(&EIGHTY), "eighty iterations")?;
    let stretched = provider.pbkdf2(b"Password", b"NaCl", 0, &mut key);
    ensure(stretched == Err(CryptoError::Misuse), "no iterations at all")
}

/// Seals and opens as in test case 16 of the GCM specification.
///
/// # Errors
///
/// What differs.
pub fn aes_gcm(provider: &impl Aead) -> Outcome {
    const KEY: [u8; 32] = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    const PLAIN: [u8; 60] = hex(concat!(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    ));
    const SEALED: [u8; 60] = hex(concat!(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    ));
    const TAG: [u8; 16] = hex("76fc6ece0f4e1768cddf8853bb2d551b");
    let nonce = hex("cafebabefacedbaddecaf888");
    let aad: [u8; 20] = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let key = provider.aead_key(&Secret::new(KEY));
    let mut data = PLAIN;
    ensure(key.seal(&nonce, &aad, &mut data) == Ok(TAG), "the tag")?;
    ensure(data == SEALED, "the cipher text")?;
    ensure(key.unseal(&nonce, &aad, &mut data, &TAG) == Ok(()) && data == PLAIN, "opening")
}

/// Seals and opens as in RFC 8439 §2.8.2.
///
/// # Errors
///
/// What differs.
pub fn chacha(provider: &impl Aead) -> Outcome {
    const PLAIN: &[u8; 114] =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only \
        one tip for the future, sunscreen would be it.";
    const FRONT: [u8; 16] = hex("d31a8d34648e60db7b86afbc53ef7ec2");
    const TAG: [u8; 16] = hex("1ae10b594f09e26a7e902ecbd0600691");
    let nonce = hex("070000004041424344454647");
    let aad: [u8; 12] = hex("50515253c0c1c2c3c4c5c6c7");
    let key = provider.aead_key(&Secret::new(core::array::from_fn(|i| 0x80 + i as u8)));
    let mut data = *PLAIN;
    ensure(key.seal(&nonce, &aad, &mut data) == Ok(TAG), "the tag")?;
    ensure(data.starts_with(&FRONT), "the cipher text")?;
    ensure(key.unseal(&nonce, &aad, &mut data, &TAG) == Ok(()) && data == *PLAIN, "opening")
}

/// Flips every bit of nonce, associated data, cipher text and tag in turn: each is refused, and no plain text is left.
///
/// # Errors
///
/// What was taken in spite of it.
pub fn flipped_bits(provider: &impl Aead) -> Outcome {
    let key = provider.aead_key(&Secret::new([7; 32]));
    let (nonce, aad, plain) = ([1_u8; 12], [2_u8; 5], [3_u8; 9]);
    let mut sealed = plain;
    let tag = key.seal(&nonce, &aad, &mut sealed).map_err(|_| "sealing failed")?;
    for bit in 0..8 * (12 + 5 + 9 + 16) {
        let (mut nonce, mut aad, mut data, mut tag) = (nonce, aad, sealed, tag);
        let mut bytes = nonce.iter_mut().chain(&mut aad).chain(&mut data).chain(&mut tag);
        if let Some(byte) = bytes.nth(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        let opened = key.unseal(&nonce, &aad, &mut data, &tag);
        ensure(opened == Err(CryptoError::Refused), "a flipped bit was taken")?;
        ensure(data != plain, "plain text left behind")?;
    }
    ensure(key.unseal(&nonce, &aad, &mut sealed, &tag) == Ok(()), "the unflipped record")
}

/// The private key of RFC 6979 A.2.5.
pub const PRIVATE: [u8; 32] =
    hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
/// Its public key.
pub const PUBLIC: P256PublicKey = P256PublicKey(hex(concat!(
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)));
/// SHA-256 of "sample".
pub const HASH: [u8; 32] = hex("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
/// Its signature, s as given there.
pub const SIGNATURE: P256Signature = P256Signature(hex(concat!(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)));
/// The same signature with n - s in the place of s: as valid, and what a low-s signer makes.
pub const LOW_S: P256Signature = P256Signature(hex(concat!(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
    "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"
)));
/// The order of the curve.
const ORDER: [u8; 32] = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/// Verifies the signature of RFC 6979, with high and with low s, and refuses it over another hash.
///
/// # Errors
///
/// What went wrong.
pub fn p256_verify(provider: &impl EcdsaP256Verify) -> Outcome {
    ensure(provider.p256_verify(&PUBLIC, &HASH, &SIGNATURE) == Ok(()), "high s")?;
    ensure(provider.p256_verify(&PUBLIC, &HASH, &LOW_S) == Ok(()), "low s")?;
    let mut other = HASH;
    other[31] ^= 1;
    let verified = provider.p256_verify(&PUBLIC, &other, &LOW_S);
    ensure(verified == Err(CryptoError::Refused), "another hash was taken")
}

/// Signs as in RFC 6979, with s made low.
///
/// # Errors
///
/// What differs.
pub fn p256_sign(provider: &impl EcdsaP256Sign) -> Outcome {
    let private = Secret::new(PRIVATE);
    ensure(provider.p256_public_key(&private) == Ok(PUBLIC), "the public key")?;
    let signed = provider.p256_sign(&private, &HASH);
    ensure(signed == Ok(LOW_S), "the signature")?;
    let signed = provider.p256_sign(&Secret::zeroed(), &HASH);
    ensure(signed == Err(CryptoError::Refused), "zero is no private key")?;
    let signed = provider.p256_sign(&Secret::new(ORDER), &HASH);
    ensure(signed == Err(CryptoError::Refused), "the order is no private key")
}

/// Refuses r or s of 0 or n, flipped bits, and a public key off the curve.
///
/// # Errors
///
/// What was taken.
pub fn p256_refusals(provider: &impl EcdsaP256Verify) -> Outcome {
    let refused = |key: &P256PublicKey, signature: [u8; 64]| {
        provider.p256_verify(key, &HASH, &P256Signature(signature)) == Err(CryptoError::Refused)
    };
    for bad in [[0; 32], ORDER] {
        let (mut bad_r, mut bad_s) = (LOW_S.0, LOW_S.0);
        bad_r[..32].copy_from_slice(&bad);
        bad_s[32..].copy_from_slice(&bad);
        ensure(refused(&PUBLIC, bad_r), "r out of range")?;
        ensure(refused(&PUBLIC, bad_s), "s out of range")?;
    }
    ensure(refused(&PUBLIC, [0; 64]), "r = s = 0")?;
    for byte in [0, 31, 32, 63] {
        let mut flipped = LOW_S.0;
        flipped[byte] ^= 0x10;
        ensure(refused(&PUBLIC, flipped), "a flipped bit")?;
    }
    let mut off_curve = PUBLIC;
    off_curve.0[63] ^= 1;
    ensure(refused(&off_curve, LOW_S.0), "a key that is no point")?;
    ensure(refused(&P256PublicKey([0; 64]), LOW_S.0), "a key of zeros")
}

/// Verifies RFC 8032 §7.1, test 3, and refuses it changed.
///
/// # Errors
///
/// What went wrong.
pub fn ed25519(provider: &impl Ed25519Verify) -> Outcome {
    let key = hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
    let signature: [u8; 64] = hex(concat!(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    ));
    ensure(provider.ed25519_verify(&key, &[0xaf, 0x82], &signature) == Ok(()), "test 3")?;
    let verified = provider.ed25519_verify(&key, &[0xaf, 0x83], &signature);
    ensure(verified == Err(CryptoError::Refused), "another message was taken")?;
    let mut flipped = signature;
    flipped[40] ^= 1;
    let verified = provider.ed25519_verify(&key, &[0xaf, 0x82], &flipped);
    ensure(verified == Err(CryptoError::Refused), "a flipped bit was taken")
}
