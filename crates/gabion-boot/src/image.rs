//! What a verified image says of itself.

use core::hint::black_box;
use core::ops::Deref;

use crate::{Advisory, Date, Header, Refusal, Version};

const DEPENDENCIES: usize = 8;

/// A witness: only a check that succeeded makes one, and only a witness opens the next door.
///
/// It is neither `Clone` nor `Copy`: one check, one use.
///
/// ```compile_fail
/// # fn forge(image: gabion_boot::Image) {
/// let forged = gabion_boot::Verified { value: image, seal: 0 }; // the fields are private
/// # }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the witness is what the check was for"]
pub struct Verified<T> {
    value: T,
    seal: u32,
}

/// The sum of two right decisions.
pub(crate) const SEAL: u32 = 0x58d1_c726;

impl<T> Verified<T> {
    pub(crate) const fn witness(value: T, seal: u32) -> Self {
        Self { value, seal }
    }

    pub(crate) fn into_inner(self) -> T {
        self.value
    }

    /// Checks the witness itself. A boot loader calls this right before it jumps: a fault that skipped the branch on the
    /// verification's result then has memory in its hands that no verification filled.
    ///
    /// # Errors
    ///
    /// [`Refusal::Disturbed`]. Reset; do not retry in this boot.
    #[inline(never)]
    pub fn check(&self) -> Result<(), Refusal> {
        if black_box(self.seal) != SEAL {
            return Err(Refusal::Disturbed);
        }
        if black_box(!self.seal) != !SEAL {
            return Err(Refusal::Disturbed);
        }
        Ok(())
    }
}

impl Verified<Image> {
    /// Returns the first 8 bytes of the body, for the jump: on Cortex-M the initial stack pointer and the reset vector.
    ///
    /// They are spoilt unless the witness is right. A fault can make a processor arrive behind every check, with memory in its hands
    /// that no check filled; jumping by these it arrives nowhere.
    #[must_use]
    #[inline(never)]
    pub fn start(&self) -> [u8; 8] {
        let [stack, entry] = self.spoilt_words();
        let [a, b, c, d] = stack.to_le_bytes();
        let [e, f, g, h] = entry.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    /// Returns where the body runs when its slot appears at `slot_address`: for processors that begin with its first byte. Spoilt
    /// like [`start`](Self::start).
    #[must_use]
    #[inline(never)]
    pub fn address(&self, slot_address: u32) -> u32 {
        let wrong = black_box(self.seal) ^ SEAL;
        let body = slot_address.wrapping_add(u32::from(self.value.header.hdr_size));
        body ^ wrong.wrapping_mul(SPOIL_ENTRY)
    }

    fn spoilt_words(&self) -> [u32; 2] {
        let wrong = black_box(self.seal) ^ SEAL;
        let [a, b, c, d, e, f, g, h] = self.value.body_start;
        [
            u32::from_le_bytes([a, b, c, d]) ^ wrong.wrapping_mul(SPOIL_STACK),
            u32::from_le_bytes([e, f, g, h]) ^ wrong.wrapping_mul(SPOIL_ENTRY),
        ]
    }
}

/// Odd, so that no wrong seal is multiplied to nothing.
const SPOIL_STACK: u32 = 0x85eb_ca77;
const SPOIL_ENTRY: u32 = 0x9e37_79b1;

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A wanted version of another image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The number of the other image.
    pub image: u8,
    /// The lowest version that will do.
    pub min_version: Version,
}

/// What an image says of itself. All of it was hashed in the same read that delivered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub(crate) header: Header,
    pub(crate) slot: u8,
    pub(crate) digest: [u8; 32],
    pub(crate) end: u32,
    pub(crate) key_hash: [u8; 32],
    pub(crate) body_start: [u8; 8],
    pub(crate) counter: Option<u32>,
    pub(crate) vendor_id: Option<[u8; 16]>,
    pub(crate) class_id: Option<[u8; 16]>,
    pub(crate) support_end: Option<Date>,
    pub(crate) sbom: Option<[u8; 32]>,
    pub(crate) advisory: Option<Advisory>,
    dependencies: [Dependency; DEPENDENCIES],
    dependency_count: usize,
}

