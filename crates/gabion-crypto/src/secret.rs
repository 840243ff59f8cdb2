//! Secrets that wipe themselves.

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Holds a secret: no `Clone`, no readable `Debug`, no `==`; wiped when dropped.
///
/// # Security
///
/// Moving a value may leave a copy where it was: make a secret where it will stay and lend it. Wiping covers this value,
/// not registers or what a driver copied.
///
/// # Examples
///
/// ```
/// use gabion_crypto::Secret;
///
/// let pin = Secret::new(*b"open sesame");
/// assert!(pin.ct_eq(b"open sesame"));
/// assert_eq!(format!("{pin:?}"), "Secret(..)");
/// ```
///
/// A secret cannot be copied or compared with `==`:
///
/// ```compile_fail,E0599
/// let pin = gabion_crypto::Secret::new(*b"open sesame");
/// let copy = pin.clone();
/// ```
///
/// ```compile_fail,E0369
/// let pin = gabion_crypto::Secret::new(*b"open sesame");
/// let same = pin == gabion_crypto::Secret::new(*b"open sesame");
/// ```
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes a value into custody.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Lends the value. The name is long so that each use is seen in review.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Lends the value for writing: for filling a buffer in place.
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<const N: usize> Secret<[u8; N]> {
    /// Makes a secret of zeros, to be filled in place.
    #[must_use]
    pub const fn zeroed() -> Self {
        Self([0; N])
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Compares in constant time for equal lengths; unequal lengths are unequal at once.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        ct_eq(self.0.as_ref(), other)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> zeroize::ZeroizeOnDrop for Secret<T> {}

impl<T: Zeroize> core::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Compares two byte strings in time that depends on their lengths only.
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
