//! The access control lists of the flash: closed until the next reset, by software that cannot open them again.

use embassy_nrf::nvmc::PAGE_SIZE;
use embassy_nrf::pac::{ACL, acl::regs::Perm};

/// Entries of the list.
const ENTRIES: usize = 8;
/// Bit of `PERM`: no writing, no erasing.
const NO_WRITE: u32 = 1 << 1;
/// Bit of `PERM`: no reading.
const NO_READ: u32 = 1 << 2;

/// What is forbidden from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Guard {
    /// Writing and erasing: for a boot loader's own pages.
    Write,
    /// Reading, writing and erasing: for a root key's page.
    ReadAndWrite,
}

/// Why a part of the flash could not be closed. It is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AclError {
    /// Not whole pages, none, or more than half the flash.
    Geometry,
    /// All entries are taken for this boot.
    Full,
    /// The registers do not read back as written.
    NotTaken,
}

impl core::fmt::Display for AclError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Geometry => "an access list takes whole pages, at most half the flash",
            Self::Full => "no access list entry is left in this boot",
            Self::NotTaken => "access list does not read back",
        })
    }
}

impl core::error::Error for AclError {}

/// Closes a part of the flash until the next reset, in bytes, and reads the entry back.
///
/// # Errors
///
/// See [`AclError`]. Do not go on as if it were closed.
///
/// # Security
///
/// It holds against code on this core. The debug port passes it by.
pub fn guard(start: u32, len: u32, guard: Guard) -> Result<(), AclError> {
    let page = PAGE_SIZE as u32;
    let most = (embassy_nrf::nvmc::FLASH_SIZE / 2) as u32;
    if !start.is_multiple_of(page) || !len.is_multiple_of(page) || len == 0 || len > most {
        return Err(AclError::Geometry);
    }
    let perm = match guard {
        Guard::Write => NO_WRITE,
        Guard::ReadAndWrite => NO_WRITE | NO_READ,
    };
    let entry = (0..ENTRIES)
        .map(|n| ACL.acl(n))
        .find(|entry| entry.size().read() == 0)
        .ok_or(AclError::Full)?;
    entry.addr().write_value(start);
    entry.size().write_value(len);
    entry.perm().write_value(Perm(perm));
    let taken = entry.addr().read() == start
        && entry.size().read() == len
        && entry.perm().read().0 & perm == perm;
    if taken { Ok(()) } else { Err(AclError::NotTaken) }
}

/// Tells whether the page at an address is closed in the way asked for, in this boot.
#[must_use]
pub fn is_guarded(at: u32, guard: Guard) -> bool {
    let wanted = match guard {
        Guard::Write => NO_WRITE,
        Guard::ReadAndWrite => NO_WRITE | NO_READ,
    };
    (0..ENTRIES).map(|n| ACL.acl(n)).any(|entry| {
        let start = entry.addr().read();
        let end = start.saturating_add(entry.size().read());
        start <= at && at < end && entry.perm().read().0 & wanted == wanted
    })
}
