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

/// Overwrites the `N` bytes of stack below its caller, where functions that returned left copies of what they worked on.
///
/// A [`Secret`] wipes itself; the compiler's own copies and what a cipher keeps on the stack while it works it cannot reach.
/// Call this where a secret was used, from about the depth from which it was used: 4 KiB cover the store, 8 KiB everything
/// up to signatures. `examples/qemu` looks through the whole RAM of an emulated chip for what is left.
///
/// # Examples
///
/// ```
/// # fn log_in() {}
/// log_in();
/// gabion_crypto::burn_stack::<8192>();
/// ```
///
/// # Security
///
/// It does not reach registers, nor stack that lies deeper than `N`.
#[inline(never)]
pub fn burn_stack<const N: usize>() {
    let mut below = [0_u8; N];
    below.zeroize();
    core::hint::black_box(&below);
}
