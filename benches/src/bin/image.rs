//! Image verification, and beside it what the same image costs in bare hash and bare signature.
#![no_std]
#![no_main]

use gabion_benches::{Bench, black_box, image};
use gabion_boot::{Effort, Image, KeySet, Policy, Refusal, TrustedKey, Verified, verify_bytes};
use gabion_crypto::{CryptoError, EcdsaP256Verify, P256Signature, Sha256, Software};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let bytes = image::bytes();
    let keys = [TrustedKey::p256(&Software, image::KEY)];
    let mut found: Result<Verified<Image>, Refusal> = Err(Refusal::Empty);
    for (name, effort) in
        [("image verify", Effort::Single), ("image verify, redundant", Effort::Redundant)]
    {
        let policy = Policy::new(65_536).effort(effort);
        bench.measure(name, &mut || {
            found = verify_bytes(bytes, KeySet::new(&keys), &policy, &Software);
        });
        if found.is_err() {
            return false;
        }
    }
    let Ok(found) = found else { return false };

    let signed = usize::from(found.header().hdr_size) + found.header().img_size as usize;
    let mut hash = [0; 32];
    bench.measure("image bare hash", &mut || hash = Software.sha256(&[&bytes[..signed]]));
    let (Some(signature), true) = (raw_signature(bytes), hash == *found.digest()) else {
        return false;
    };
    let mut verified = Err(CryptoError::Refused);
    bench.measure("image bare signature", &mut || {
        verified = Software.p256_verify(&image::KEY, black_box(&hash), black_box(&signature));
    });
    verified.is_ok()
}

/// Finds r and s in the DER at the end of the image: two INTEGERs, each maybe with a zero in front.
fn raw_signature(image: &[u8]) -> Option<P256Signature> {
    let start =
        image.windows(2).rposition(|pair| pair[0] == 0x30 && matches!(pair[1], 0x44..=0x46))?;
    let mut out = [0; 64];
    let mut rest = image.get(start + 2..)?;
    for half in out.chunks_mut(32) {
        let length = usize::from(*rest.get(1)?);
        let number = rest.get(2..2 + length)?;
        half.copy_from_slice(number.get(length.checked_sub(32)?..)?);
        rest = rest.get(2 + length..)?;
    }
    Some(P256Signature(out))
}
