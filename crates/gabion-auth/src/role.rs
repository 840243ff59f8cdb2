//! Who may do what.

use core::marker::PhantomData;

mod sealed {
    pub trait Sealed {}
}

/// A role as a value: stands in records, sessions and events. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum RoleKind {
    /// Holds the label's secret: may set the device up, once.
    SetUp = 1,
    /// The owner: may do everything.
    Owner = 2,
    /// A user: may use the device.
    User = 3,
    /// A machine: shows a key, never a password (EN 303 645 5.1-2A).
    Machine = 4,
}

impl RoleKind {
    /// Reads the role of a password's record. A machine has none.
    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::SetUp),
            2 => Some(Self::Owner),
            3 => Some(Self::User),
            _ => None,
        }
    }
}

/// A role as a type.
pub trait Role: sealed::Sealed {
    /// The lowest role that has these rights.
    const KIND: RoleKind;

    /// Whether a session of `kind` has these rights.
    fn is_held_by(kind: RoleKind) -> bool;
}

/// A role that a person holds. Only these can have a password (EN 303 645 5.1-2A).
pub trait HumanRole: Role {}

/// The owner.
#[derive(Debug)]
pub enum Owner {}

/// A user; the owner is one too.
#[derive(Debug)]
pub enum User {}

/// A machine, such as the maker's back end. It is no [`HumanRole`]: nothing makes a password for it.
#[derive(Debug)]
pub enum Machine {}

impl sealed::Sealed for Machine {}
impl sealed::Sealed for Owner {}
impl sealed::Sealed for User {}
impl HumanRole for Owner {}
impl HumanRole for User {}

impl Role for Owner {
    const KIND: RoleKind = RoleKind::Owner;

    fn is_held_by(kind: RoleKind) -> bool {
        kind == RoleKind::Owner
    }
}

impl Role for User {
    const KIND: RoleKind = RoleKind::User;

    fn is_held_by(kind: RoleKind) -> bool {
        matches!(kind, RoleKind::Owner | RoleKind::User)
    }
}

impl Role for Machine {
    const KIND: RoleKind = RoleKind::Machine;

    fn is_held_by(kind: RoleKind) -> bool {
        kind == RoleKind::Machine
    }
}

/// Witness that someone with the role `R` is behind this request. Only a successful check makes one.
///
/// Take it by value where the door is, ask for a new one per request, and do not keep it: it does not know when its session
/// ends. It cannot be copied or made up:
///
/// ```compile_fail
/// use gabion_auth::{Authorized, Owner};
/// fn twice(a: Authorized<Owner>) -> (Authorized<Owner>, Authorized<Owner>) { (a, a) }
/// ```
///
/// ```compile_fail
/// use gabion_auth::{Authorized, Owner};
/// let forged: Authorized<Owner> = Authorized { account: 0, role: core::marker::PhantomData };
/// ```
#[derive(Debug)]
#[must_use = "a witness opens the next door"]
pub struct Authorized<R> {
    account: u8,
    role: PhantomData<R>,
}

impl<R: Role> Authorized<R> {
    pub(crate) const fn new(account: u8) -> Self {
        Self { account, role: PhantomData }
    }

    /// Returns the number of the account: 0 is the owner.
    #[must_use]
    pub const fn account(&self) -> u8 {
        self.account
    }
}
