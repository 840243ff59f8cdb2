//! ESP-IDF's `otadata`: two copies of 32 bytes, each in a flash sector of its own, that tell which slot the ESP boot loader
//! runs. For devices that keep that boot loader: read it, and write the copy that switches.

/// Length of a copy in bytes.
pub const OTADATA_LEN: usize = 32;

/// How an image stands in `otadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum OtaState {
    /// Never run; the boot loader will make it [`PendingVerify`](Self::PendingVerify).
    New = 0,
    /// Run once; the boot loader goes back at the next reset unless the image makes it [`Valid`](Self::Valid).
    PendingVerify = 1,
    /// Kept.
    Valid = 2,
    /// The image gave itself up.
    Invalid = 3,
    /// The boot loader gave the image up.
    Aborted = 4,
    /// Kept: written by tools that know no states.
    Undefined = 0xffff_ffff,
}

impl OtaState {
    const fn parse(word: u32) -> Option<Self> {
        match word {
            0 => Some(Self::New),
            1 => Some(Self::PendingVerify),
            2 => Some(Self::Valid),
            3 => Some(Self::Invalid),
            4 => Some(Self::Aborted),
            0xffff_ffff => Some(Self::Undefined),
            _ => None,
        }
    }

    const fn is_bootable(self) -> bool {
        !matches!(self, Self::Invalid | Self::Aborted)
    }
}

/// One copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtaEntry {
    /// From 1; the higher one of the two copies counts.
    pub sequence: u32,
    /// How the image stands.
    pub state: OtaState,
}

impl OtaEntry {
    /// Reads a copy. A damaged or erased one is none.
    #[must_use]
    pub fn parse(bytes: &[u8; OTADATA_LEN]) -> Option<Self> {
        let sequence = u32::from_le_bytes(*bytes.first_chunk()?);
        let [.., s0, s1, s2, s3, c0, c1, c2, c3] = *bytes;
        if sequence == 0 || sequence == u32::MAX {
            return None;
        }
        if u32::from_le_bytes([c0, c1, c2, c3]) != crc(sequence) {
            return None;
        }
        // The sum does not cover the state: a value that is none shows damage.
        let state = OtaState::parse(u32::from_le_bytes([s0, s1, s2, s3]))?;
        Some(Self { sequence, state })
    }

    /// Returns the copy. The label that it also has room for stays erased.
    #[must_use]
    pub const fn emit(&self) -> [u8; OTADATA_LEN] {
        const F: u8 = 0xff;
        let [q0, q1, q2, q3] = self.sequence.to_le_bytes();
        let [s0, s1, s2, s3] = (self.state as u32).to_le_bytes();
        let [c0, c1, c2, c3] = crc(self.sequence).to_le_bytes();
        [
            q0, q1, q2, q3, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, s0, s1, s2,
            s3, c0, c1, c2, c3,
        ]
    }

    /// Returns the slot that this copy names, of `slots` slots.
    #[must_use]
    pub fn slot(&self, slots: u32) -> Option<u32> {
        self.sequence.checked_sub(1)?.checked_rem(slots)
    }
}

/// What the two copies say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtaSelection {
    /// The copy that counts: 0 or 1.
    pub copy: usize,
    /// What it says.
    pub entry: OtaEntry,
}

impl OtaSelection {
    /// Finds the copy that counts: of those that are whole and whose image was not given up, the one with the higher
    /// sequence. `None`: neither is, and the boot loader runs its factory image or its first slot.
    #[must_use]
    pub fn read(copies: [&[u8; OTADATA_LEN]; 2]) -> Option<Self> {
        let [first, second] = copies.map(OtaEntry::parse);
        let usable = |copy, entry: Option<OtaEntry>| {
            entry.filter(|entry| entry.state.is_bootable()).map(|entry| Self { copy, entry })
        };
        match (usable(0, first), usable(1, second)) {
            (Some(a), Some(b)) if b.entry.sequence > a.entry.sequence => Some(b),
            (Some(a), _) => Some(a),
            (None, b) => b,
        }
    }

    /// Makes the copy that switches to `slot` of `slots`, and tells which of the two to erase and write: never the one that
    /// counts, so that a cut leaves the old choice. Write it only with a `Verified` image in hand.
    ///
    /// `None` for a slot that does not exist, or when the sequence is used up.
    #[must_use]
    pub fn switch(present: Option<Self>, slot: u32, slots: u32) -> Option<(usize, OtaEntry)> {
        if slot >= slots {
            return None;
        }
        let (copy, last) = match present {
            Some(present) => (1_usize.checked_sub(present.copy)?, present.entry.sequence),
            None => (0, 0),
        };
        // The lowest sequence above the last one that names the slot.
        let next = last.checked_add(1)?;
        let named = next.checked_sub(1)?.checked_rem(slots)?;
        let ahead = slot.checked_add(slots)?.checked_sub(named)?.checked_rem(slots)?;
        let sequence = next.checked_add(ahead).filter(|sequence| *sequence != u32::MAX)?;
        Some((copy, OtaEntry { sequence, state: OtaState::New }))
    }
}

/// The CRC-32 of ESP-IDF over a sequence: polynomial 0xedb88320 reflected, from 0, inverted at the end.
const fn crc(sequence: u32) -> u32 {
    let mut sum = sequence;
    let mut bit = 0_u8;
    while bit < 32 {
        sum = if sum & 1 == 0 { sum >> 1 } else { (sum >> 1) ^ 0xedb8_8320 };
        bit = bit.saturating_add(1);
    }
    !sum
}
