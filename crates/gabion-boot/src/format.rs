//! Bytes of an image, as `docs/spec/boot.md` §1 and §2 have them. All integers are little-endian.

use crate::Refusal;

/// Length of the header in bytes, without the padding up to `hdr_size`.
pub(crate) const HEADER_LEN: usize = 32;
/// Length of a TLV info header and of a TLV entry's header in bytes.
pub(crate) const TLV_HEADER_LEN: u16 = 4;

const MAGIC: u32 = 0x96f3_b83d;
const ERASED: u32 = 0xffff_ffff;
/// First word of the unprotected TLV area.
pub(crate) const TLV_MAGIC: u16 = 0x6907;
/// First word of the protected TLV area.
pub(crate) const TLV_PROTECTED_MAGIC: u16 = 0x6908;

/// Header flags.
pub mod flag {
    /// The body was linked for the address in `load_addr`, and only runs there.
    pub const ROM_FIXED: u32 = 0x100;
}

/// TLV types.
pub mod tlv_type {
    /// Hash of the signer's public key.
    pub const KEYHASH: u16 = 0x01;
    /// The signer's public key in full.
    pub const PUBKEY: u16 = 0x02;
    /// SHA-256 of everything before the unprotected area.
    pub const SHA256: u16 = 0x10;
    /// SHA-384 of the same.
    pub const SHA384: u16 = 0x11;
    /// SHA-512 of the same.
    pub const SHA512: u16 = 0x12;
    /// RSA-2048 signature.
    pub const RSA2048: u16 = 0x20;
    /// ECDSA P-224 signature.
    pub const ECDSA224: u16 = 0x21;
    /// ECDSA signature, DER.
    pub const ECDSA_SIG: u16 = 0x22;
    /// RSA-3072 signature.
    pub const RSA3072: u16 = 0x23;
    /// Ed25519 signature.
    pub const ED25519: u16 = 0x24;
    /// The signature is over the bytes, not over their hash.
    pub const SIG_PURE: u16 = 0x25;
    /// Wanted version of another image.
    pub const DEPENDENCY: u16 = 0x40;
    /// Security counter.
    pub const SEC_CNT: u16 = 0x50;
    /// Measurement record for attestation.
    pub const BOOT_RECORD: u16 = 0x60;
    /// Vendor id.
    pub const UUID_VID: u16 = 0x74;
    /// Class id.
    pub const UUID_CID: u16 = 0x75;
    /// End of the support period: ours.
    pub const SUPPORT_END: u16 = 0x67a0;
    /// SHA-256 of the software bill of materials: ours.
    pub const SBOM_SHA256: u16 = 0x67a1;
    /// What the update repairs: ours.
    pub const ADVISORY: u16 = 0x67a2;

    /// Whether a type is free for vendors: xxA0 to xxFE.
    #[must_use]
    pub const fn is_vendor(kind: u16) -> bool {
        let low = kind & 0xff;
        low >= 0xa0 && low <= 0xfe
    }
}

/// An image version, ordered as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incompatible changes.
    pub major: u8,
    /// Additions.
    pub minor: u8,
    /// Repairs.
    pub revision: u16,
    /// Build number.
    pub build: u32,
}

impl Version {
    /// Reads the 8 bytes of a version.
    #[must_use]
    pub const fn parse(bytes: [u8; 8]) -> Self {
        let [major, minor, r0, r1, b0, b1, b2, b3] = bytes;
        Self {
            major,
            minor,
            revision: u16::from_le_bytes([r0, r1]),
            build: u32::from_le_bytes([b0, b1, b2, b3]),
        }
    }

    /// Returns the 8 bytes of this version.
    #[must_use]
    pub const fn emit(self) -> [u8; 8] {
        let [r0, r1] = self.revision.to_le_bytes();
        let [b0, b1, b2, b3] = self.build.to_le_bytes();
        [self.major, self.minor, r0, r1, b0, b1, b2, b3]
    }
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}+{}", self.major, self.minor, self.revision, self.build)
    }
}

