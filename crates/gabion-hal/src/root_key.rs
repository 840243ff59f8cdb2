//! The key that never leaves the chip.

/// Derives keys from a secret that only this chip holds and that software cannot read back.
///
/// On an ESP32-C3 this is the HMAC peripheral with an eFuse key; on an nRF52840 CryptoCell or a locked flash page. The
/// software form, from 32 bytes, is `gabion_crypto::SoftwareRootKey`.
///
/// # Implementer notes
///
/// The function must be a pseudo-random function of `context` (HMAC-SHA-256, CMAC, HKDF): equal contexts give equal keys,
/// different contexts give keys that tell nothing of each other. `context` is at most [`RootKey::MAX_CONTEXT`] bytes.
///
/// # Security
///
/// EN 303 645 5.4-2 wants this secret to resist tampering; 5.4-4 wants it unique per device.
pub trait RootKey {
    /// What can go wrong in the hardware.
    type Error: core::fmt::Debug;

    /// Longest context in bytes that every implementation must accept.
    const MAX_CONTEXT: usize = 64;

    /// Writes the 32-byte key for `context` to `out`.
    ///
    /// # Errors
    ///
    /// Fails when the hardware does or when `context` is longer than [`RootKey::MAX_CONTEXT`]; `out` is then unusable.
    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), Self::Error>;

    /// Whether the secret is bound to hardware that software cannot read (claimed in the conformance statement).
    fn is_hardware_bound(&self) -> bool {
        false
    }
}

impl<T: RootKey + ?Sized> RootKey for &mut T {
    type Error = T::Error;

    fn derive(&mut self, context: &[u8], out: &mut [u8; 32]) -> Result<(), Self::Error> {
        (**self).derive(context, out)
    }

    fn is_hardware_bound(&self) -> bool {
        (**self).is_hardware_bound()
    }
}
