//! What can take the device off the net for ever.

use crate::x509::pin::{Backups, Pin, Pins};

/// Pins one key without a backup: for a tool on a bench, never for a device.
///
/// # Security
///
/// When the pinned key is lost no server can ever prove itself again.
#[must_use]
pub const fn pin_without_backup(current: Pin) -> Pins<'static> {
    Pins { current, backups: Backups::None }
}
