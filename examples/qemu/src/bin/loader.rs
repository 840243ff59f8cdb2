//! What a boot loader links: image verification with the small SHA-256 and the small P-256 verifier. Linked with its relocations, so
//! that `cargo xtask chip --panics` can tell which panics are reachable in it.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use gabion_boot::{KeySet, Policy, Slot, TrustedKey, verify};
use gabion_crypto::P256PublicKey;
use gabion_flash::block_on;
use gabion_p256::SmallLoader;
use gabion_qemu::gabion_testkit::RomSlot;
use gabion_qemu::semihosting::exit;

gabion_qemu::entry!(run);

/// Looks at the place, so that the linked firmware still holds it, and ends.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    black_box(info.location());
    exit(false)
}

fn run() -> bool {
    let image = black_box([0xff; 4096]);
    let mut flash = RomSlot::new(&image, black_box(8192));
    let keys = [TrustedKey::p256_with_hash(P256PublicKey(black_box([1; 64])), black_box([2; 32]))];
    let policy = Policy::new(black_box(8192)).min_counter(black_box(3));
    let slot = Slot { number: 0, offset: 0, size: black_box(8192) };
    black_box(block_on(verify(
        &mut flash,
        slot,
        KeySet::new(&keys),
        &policy,
        &SmallLoader,
        |_, _| (),
    )))
    .is_ok()
}
