//! Whose data it is.

use gabion_profile::Class;

/// Whose data it is. Each has a storage class, and so a key, of its own: destroying it is the deletion of that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Subject {
    /// Everyone who lives with the device; its owner decides for them.
    Household = 0,
    /// The holder of account 0, the owner.
    User0 = 1,
    /// The holder of account 1.
    User1 = 2,
    /// The holder of account 2.
    User2 = 3,
    /// The holder of account 3.
    User3 = 4,
}

impl Subject {
    /// Every subject, in the order of the numbers.
    pub const ALL: [Self; 5] =
        [Self::Household, Self::User0, Self::User1, Self::User2, Self::User3];

    /// Returns the holder of an account of `gabion-auth`.
    #[must_use]
    pub const fn of_account(account: u8) -> Option<Self> {
        match account {
            0 => Some(Self::User0),
            1 => Some(Self::User1),
            2 => Some(Self::User2),
            3 => Some(Self::User3),
            _ => None,
        }
    }

    /// Returns the storage class whose key seals their data.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Household => Class::PersonalData,
            Self::User0 => Class::User0,
            Self::User1 => Class::User1,
            Self::User2 => Class::User2,
            Self::User3 => Class::User3,
        }
    }

    /// Returns a name for texts and exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Household => "household",
            Self::User0 => "account 0",
            Self::User1 => "account 1",
            Self::User2 => "account 2",
            Self::User3 => "account 3",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Household),
            1 => Some(Self::User0),
            2 => Some(Self::User1),
            3 => Some(Self::User2),
            4 => Some(Self::User3),
            _ => None,
        }
    }
}
