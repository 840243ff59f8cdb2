//! The image verifier on any bytes.

use std::sync::atomic::{AtomicU32, Ordering};

use gabion_boot::{Effort, Image, KeySet, Offer, Policy, Refusal, TrustedKey, Verified, Verifier};
use gabion_crypto::{
    CryptoError, Digest, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256,
};

/// A provider that costs nothing, so that a fuzzer sees the parser and not SHA-256, and whose signatures a fuzzer can hit: any
/// whose r ends in the first byte of the hash holds. Everything behind the signature check is reached so.
struct Lenient;

/// Not a hash for anything else: four sums over all bytes and their order.
struct Sums([u64; 4]);

impl Digest for Sums {
    fn update(&mut self, data: &[u8]) {
        for byte in data {
            let [a, b, c, d] = &mut self.0;
            *a = (*a ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            *b = b.wrapping_add(*a);
            *c = c.rotate_left(7) ^ *b;
            *d = d.wrapping_add(*c);
        }
    }

    fn finish(self) -> [u8; 32] {
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(self.0.iter().flat_map(|sum| sum.to_le_bytes())) {
            *to = from;
        }
        out
    }
}

impl Sha256 for Lenient {
    type Digest = Sums;

    fn sha256_start(&self) -> Sums {
        Sums([1, 2, 3, 4])
    }
}

impl EcdsaP256Verify for Lenient {
    fn p256_verify(
        &self,
        _key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        if signature.0[31] == hash[0] { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl Ed25519Verify for Lenient {
    fn ed25519_verify(
        &self,
        _key: &[u8; 32],
        message: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), CryptoError> {
        if signature[0] == message[0] { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

/// How many inputs were accepted: a body that never accepts sees half of the code.
pub static ACCEPTED: AtomicU32 = AtomicU32::new(0);

/// Largest image in bytes.
const MAX: u32 = 1 << 16;

fn verify(data: &[u8], piece: usize) -> Result<Verified<Image>, Refusal> {
    let keys = [
        TrustedKey::p256_with_hash(P256PublicKey([7; 64]), [1; 32]),
        TrustedKey::ed25519_with_hash([7; 32], [2; 32]),
    ];
    let policy = Policy::new(MAX).effort(Effort::Single);
    let mut verifier = Verifier::new(&Lenient, KeySet::new(&keys), &policy, 0);
    for part in data.chunks(piece.max(1)) {
        verifier.feed(part)?;
        assert!(verifier.position() <= MAX, "work is bounded");
    }
    verifier.finish()
}

/// Runs the verifier on bytes; the first two tell how they are cut into pieces.
pub fn boot_image(data: &[u8]) {
    let Some((piece, data)) = data.split_first_chunk::<2>() else { return };
    let piece = usize::from(u16::from_le_bytes(*piece) % 700);
    let whole = verify(data, usize::MAX);
    assert_eq!(whole, verify(data, piece), "pieces change nothing");
    if let Some((head, tail)) = data.split_first_chunk::<32>() {
        let policy = Policy::new(MAX);
        let _ = Offer::parse(head, tail, KeySet::new(&[]), &policy, &Lenient);
    }
    let Ok(image) = whole else { return };
    ACCEPTED.fetch_add(1, Ordering::Relaxed);
    // What is accepted is canonical: it ends where it says, and any bit of its ends decides.
    let end = image.end() as usize;
    assert!(end <= data.len());
    assert_eq!(verify(&data[..end], usize::MAX).as_ref(), Ok(&image), "what follows is not read");
    assert_eq!(verify(&data[..end - 1], usize::MAX), Err(Refusal::Truncated));
    let signed = image.header().signed_len().unwrap_or(0) as usize;
    assert_eq!(&Lenient.sha256(&[&data[..signed]]), image.digest(), "what is accepted was hashed");
}

/// The provider's hash, for whoever makes an image that the body accepts.
pub fn sums(data: &[u8]) -> [u8; 32] {
    Lenient.sha256(&[data])
}
