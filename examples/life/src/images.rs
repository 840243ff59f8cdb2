//! The firmware images of the story, signed by MCUboot's `imgtool`; provenance in
//! `crates/gabion-boot/tests/data/images/PROVENANCE.md`.

/// An image as it would arrive at a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Firmware {
    /// The file's name, for the reader.
    pub(crate) file: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
}

macro_rules! firmware {
    ($file:literal) => {
        Firmware {
            file: $file,
            bytes: include_bytes!(concat!("../../../crates/gabion-boot/tests/data/images/", $file)),
        }
    };
}

/// What the factory installs: version 2.0.1, security counter 5.
pub(crate) const FACTORY: Firmware = firmware!("02_p256_seccnt5.bin");
/// The update: a higher security counter.
pub(crate) const UPDATE: Firmware = firmware!("03_p256_bootrec_autocnt.bin");
/// An old image with security counter 2, rightly signed.
pub(crate) const OLD: Firmware = firmware!("18_downgrade_counter2.bin");
/// An image with one bit of its body flipped.
pub(crate) const FLIPPED: Firmware = firmware!("10_flip_body_bit.bin");
/// An image signed by a stranger.
pub(crate) const STRANGER: Firmware = firmware!("16_untrusted_key.bin");
