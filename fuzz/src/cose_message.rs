//! COSE messages and keys on any bytes, behind cryptography that a fuzzer can satisfy, against `coset`.

use coset::{CborSerializable, TaggedCborSerializable};
use gabion_cose::{
    ContentKey, Encrypt0, Key, KeyOperation, Label, Mac0, MacAlgorithm, MacKey, Rules, Sign1, Tag,
    VerifyingKey,
};
use gabion_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, EcdsaP256Verify, HmacSha256, P256PublicKey,
    P256Signature, Secret, Sha256,
};

/// Sums for hashes; signatures, codes and ciphertexts hold when they begin with a zero.
struct Toy;

struct Sum(u8);

impl Digest for Sum {
    fn update(&mut self, data: &[u8]) {
        self.0 = data.iter().fold(self.0, |sum, byte| sum.rotate_left(1) ^ byte);
    }

    fn finish(self) -> [u8; 32] {
        [self.0; 32]
    }
}

impl Sha256 for Toy {
    type Digest = Sum;

    fn sha256_start(&self) -> Sum {
        Sum(0)
    }
}

impl HmacSha256 for Toy {
    fn hmac_sha256(&self, _: &[u8], _: &[&[u8]]) -> [u8; 32] {
        [0; 32]
    }
}

impl EcdsaP256Verify for Toy {
    fn p256_verify(
        &self,
        _: &P256PublicKey,
        _: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        if signature.0[0] == 0 { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

struct ToyKey;

impl AeadKey for ToyKey {
    fn seal(&self, _: &[u8; 12], _: &[u8], _: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        Ok([0; 16])
    }

    fn unseal(
        &self,
        _: &[u8; 12],
        _: &[u8],
        _: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError> {
        if tag[0] == 0 { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl Aead for Toy {
    type Key = ToyKey;

    fn aead_algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn aead_key(&self, _: &Secret<[u8; 32]>) -> ToyKey {
        ToyKey
    }
}

/// What must hold for every input. The first byte chooses the reader and its rules.
pub fn cose_message(data: &[u8]) {
    let [choice, message @ ..] = data else { return };
    let tag = [Tag::Required, Tag::Optional, Tag::Forbidden][usize::from(choice >> 2) % 3];
    let understood = [Label::Number(99), Label::Text("x")];
    let rules = Rules { tag, understood: if choice & 0x80 == 0 { &[] } else { &understood } };
    match choice % 4 {
        0 => sign1(message, &rules),
        1 => mac0(message, &rules),
        2 => encrypt0(message, &rules),
        _ => key(message),
    }
}

fn sign1(message: &[u8], rules: &Rules<'_>) {
    let Ok(ours) = Sign1::parse(message, rules) else { return };
    let theirs = coset::CoseSign1::from_tagged_slice(message)
        .or_else(|_| coset::CoseSign1::from_slice(message));
    // Labels and values that coset has types of its own for may be beyond it.
    if let Ok(theirs) = theirs {
        assert_eq!(theirs.payload.as_deref(), ours.unverified_payload());
    }
    let key = VerifyingKey(P256PublicKey([1; 64]));
    match (ours.verify(&Toy, &key, b"context"), ours.unverified_payload()) {
        (Ok(payload), unverified) => assert_eq!(Some(payload), unverified),
        (Err(_), None) => {
            let _ = ours.verify_detached(&Toy, &key, &[], b"payload");
        }
        (Err(_), Some(_)) => {}
    }
}

fn mac0(message: &[u8], rules: &Rules<'_>) {
    let Ok(ours) = Mac0::parse(message, rules) else { return };
    let theirs = coset::CoseMac0::from_tagged_slice(message)
        .or_else(|_| coset::CoseMac0::from_slice(message));
    if let Ok(theirs) = theirs {
        assert_eq!(theirs.payload.as_deref(), ours.unverified_payload());
    }
    let opens = [MacAlgorithm::Hmac256, MacAlgorithm::Hmac256Short].map(|algorithm| {
        let key = MacKey::new(algorithm, &[7; 32]).expect("a key");
        ours.verify(&Toy, &key, &[]).is_ok()
    });
    assert_ne!(opens, [true, true], "a message is for one algorithm");
}

fn encrypt0(message: &[u8], rules: &Rules<'_>) {
    let Ok(ours) = Encrypt0::parse(message, rules) else { return };
    let key = ContentKey::new(&Toy, &Secret::new([7; 32]));
    let mut out = vec![0xee; message.len()];
    if let Ok(plain) = ours.decrypt(&key, b"context", &mut out) {
        assert_eq!(Some(plain.len() + 16), ours.ciphertext().map(<[u8]>::len));
    }
}

fn key(encoded: &[u8]) {
    let Ok(ours) = Key::parse(encoded) else { return };
    if let Ok(theirs) = coset::CoseKey::from_slice(encoded) {
        assert_eq!(theirs.key_id, ours.id().unwrap_or_default());
    }
    let uses = [
        ours.verifying().is_ok(),
        ours.mac(KeyOperation::MacVerify).is_ok(),
        ours.content(&Toy, KeyOperation::Decrypt).is_ok(),
    ];
    assert!(uses.iter().filter(|used| **used).count() <= 1, "a key is for one thing");
}
