//! A provider whose signatures cost nothing, so that a million power cuts take minutes. Hashes are real.

use gabion_boot::TrustedKey;
use gabion_codec::{Writer, der};
use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, Software,
};

use super::mint::{Mint, with_area};

pub struct Toy;

pub const KEY: P256PublicKey = P256PublicKey([0x42; 64]);

/// Anyone can make this signature; nobody does in these tests.
fn signature(key: &P256PublicKey, hash: &[u8; 32]) -> [u8; 64] {
    let half = Software.sha256(&[&key.0, hash]);
    let mut both = [half, half].concat();
    both[0] |= 1;
    both[32] |= 1;
    both.try_into().unwrap()
}

impl Sha256 for Toy {
    type Digest = <Software as Sha256>::Digest;

    fn sha256_start(&self) -> Self::Digest {
        Software.sha256_start()
    }
}

impl EcdsaP256Verify for Toy {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        given: &P256Signature,
    ) -> Result<(), CryptoError> {
        if given.0 == signature(key, hash) { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl Ed25519Verify for Toy {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}

pub fn trusted() -> TrustedKey {
    TrustedKey::p256(&Toy, KEY)
}

/// An image with a body of `len` bytes.
pub fn image(counter: u32, len: usize) -> Vec<u8> {
    let signed = Mint::new(counter, len).signed();
    let hash = Toy.sha256(&[&signed]);
    let mut buffer = [0; 72];
    let mut writer = Writer::new(&mut buffer);
    der::emit_p256_signature(&signature(&KEY, &hash), &mut writer).unwrap();
    let proof = [
        (0x10, hash.to_vec()),
        (0x01, trusted().hash().to_vec()),
        (0x22, writer.written().to_vec()),
    ];
    with_area(signed, &proof)
}
