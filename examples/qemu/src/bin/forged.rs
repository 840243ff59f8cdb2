//! A boot decision over a forged image, for the fault campaign of `examples/qemu/faults.py`: it skips instructions and
//! changes registers, and nothing may reach `forged_boot`.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU8, Ordering};

use gabion_boot::{Image, KeySet, Policy, Slot, TrustedKey, Verified, verify};
use gabion_crypto::{
    CryptoError, EcdsaP256Verify, Ed25519Verify, P256PublicKey, P256Signature, Sha256, Software,
    SoftwareDigest,
};
use gabion_flash::block_on;
use gabion_qemu::gabion_testkit::RomSlot;
use gabion_qemu::semihosting::exit;

const SIZE: usize = 512;

/// The image; the campaign fills it in.
#[unsafe(no_mangle)]
static FORGED_IMAGE: [AtomicU8; SIZE] = [const { AtomicU8::new(0) }; SIZE];
/// The hash of which a signature exists; the campaign fills it in.
#[unsafe(no_mangle)]
static SIGNED_HASH: [AtomicU8; 32] = [const { AtomicU8::new(0) }; 32];

gabion_qemu::entry!(run);

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(false)
}

/// The jump, by the image's first two words. Reached with those of the forged image: the campaign has failed.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn forged_boot(stack: u32, entry: u32) -> bool {
    black_box((stack, entry));
    true
}

/// What a boot loader does last.
fn jump(image: &Verified<Image>) -> bool {
    let [a, b, c, d, e, f, g, h] = image.start();
    forged_boot(u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

/// Reached otherwise.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn refused() -> bool {
    black_box(false)
}

/// Real hashes; one hash has a valid signature, as if somebody had recorded it. The curve's arithmetic is left out: a fault
/// in it is one wrong answer, which `cve_2019_15894_one_wrong_yes_does_not_boot` of gabion-boot gives on purpose.
struct OneSignature;

impl Sha256 for OneSignature {
    type Digest = SoftwareDigest;

    fn sha256_start(&self) -> SoftwareDigest {
        Software.sha256_start()
    }
}

impl EcdsaP256Verify for OneSignature {
    #[inline(never)]
    fn p256_verify(
        &self,
        _: &P256PublicKey,
        hash: &[u8; 32],
        _: &P256Signature,
    ) -> Result<(), CryptoError> {
        let mut difference = 0;
        for (byte, signed) in hash.iter().zip(&SIGNED_HASH) {
            difference |= byte ^ signed.load(Ordering::Relaxed);
        }
        if difference == 0 { Ok(()) } else { Err(CryptoError::Refused) }
    }
}

impl Ed25519Verify for OneSignature {
    fn ed25519_verify(&self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<(), CryptoError> {
        Err(CryptoError::Refused)
    }
}

fn run() -> bool {
    let keys = [TrustedKey::p256_with_hash(P256PublicKey([1; 64]), black_box([1; 32]))];
    let policy = Policy::new(SIZE as u32);
    let slot = Slot { number: 0, offset: 0, size: SIZE as u32 };
    let mut image = [0xff; SIZE];
    for (to, from) in image.iter_mut().zip(&FORGED_IMAGE) {
        *to = from.load(Ordering::Relaxed);
    }
    let mut flash = RomSlot::new(&image, SIZE);
    let verdict =
        block_on(verify(&mut flash, slot, KeySet::new(&keys), &policy, &OneSignature, |_, _| ()));
    match verdict {
        // The witness is checked once more: a fault that skipped the branch has nothing in its hands.
        Ok(image) if image.check().is_ok() => jump(&image),
        _ => refused(),
    }
}
