//! The root key: a fuse block that only the HMAC peripheral can read.

use esp_hal::hmac::{Hmac, HmacPurpose, KeyId};
use esp_hal::peripherals::HMAC;
use gabion_hal::RootKey;

use crate::fuses::fuses;
use crate::key_block::{KeyBlockError, upstream_key};

/// Derives keys as HMAC-SHA-256(key in the fuse block, context), in hardware.
///
/// # Security
///
/// The key is in no register and no memory: firmware that is taken over can use it, but cannot carry it away.
pub struct HmacRootKey<'d> {
    hmac: Hmac<'d>,
    block: KeyId,
}

impl core::fmt::Debug for HmacRootKey<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HmacRootKey").field("block", &self.block).finish_non_exhaustive()
    }
}

/// Why no key was derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootKeyError {
    /// The chip has no root key in a fuse.
    Block(KeyBlockError),
    /// The peripheral refuses the block.
    Refused,
    /// The context is longer than [`RootKey::MAX_CONTEXT`].
    TooLong,
}

impl core::fmt::Display for RootKeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Block(why) => write!(f, "{why}"),
            Self::Refused => f.write_str("HMAC peripheral refuses the key block"),
            Self::TooLong => f.write_str("context of a derived key is too long"),
        }
    }
}

impl core::error::Error for RootKeyError {}

impl<'d> HmacRootKey<'d> {
    /// Finds the key block ([`upstream_key`]) and tries it.
    ///
    /// # Errors
    ///
    /// [`RootKeyError`]. Nothing is burnt to mend it.
    pub fn find(hmac: HMAC<'d>) -> Result<Self, RootKeyError> {
        let block = match upstream_key(&fuses()).map_err(RootKeyError::Block)? {
            0 => KeyId::Key0,
            1 => KeyId::Key1,
            2 => KeyId::Key2,
            3 => KeyId::Key3,
            4 => KeyId::Key4,
            _ => KeyId::Key5,
        };
        let mut this = Self { hmac: Hmac::new(hmac), block };
        this.derive(b"gabion root key is there", &mut [0; 32])?;
        Ok(this)
    }
}

impl RootKey for HmacRootKey<'_> {
    type Error = RootKeyError;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), RootKeyError> {
        if context.len() > Self::MAX_CONTEXT {
            return Err(RootKeyError::TooLong);
        }
        self.hmac.init();
        nb::block!(self.hmac.configure(HmacPurpose::ToUser, self.block))
            .map_err(|_| RootKeyError::Refused)?;
        let mut rest = context;
        while !rest.is_empty() {
            // It never fails, only waits.
            rest = nb::block!(self.hmac.update(rest)).unwrap_or_default();
        }
        nb::block!(self.hmac.finalize(out)).map_err(|_| RootKeyError::Refused)
    }

    fn is_hardware_bound(&self) -> bool {
        true
    }
}