impl Image {
    /// An image of which nothing is known yet.
    pub(crate) const fn new(slot: u8) -> Self {
        let version = Version { major: 0, minor: 0, revision: 0, build: 0 };
        let header =
            Header { load_addr: 0, hdr_size: 0, protected_size: 0, img_size: 0, flags: 0, version };
        Self {
            header,
            slot,
            digest: [0; 32],
            end: 0,
            key_hash: [0; 32],
            body_start: [0; 8],
            counter: None,
            vendor_id: None,
            class_id: None,
            support_end: None,
            sbom: None,
            advisory: None,
            dependencies: [Dependency { image: 0, min_version: version }; DEPENDENCIES],
            dependency_count: 0,
        }
    }

    /// Takes in the payload of a dependency TLV.
    pub(crate) fn depend(&mut self, bytes: [u8; 12]) -> Result<(), Refusal> {
        let [image, 0, 0, 0, v0, v1, v2, v3, v4, v5, v6, v7] = bytes else {
            return Err(Refusal::DependencyMalformed);
        };
        if self.dependencies().iter().any(|known| known.image == image) {
            return Err(Refusal::TlvDuplicate);
        }
        let min_version = Version::parse([v0, v1, v2, v3, v4, v5, v6, v7]);
        let place = self.dependencies.get_mut(self.dependency_count);
        *place.ok_or(Refusal::TooManyTlvs)? = Dependency { image, min_version };
        self.dependency_count = self.dependency_count.saturating_add(1);
        Ok(())
    }

    /// Returns the header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Returns the number of the slot that was verified.
    #[must_use]
    pub const fn slot(&self) -> u8 {
        self.slot
    }

    /// Returns the version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.header.version
    }

    /// Returns the SHA-256 that was signed: it names the image.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Returns the length of the whole image in bytes. What follows it in the slot was not verified.
    #[must_use]
    pub const fn end(&self) -> u32 {
        self.end
    }

    /// Returns the SHA-256 of the SubjectPublicKeyInfo of the key that signed.
    #[must_use]
    pub const fn key_hash(&self) -> &[u8; 32] {
        &self.key_hash
    }

    /// Returns the first 8 bytes of the body, zeros where it is shorter: on Cortex-M the initial stack pointer and the
    /// reset vector. They were hashed in the read that delivered them; jump by [`Verified::start`], which also guards the jump.
    #[must_use]
    pub const fn body_start(&self) -> &[u8; 8] {
        &self.body_start
    }

    /// Returns the security counter, if the image has one.
    #[must_use]
    pub const fn security_counter(&self) -> Option<u32> {
        self.counter
    }

    /// Returns the vendor id, if the image has one.
    #[must_use]
    pub const fn vendor_id(&self) -> Option<&[u8; 16]> {
        self.vendor_id.as_ref()
    }

    /// Returns the class id, if the image has one.
    #[must_use]
    pub const fn class_id(&self) -> Option<&[u8; 16]> {
        self.class_id.as_ref()
    }

    /// Returns the last day of the support period, if the image tells it (EN 303 645 5.3-13).
    #[must_use]
    pub const fn support_end(&self) -> Option<Date> {
        self.support_end
    }

    /// Returns the SHA-256 of the software bill of materials, if the image tells it.
    #[must_use]
    pub const fn sbom_sha256(&self) -> Option<&[u8; 32]> {
        self.sbom.as_ref()
    }

    /// Returns what the update repairs, if the image tells it.
    #[must_use]
    pub const fn advisory(&self) -> Option<Advisory> {
        self.advisory
    }

    /// Returns the wanted versions of other images.
    #[must_use]
    pub fn dependencies(&self) -> &[Dependency] {
        self.dependencies.get(..self.dependency_count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_right_seal_gives_the_start() {
        let image = || {
            let mut image = Image::new(0);
            image.body_start = [1, 2, 3, 4, 5, 6, 7, 8];
            image.header.hdr_size = 0x200;
            image
        };
        let right = Verified::witness(image(), SEAL);
        assert_eq!((right.start(), right.address(0x1000)), ([1, 2, 3, 4, 5, 6, 7, 8], 0x1200));
        for bit in 0..32 {
            let wrong = Verified::witness(image(), SEAL ^ (1 << bit));
            assert_eq!(wrong.check(), Err(Refusal::Disturbed));
            assert_ne!(wrong.start()[..4], right.start()[..4]);
            assert_ne!(wrong.start()[4..], right.start()[4..]);
            assert_ne!(wrong.address(0x1000), 0x1200);
        }
    }
}
