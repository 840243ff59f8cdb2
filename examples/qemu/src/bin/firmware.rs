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
use gabion_flash::{Multiwrite, WriteOnce, block_on};
use gabion_profile::Class;
use gabion_qemu::gabion_testkit::RamFlash;
use gabion_qemu::gabion_testkit::device::{Device, FIRST, SECOND, Words};
use gabion_qemu::semihosting::exit;
use gabion_storage::{Change, Storage};

gabion_qemu::entry!(run);

/// Looks at the place, so that the linked firmware still holds it, and ends.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info.location());
    exit(false)
}

fn run() -> bool {
    black_box(boot())
        | black_box(keys())
        | black_box(signatures())
        | black_box(storage::<Multiwrite>())
        | black_box(storage::<WriteOnce>())
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

/// Opens a store and does everything that a store can do.
fn storage<W: Words>() -> bool {
    let Ok(mut device) = Device::<W>::new() else { return false };
    let value = black_box([9; 32]);
    let Some(value) = value.get(..black_box(20)) else { return false };
    let done = device.with(|store| {
        let mut out = [0; 32];
        let put = block_on(store.put(&FIRST, value));
        let committed =
            block_on(store.commit(&[Change::put(&SECOND, value), Change::remove(&FIRST)]));
        let read = block_on(store.read(SECOND.parameter(), &mut out));
        let erased = block_on(store.erase_class(Class::UserSecret));
        put.is_ok() && committed.is_ok() && read.is_ok() && erased.is_ok()
    });
    done == Ok(true)
}
