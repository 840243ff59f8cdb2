//! Failures.

use core::fmt;

use gabion_storage::StorageError;

/// Why something was not allowed. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The person was never asked. Ask; until then nothing is stored.
    NotAsked,
    /// The person said no.
    Withdrawn,
    /// The person answered an older version of the question. Ask again; what is stored is kept, unread, until they answer.
    OtherVersion,
    /// The record of answers is damaged, or of a newer firmware. Ask again.
    Unknown,
    /// A deletion was ordered and its record is damaged: nobody knows whose data should be gone. Let the owner order a
    /// deletion again, or a factory reset.
    DeletionUnclear,
    /// This person may not decide for that one. The owner decides for the household, everybody for themselves.
    NotYours,
    /// The inventory has no such item or purpose for this subject. Fix the caller.
    NotInInventory,
    /// The purpose stands on another basis than consent: there is nothing to give or to withdraw.
    NotAsking,
    /// The permit is for something else.
    NoPermit,
    /// The inventory does not name this recipient for the item.
    NotARecipient,
    /// The channel is not the one that the inventory names for the recipient.
    WrongChannel,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAsked => "the person was not asked",
            Self::Withdrawn => "the person said no",
            Self::OtherVersion => "the person answered an older question",
            Self::Unknown => "the person's answers cannot be read",
            Self::DeletionUnclear => "a deletion is pending and nobody knows whose",
            Self::NotYours => "another person decides about this",
            Self::NotInInventory => "not in the inventory",
            Self::NotAsking => "the purpose does not rest on consent",
            Self::NoPermit => "the permit is for something else",
            Self::NotARecipient => "not a recipient of this",
            Self::WrongChannel => "not the channel of this recipient",
        })
    }
}

impl core::error::Error for Refusal {}

/// Why something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrivacyError<E> {
    /// Not allowed.
    Refused(Refusal),
    /// The sealed store failed. Open the store and [`Privacy`](crate::Privacy) again: what was begun is finished then.
    Storage(StorageError<E>),
    /// The value is longer than its item or the buffer allows. Fix the caller.
    TooLong,
    /// What is stored was written by a newer firmware. Update; it is kept as it is.
    Unreadable,
    /// The device key was refused, so there can be no receipt. Provision the device.
    Signer,
    /// There is no such request, or it was replaced by a later one that asks for more. Send what is open now.
    NoRequest,
    /// The buffer of this [`Privacy`](crate::Privacy) is too small for its inventory. Use
    /// [`Inventory::buffer`](crate::Inventory::buffer).
    Plan,
}

impl<E> From<Refusal> for PrivacyError<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E> From<StorageError<E>> for PrivacyError<E> {
    fn from(error: StorageError<E>) -> Self {
        Self::Storage(error)
    }
}

impl<E: fmt::Debug> fmt::Display for PrivacyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Storage(error) => write!(f, "sealed store: {error}"),
            Self::TooLong => f.write_str("value longer than allowed"),
            Self::Unreadable => f.write_str("stored by a newer firmware"),
            Self::Signer => f.write_str("device key refused"),
            Self::NoRequest => f.write_str("no such request is open"),
            Self::Plan => f.write_str("buffer too small for the inventory"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for PrivacyError<E> {}

/// Why an export or a receipt was refused by whoever checks it, or could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError<E> {
    /// Reading failed.
    Privacy(PrivacyError<E>),
    /// The buffer is too small. Give a larger one.
    NoRoom,
}

impl<E> From<PrivacyError<E>> for ExportError<E> {
    fn from(error: PrivacyError<E>) -> Self {
        Self::Privacy(error)
    }
}

impl<E: fmt::Debug> fmt::Display for ExportError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Privacy(error) => error.fmt(f),
            Self::NoRoom => f.write_str("the buffer is too small for the export"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for ExportError<E> {}
