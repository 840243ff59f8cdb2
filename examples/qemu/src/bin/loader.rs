//! What a boot loader links: image verification with the small SHA-256 and the small P-256 verifier. Linked with its relocations, so
//! that `cargo xtask chip --panics` can tell which panics are reachable in it.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use gabion_boot::{KeySet, Policy, Slot, TrustedKey, verify};
use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, SmallDigest,
    SmallSha256,
};
use gabion_flash::block_on;
use gabion_p256::SmallP256;
use gabion_qemu::gabion_testkit::RomSlot;
use gabion_qemu::semihosting::exit;

gabion_qemu::entry!(run);

/// Looks at the place, so that the linked firmware still holds it, and ends.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info.location());
    exit(false)
}

/// The algorithms of a boot loader. No Ed25519: what is signed with it is refused.
struct Loader;

impl Sha256 for Loader {
    type Digest = SmallDigest;

    fn sha256_start(&self) -> SmallDigest {
        SmallSha256.sha256_start()
    }
}

impl EcdsaP256Verify for Loader {
    fn p256_verify(
        &self,
        key: &P256PublicKey,
        hash: &[u8; 32],
        signature: &P256Signature,
    ) -> Result<(), CryptoError> {
        SmallP256.p256_verify(key, hash, signature)
    }
}

impl Ed25519Verify for Loader {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}

fn run() -> bool {
    let image = black_box([0xff; 4096]);
    let mut flash = RomSlot::new(&image, black_box(8192));
    let keys = [TrustedKey::p256_with_hash(P256PublicKey(black_box([1; 64])), black_box([2; 32]))];
    let policy = Policy::new(black_box(8192)).min_counter(black_box(3));
    let slot = Slot { number: 0, offset: 0, size: black_box(8192) };
    black_box(block_on(verify(&mut flash, slot, KeySet::new(&keys), &policy, &Loader, |_, _| ())))
        .is_ok()
}
