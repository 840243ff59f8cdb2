//! Why an image is not booted.

/// Why an image is refused. One code each, never reused: it goes into the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum Refusal {
    /// The slot is erased. Boot the other one.
    Empty = 1,
    /// Not an image, one of the old format, or one with the other byte order.
    BadMagic = 2,
    /// A header field that no signing tool writes: padding not zero, header below 32 bytes, no body, a stray address.
    BadHeader = 3,
    /// Encrypted, compressed, to be loaded to RAM, not bootable, or a flag that is not known. Sign it without.
    UnsupportedFlags = 4,
    /// The image would reach past the slot, past the policy's limit or past 32 bits.
    SizeOutOfRange = 5,
    /// The bytes ended before the image did.
    Truncated = 6,
    /// A TLV area does not begin with its magic.
    TlvInfoMagic = 7,
    /// The length of a TLV area is not what the header says, or too small for an entry.
    TlvSize = 8,
    /// A TLV entry reaches past its area.
    TlvOverrun = 9,
    /// A TLV entry has another length than its type has.
    TlvLength = 10,
    /// A TLV type, or a dependency on the same image, stands there twice.
    TlvDuplicate = 11,
    /// A TLV type stands in the wrong area: only protected ones count, and signatures are never protected.
    TlvWrongArea = 12,
    /// A TLV type that is not known.
    TlvUnknown = 13,
    /// Unprotected TLVs in another order than the signing tool's.
    TlvOrder = 14,
    /// More TLVs than this verifier keeps track of.
    TooManyTlvs = 15,
    /// A hash or signature algorithm that is not built in.
    UnsupportedAlgorithm = 16,
    /// No hash TLV.
    HashMissing = 17,
    /// The hash TLV is not the hash of the image: damaged, or forged.
    HashMismatch = 18,
    /// No key hash and no public key.
    KeyMissing = 19,
    /// A public key TLV that is no canonical key.
    KeyMalformed = 20,
    /// Signed by a key that is not trusted.
    UnknownKey = 21,
    /// No signature.
    SignatureMissing = 22,
    /// The signature is not canonical DER, or of another kind than the key.
    SignatureMalformed = 23,
    /// The signature does not hold.
    SignatureInvalid = 24,
    /// Roll-back protection is on and the image has no security counter.
    CounterMissing = 25,
    /// The security counter is below the device's floor.
    Rollback = 26,
    /// Linked for another slot.
    WrongAddress = 27,
    /// Made for another vendor or class of devices, or for none.
    WrongDevice = 28,
    /// Wants an image that is not installed, or a newer version of it.
    DependencyUnmet = 29,
    /// A dependency whose padding is not zero.
    DependencyMalformed = 30,
    /// A boot record that is no map. What stands in the map is for attestation and decides nothing here.
    RecordMalformed = 31,
    /// One of our vendor TLVs with contents that are not valid.
    VendorMalformed = 32,
    /// Two computations of one decision disagreed: the chip was disturbed. Reset; do not retry in this boot.
    Disturbed = 33,
}

impl Refusal {
    /// Returns the code that stands in the event log.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Returns the name of the variant: stable, for machine-readable output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("Empty", "the slot is erased"),
            Self::BadMagic => ("BadMagic", "not an image of this format"),
            Self::BadHeader => ("BadHeader", "the header is not canonical"),
            Self::UnsupportedFlags => {
                ("UnsupportedFlags", "the header has flags that are not supported")
            }
            Self::SizeOutOfRange => ("SizeOutOfRange", "the image is larger than allowed"),
            Self::Truncated => ("Truncated", "the image ends too early"),
            Self::TlvInfoMagic => ("TlvInfoMagic", "a TLV area has no magic"),
            Self::TlvSize => ("TlvSize", "a TLV area has the wrong length"),
            Self::TlvOverrun => ("TlvOverrun", "a TLV reaches past its area"),
            Self::TlvLength => ("TlvLength", "a TLV has the wrong length for its type"),
            Self::TlvDuplicate => ("TlvDuplicate", "a TLV stands there twice"),
            Self::TlvWrongArea => ("TlvWrongArea", "a TLV stands in the wrong area"),
            Self::TlvUnknown => ("TlvUnknown", "a TLV type is not known"),
            Self::TlvOrder => ("TlvOrder", "unprotected TLVs are out of order"),
            Self::TooManyTlvs => ("TooManyTlvs", "too many TLVs"),
            Self::UnsupportedAlgorithm => ("UnsupportedAlgorithm", "unsupported algorithm"),
            Self::HashMissing => ("HashMissing", "no hash"),
            Self::HashMismatch => ("HashMismatch", "the hash does not match"),
            Self::KeyMissing => ("KeyMissing", "no key hash and no public key"),
            Self::KeyMalformed => ("KeyMalformed", "the public key is not canonical"),
            Self::UnknownKey => ("UnknownKey", "signed by a key that is not trusted"),
            Self::SignatureMissing => ("SignatureMissing", "no signature"),
            Self::SignatureMalformed => ("SignatureMalformed", "the signature is not canonical"),
            Self::SignatureInvalid => ("SignatureInvalid", "the signature does not hold"),
            Self::CounterMissing => ("CounterMissing", "no protected security counter"),
            Self::Rollback => ("Rollback", "the security counter is below the device's floor"),
            Self::WrongAddress => ("WrongAddress", "linked for another slot address"),
            Self::WrongDevice => ("WrongDevice", "made for other devices"),
            Self::DependencyUnmet => ("DependencyUnmet", "a dependency is not met"),
            Self::DependencyMalformed => ("DependencyMalformed", "a dependency is not canonical"),
            Self::RecordMalformed => ("RecordMalformed", "the boot record is malformed"),
            Self::VendorMalformed => ("VendorMalformed", "a vendor TLV is malformed"),
            Self::Disturbed => ("Disturbed", "the decision was disturbed"),
        }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.words().1)
    }
}

impl core::error::Error for Refusal {}

/// Why a slot gave no verified image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError<E> {
    /// The flash could not be read. Retry once; then treat the slot as damaged.
    Flash(E),
    /// The image is refused. Do not use any of it.
    Refused(Refusal),
    /// The slot reaches past the flash. Fix the layout.
    Misuse,
}

impl<E> From<Refusal> for VerifyError<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: core::fmt::Debug> core::fmt::Display for VerifyError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Flash(e) => write!(f, "flash failed: {e:?}"),
            Self::Refused(refusal) => write!(f, "image refused: {refusal}"),
            Self::Misuse => f.write_str("slot does not fit the flash"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for VerifyError<E> {}
