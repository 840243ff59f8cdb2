//! What a mechanism guarantees (TS 103 701: "Security Guarantees").

/// A set of guarantees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guarantees(u8);

impl Guarantees {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Nobody else reads it.
    pub const CONFIDENTIALITY: Self = Self(1);
    /// A change is noticed.
    pub const INTEGRITY: Self = Self(2);
    /// It comes from whom it says.
    pub const AUTHENTICITY: Self = Self(4);
    /// An old one is not taken for a new one.
    pub const FRESHNESS: Self = Self(8);

    /// Adds guarantees.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are in.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the bits that stand in the image (`docs/spec/profile.md`, section 4).
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}
