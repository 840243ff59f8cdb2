//! A firmware that uses the parts as a product would, linked with its relocations so that `cargo xtask chip --panics` can
//! tell which panics are reachable in it. No test harness and no text, which would bring panics of their own.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use gabion_boot::{KeySet, Policy, Slot, TrustedKey, verify};
use gabion_crypto::{
    Aead, AeadKey, EcdsaP256Sign, EcdsaP256Verify, Label, P256PublicKey, P256Signature, Secret,
    Software, SoftwareChaCha, hkdf_expand,
};
use gabion_flash::block_on;
use gabion_qemu::gabion_testkit::RamFlash;
use gabion_qemu::semihosting::exit;

gabion_qemu::entry!(run);

/// Looks at the place, so that the linked firmware still holds it, and ends.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info.location());
    exit(false)
}

fn run() -> bool {
    black_box(boot()) | black_box(keys()) | black_box(signatures())
}

/// Verifies what lies in a slot.
fn boot() -> bool {
    let mut flash = black_box(RamFlash::<8192, 1024>::new());
    let keys = [TrustedKey::p256(&Software, P256PublicKey(black_box([1; 64])))];
    let policy = Policy::new(black_box(8192)).min_counter(black_box(3));
    let slot = Slot { number: 0, offset: black_box(0), size: black_box(8192) };
    block_on(verify(&mut flash, slot, KeySet::new(&keys), &policy, &Software, |_, _| ())).is_ok()
}

/// Derives a key and seals with both ciphers.
fn keys() -> bool {
    let root = Secret::new(black_box([2; 32]));
    let mut key = Secret::zeroed();
    let derived = hkdf_expand(&Software, &root, Label::StorageKek, [&[], &[]], key.expose_mut());
    let mut data = black_box([3; 40]);
    let length = black_box(32);
    let Some(data) = data.get_mut(..length) else { return false };
    let nonce = black_box([4; 12]);
    let sealed = Software.aead_key(&key).seal(&nonce, &[], data);
    let Ok(tag) = sealed else { return false };
    let opened = Software.aead_key(&key).unseal(&nonce, &[], data, &tag);
    let sealed = SoftwareChaCha.aead_key(&key).seal(&nonce, &[], data);
    let Ok(tag) = sealed else { return false };
    let reopened = SoftwareChaCha.aead_key(&key).unseal(&nonce, &[], data, &tag);
    derived.is_ok() && opened.is_ok() && reopened.is_ok()
}

/// Signs and verifies.
fn signatures() -> bool {
    let hash = black_box([5; 32]);
    let private = Secret::new(black_box([6; 32]));
    let signed = Software.p256_sign(&private, &hash).is_ok();
    let key = P256PublicKey(black_box([7; 64]));
    signed && Software.p256_verify(&key, &hash, &P256Signature(black_box([8; 64]))).is_ok()
}