/// The header of an image, checked for what can be checked without a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The address that the body was linked for; 0 unless [`flag::ROM_FIXED`] is set.
    pub load_addr: u32,
    /// Offset of the body, in bytes; at least 32.
    pub hdr_size: u16,
    /// Length of the protected TLV area, in bytes; 0 if there is none.
    pub protected_size: u16,
    /// Length of the body, in bytes; at least 1.
    pub img_size: u32,
    /// 0 or [`flag::ROM_FIXED`].
    pub flags: u32,
    /// The version.
    pub version: Version,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// [`Refusal::Empty`], [`Refusal::BadMagic`], [`Refusal::UnsupportedFlags`] for every flag that this crate does not
    /// implement, and [`Refusal::BadHeader`] for whatever `imgtool` never writes.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Result<Self, Refusal> {
        let [
            m0,
            m1,
            m2,
            m3,
            l0,
            l1,
            l2,
            l3,
            h0,
            h1,
            p0,
            p1,
            i0,
            i1,
            i2,
            i3,
            f0,
            f1,
            f2,
            f3,
            v0,
            v1,
            v2,
            v3,
            v4,
            v5,
            v6,
            v7,
            z0,
            z1,
            z2,
            z3,
        ] = *bytes;
        match u32::from_le_bytes([m0, m1, m2, m3]) {
            MAGIC => {}
            ERASED => return Err(Refusal::Empty),
            _ => return Err(Refusal::BadMagic),
        }
        let header = Self {
            load_addr: u32::from_le_bytes([l0, l1, l2, l3]),
            hdr_size: u16::from_le_bytes([h0, h1]),
            protected_size: u16::from_le_bytes([p0, p1]),
            img_size: u32::from_le_bytes([i0, i1, i2, i3]),
            flags: u32::from_le_bytes([f0, f1, f2, f3]),
            version: Version::parse([v0, v1, v2, v3, v4, v5, v6, v7]),
        };
        if header.flags & !flag::ROM_FIXED != 0 {
            return Err(Refusal::UnsupportedFlags);
        }
        let stray_address = header.flags & flag::ROM_FIXED == 0 && header.load_addr != 0;
        let too_short = usize::from(header.hdr_size) < HEADER_LEN || header.img_size == 0;
        if [z0, z1, z2, z3] != [0; 4] || stray_address || too_short {
            return Err(Refusal::BadHeader);
        }
        // An area without an entry is never written: 4 bytes of info, 4 of the first entry.
        if header.protected_size != 0 && header.protected_size < 2 * TLV_HEADER_LEN {
            return Err(Refusal::TlvSize);
        }
        Ok(header)
    }

    /// Returns the 32 bytes of this header.
    #[must_use]
    pub fn emit(&self) -> [u8; HEADER_LEN] {
        let [m0, m1, m2, m3] = MAGIC.to_le_bytes();
        let [l0, l1, l2, l3] = self.load_addr.to_le_bytes();
        let [h0, h1] = self.hdr_size.to_le_bytes();
        let [p0, p1] = self.protected_size.to_le_bytes();
        let [i0, i1, i2, i3] = self.img_size.to_le_bytes();
        let [f0, f1, f2, f3] = self.flags.to_le_bytes();
        let [v0, v1, v2, v3, v4, v5, v6, v7] = self.version.emit();
        [
            m0, m1, m2, m3, l0, l1, l2, l3, h0, h1, p0, p1, i0, i1, i2, i3, f0, f1, f2, f3, v0, v1,
            v2, v3, v4, v5, v6, v7, 0, 0, 0, 0,
        ]
    }

    /// Returns how many bytes are hashed and signed: header, padding, body, protected area.
    ///
    /// # Errors
    ///
    /// [`Refusal::SizeOutOfRange`] when that does not fit 32 bits.
    pub fn signed_len(&self) -> Result<u32, Refusal> {
        self.img_size
            .checked_add(u32::from(self.hdr_size))
            .and_then(|sum| sum.checked_add(u32::from(self.protected_size)))
            .ok_or(Refusal::SizeOutOfRange)
    }
}

/// Reads the two words of a TLV info header or entry header: magic and total, or type and length.
pub(crate) const fn pair(bytes: [u8; 4]) -> (u16, u16) {
    let [a, b, c, d] = bytes;
    (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
}
