//! The image that is verified.

pub use gabion_qemu::gabion_testkit::boot::{
    SAMPLE_DIGEST as DIGEST, SAMPLE_KEY as KEY, SAMPLE_KEY_HASH as KEY_HASH,
};

const BYTES: &[u8; 3663] =
    include_bytes!("../../crates/gabion-boot/tests/data/images/01_p256_basic.bin");

// SAFETY: the linker script gives the section a place of its own, in memory that is only read.
#[unsafe(link_section = ".input")]
static IMAGE: [u8; 3663] = *BYTES;

/// Its bytes.
#[must_use]
pub fn bytes() -> &'static [u8] {
    core::hint::black_box(&IMAGE)
}
