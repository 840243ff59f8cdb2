//! Who may order a reset.

/// Witness that someone may order a factory reset.
///
/// # Implementer notes
///
/// Implement it only for what a successful check makes and nothing else can: an `Authorized<Owner>` in a newtype, a
/// [`Held`](crate::Held) button. It is consumed, so that one permission makes one reset.
///
/// # Security
///
/// A type that anybody can make must never implement it: then anybody on the network can erase the device (5.11-1, 5.6).
pub trait ResetTrigger {
    /// Returns what stands in the receipt.
    fn kind(&self) -> TriggerKind;
}

/// What ordered a reset. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum TriggerKind {
    /// A command of the authenticated owner.
    Command = 1,
    /// A button on the device, held.
    Button = 2,
    /// The device itself: the end of a lease, a decommissioning order from an authenticated back end.
    Policy = 3,
}

impl TriggerKind {
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Command),
            2 => Some(Self::Button),
            3 => Some(Self::Policy),
            _ => None,
        }
    }
}
