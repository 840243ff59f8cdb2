//! What a client is told went wrong: the numbers that mcumgr clients know.

use gabion_boot::Refusal;
use gabion_update::{Misuse, UpdateError};

/// Errors of the protocol itself, told alike in both versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum ManagementError {
    /// Something failed that has no number.
    Unknown = 1,
    /// No room.
    NoMemory = 2,
    /// A field is missing, unknown in kind, or out of range.
    Invalid = 3,
    /// There is no such thing.
    NotFound = 5,
    /// Not in this state.
    BadState = 6,
    /// The reply does not fit its buffer.
    TooLong = 7,
    /// The command is not served.
    Unsupported = 8,
    /// Not now.
    Busy = 10,
    /// Not allowed.
    Denied = 11,
    /// A version of the protocol that came after this one.
    TooNew = 13,
}

/// Errors of the image group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum ImageError {
    /// Something failed that has no number.
    Unknown = 1,
    /// There is no such image.
    NoImage = 3,
    /// The image's TLVs are refused: malformed, or not signed by a key that is trusted.
    InvalidTlv = 5,
    /// No slot is free: the running image is on trial.
    NoFreeSlot = 9,
    /// The flash failed.
    FlashFailed = 12,
    /// No such slot.
    InvalidSlot = 14,
    /// The image's TLVs are longer than the device's buffer.
    NoMemory = 15,
    /// An offset is missing.
    NoOffset = 20,
    /// A length is missing, or too short for an image.
    InvalidLength = 21,
    /// The header is refused.
    InvalidHeader = 22,
    /// No image of this format.
    InvalidMagic = 23,
    /// The hash does not match.
    InvalidHash = 24,
    /// Linked for another slot.
    InvalidAddress = 25,
    /// Older than the running image, or than the device's floor.
    NotNewer = 27,
    /// An installed image waits for its first boot.
    AlreadyPending = 28,
    /// Larger than the slot.
    TooLarge = 30,
    /// More bytes than announced.
    Overrun = 31,
    /// Only the running image can be confirmed.
    ConfirmDenied = 32,
    /// It is the running image.
    IsActive = 33,
}

/// What is answered to a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// Of the protocol.
    Management(ManagementError),
    /// Of the image group; with the name of the refusal if there is one.
    Image(ImageError, Option<Refusal>),
}

impl From<ManagementError> for Failure {
    fn from(error: ManagementError) -> Self {
        Self::Management(error)
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Image(error, None)
    }
}

impl ImageError {
    /// What a client of the first version is told instead.
    #[must_use]
    pub const fn in_version_1(self) -> ManagementError {
        match self {
            Self::Unknown | Self::FlashFailed => ManagementError::Unknown,
            Self::NoImage | Self::NoFreeSlot => ManagementError::NotFound,
            Self::NoMemory | Self::TooLarge => ManagementError::NoMemory,
            Self::NotNewer | Self::AlreadyPending | Self::ConfirmDenied | Self::IsActive => {
                ManagementError::BadState
            }
            _ => ManagementError::Invalid,
        }
    }
}

impl<E, C> From<UpdateError<E, C>> for Failure {
    fn from(error: UpdateError<E, C>) -> Self {
        Self::Image(
            match error {
                UpdateError::Refused(refusal) => {
                    return Self::Image(of_refusal(refusal), Some(refusal));
                }
                UpdateError::Flash(_) => ImageError::FlashFailed,
                UpdateError::AlreadyRunning => ImageError::IsActive,
                UpdateError::NotAsOffered => ImageError::InvalidHash,
                UpdateError::Misuse(misuse) => match misuse {
                    Misuse::OnTrial => ImageError::NoFreeSlot,
                    Misuse::Pending => ImageError::AlreadyPending,
                    Misuse::NotOnTrial => ImageError::ConfirmDenied,
                    Misuse::NothingStaged | Misuse::WrongImage => ImageError::NoImage,
                    Misuse::TooMany => ImageError::Overrun,
                    Misuse::Incomplete => ImageError::InvalidLength,
                    _ => ImageError::Unknown,
                },
                _ => ImageError::Unknown,
            },
            None,
        )
    }
}

const fn of_refusal(refusal: Refusal) -> ImageError {
    match refusal {
        Refusal::Empty | Refusal::BadMagic => ImageError::InvalidMagic,
        Refusal::BadHeader | Refusal::UnsupportedFlags => ImageError::InvalidHeader,
        Refusal::WrongDevice | Refusal::DependencyUnmet => ImageError::InvalidHeader,
        Refusal::SizeOutOfRange => ImageError::TooLarge,
        Refusal::Truncated => ImageError::InvalidLength,
        Refusal::HashMissing | Refusal::HashMismatch => ImageError::InvalidHash,
        Refusal::CounterMissing | Refusal::Rollback => ImageError::NotNewer,
        Refusal::WrongAddress => ImageError::InvalidAddress,
        Refusal::Disturbed => ImageError::Unknown,
        _ => ImageError::InvalidTlv,
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Management(error) => write!(f, "SMP error {}", *error as u8),
            Self::Image(error, None) => write!(f, "SMP image error {}", *error as u8),
            Self::Image(error, Some(refusal)) => {
                write!(f, "SMP image error {}: {refusal}", *error as u8)
            }
        }
    }
}

impl core::error::Error for Failure {}
