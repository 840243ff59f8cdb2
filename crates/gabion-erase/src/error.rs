use gabion_storage::StorageError;

use crate::RegionError;

/// Why a reset could not be ordered or finished. Until it is finished there is no [`Clean`](crate::Clean), and no service may
/// start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EraseError<S, R> {
    /// The sealed store failed. Restart: the reset goes on. If the intent itself is damaged, only a new order from a person
    /// at the device ([`Held`](crate::Held)) may settle what happens.
    Storage(StorageError<S>),
    /// A region failed: its name, and why. Restart: the reset goes on.
    Region(&'static str, RegionError<R>),
    /// The plan names a region that the reset was not given, or the other way round. Fix the firmware.
    Plan(&'static str),
    /// Retained memory does not read back as wiped. Restart from power off.
    Memory,
    /// The device key was refused, so there can be no receipt. Provision the device.
    Signer,
    /// The stored intent is of no version that this firmware knows. An older firmware was installed half-way: update it.
    Unknown,
}

impl<S: core::fmt::Debug, R: core::fmt::Debug> core::fmt::Display for EraseError<S, R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Storage(e) => write!(f, "sealed store: {e}"),
            Self::Region(name, RegionError::NotBlank) => {
                write!(f, "region {name} does not read back as blank")
            }
            Self::Region(name, RegionError::Hardware(e)) => write!(f, "region {name}: {e:?}"),
            Self::Plan(name) => write!(f, "region {name} is planned or given, but not both"),
            Self::Memory => f.write_str("retained memory does not read back as wiped"),
            Self::Signer => f.write_str("device key refused"),
            Self::Unknown => f.write_str("reset of an unknown version is pending"),
        }
    }
}

impl<S: core::fmt::Debug, R: core::fmt::Debug> core::error::Error for EraseError<S, R> {}

/// Why a receipt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not a receipt, or of a version that this code does not know.
    NotAReceipt,
    /// The signature is not by this key: another device, or somebody changed the receipt.
    Refused,
    /// The receipt names another device than the key belongs to.
    WrongDevice,
}

impl core::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::NotAReceipt => "not an erase receipt",
            Self::Refused => "the signature does not belong to this device key and these bytes",
            Self::WrongDevice => "the receipt names another device",
        })
    }
}

impl core::error::Error for ReceiptError {}
