//! The small verifier against the general library: one verdict, on signatures that are right, nearly right, and not at all.

use gabion_crypto::{
    EcdsaP256Sign, EcdsaP256Verify, P256PublicKey, P256Signature, Secret, Software,
};
use gabion_p256::SmallP256;

/// What must hold for every input: a mode, a private key, a hash, and 160 bytes that are the question itself, or that change a
/// right one.
pub fn p256_small(data: &[u8]) {
    let mut bytes = [0; 225];
    for (to, from) in bytes.iter_mut().zip(data) {
        *to = *from;
    }
    let [mode, rest @ ..] = bytes;
    let (private, rest) = rest.split_at(32);
    let (hash, question) = rest.split_at(32);
    let private = Secret::new(private.try_into().expect("32 bytes"));
    let hash: [u8; 32] = hash.try_into().expect("32 bytes");
    let mut asked: [u8; 160] = question.try_into().expect("160 bytes");
    let signed = Software
        .p256_public_key(&private)
        .and_then(|key| Ok((key, Software.p256_sign(&private, &hash)?)));
    if let (Ok((key, signature)), 1..) = (signed, mode) {
        let right = [&key.0[..], &hash, &signature.0].concat();
        for ((asked, right), at) in asked.iter_mut().zip(right).zip(0_u8..) {
            // a quarter of the modes changes one part, the others nothing or all
            let part = match at {
                0..64 => 1,
                64..96 => 2,
                _ => 3,
            };
            *asked = if mode % 4 == part || mode > 250 { *asked ^ right } else { right };
        }
    }
    let (key, rest) = asked.split_at(64);
    let (hash, signature) = rest.split_at(32);
    let key = P256PublicKey(key.try_into().expect("64 bytes"));
    let hash = hash.try_into().expect("32 bytes");
    let signature = P256Signature(signature.try_into().expect("64 bytes"));
    let ours = SmallP256.p256_verify(&key, &hash, &signature);
    assert_eq!(ours, Software.p256_verify(&key, &hash, &signature));
    if mode != 0 && mode % 4 == 0 && mode <= 250 && signed.is_ok() {
        assert_eq!(ours, Ok(()), "a right signature");
    }
}
