//! ChaCha20-Poly1305.
#![no_std]
#![no_main]

use gabion_benches::{Bench, pattern};
use gabion_crypto::{Aead, AeadKey, CryptoError, Secret, SoftwareChaCha};

gabion_benches::bench_main!(run);

fn run(bench: &Bench) -> bool {
    let secret = Secret::new(pattern(1));
    let (nonce, aad): ([u8; 12], [u8; 16]) = (pattern(2), pattern(3));
    bench.measure("ChaCha20-Poly1305 key set-up", &mut || drop(SoftwareChaCha.aead_key(&secret)));
    let key = SoftwareChaCha.aead_key(&secret);

    let mut small: [u8; 32] = pattern(4);
    let mut tag = Err(CryptoError::Refused);
    let mut opened = Err(CryptoError::Refused);
    bench.measure("ChaCha20-Poly1305 seal 32 B", &mut || tag = key.seal(&nonce, &aad, &mut small));
    let Ok(tag_small) = tag else { return false };
    bench.measure("ChaCha20-Poly1305 unseal 32 B", &mut || {
        opened = key.unseal(&nonce, &aad, &mut small, &tag_small);
    });
    let mut right = opened.is_ok() && small == pattern(4);

    let mut large = [0; 4096];
    bench.measure("ChaCha20-Poly1305 seal 4 KiB", &mut || tag = key.seal(&nonce, &aad, &mut large));
    let Ok(tag_large) = tag else { return false };
    bench.measure("ChaCha20-Poly1305 unseal 4 KiB", &mut || {
        opened = key.unseal(&nonce, &aad, &mut large, &tag_large);
    });
    right &= opened.is_ok() && large == [0; 4096];
    right
}
