//! The root key of the board: in a fuse. In flash only where somebody asked for it when building.

use esp_hal::peripherals::HMAC;
use gabion::crypto::{CryptoError, Secret, Software, SoftwareRootKey};
use gabion_esp::{HmacRootKey, RootKeyError};
use gabion_hal::RootKey;

/// Whether the firmware was built with `GABION_FLASH_ROOT_KEY` set: for kits on which nobody wants to burn a fuse.
pub(crate) const IN_FLASH: bool = option_env!("GABION_FLASH_ROOT_KEY").is_some();

/// The root key of the board.
pub enum BoardKey {
    /// Only the HMAC peripheral can read it.
    Fuse(HmacRootKey<'static>),
    /// It lies readable in flash, which this chip cannot close. For trying things out, not for products.
    Flash(SoftwareRootKey<Software>),
}

impl core::fmt::Debug for BoardKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if matches!(self, Self::Fuse(_)) {
            "BoardKey::Fuse"
        } else {
            "BoardKey::Flash"
        })
    }
}

impl BoardKey {
    pub(crate) fn in_fuse(hmac: HMAC<'static>) -> Result<Self, RootKeyError> {
        HmacRootKey::find(hmac).map(Self::Fuse)
    }

    pub(crate) fn in_flash(key: Secret<[u8; 32]>) -> Self {
        Self::Flash(SoftwareRootKey::new(key, Software))
    }
}

/// No key could be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoardKeyError {
    /// From the peripheral.
    Fuse(RootKeyError),
    /// In software.
    Flash(CryptoError),
}

impl RootKey for BoardKey {
    type Error = BoardKeyError;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), BoardKeyError> {
        match self {
            Self::Fuse(key) => key.derive(context, out).map_err(BoardKeyError::Fuse),
            Self::Flash(key) => key.derive(context, out).map_err(BoardKeyError::Flash),
        }
    }

    fn is_hardware_bound(&self) -> bool {
        match self {
            Self::Fuse(key) => key.is_hardware_bound(),
            Self::Flash(key) => key.is_hardware_bound(),
        }
    }
}
