//! What a person typed.

use gabion_crypto::Secret;
use zeroize::Zeroize;

use crate::WeakSecret;

/// A secret that someone typed just now: right, wrong or new. Wiped on drop, no `Clone`, no readable `Debug`.
///
/// It is taken out of a buffer, which is wiped: a constant is no such buffer, and so no default secret compiles in.
///
/// ```compile_fail
/// use gabion_auth::Entered;
/// let default = Entered::take("admin12345");
/// ```
pub struct Entered {
    bytes: Secret<[u8; Entered::MAX]>,
    len: usize,
}

impl Entered {
    /// Longest secret in bytes.
    pub const MAX: usize = 128;

    /// Takes what was typed and wipes the buffer.
    ///
    /// # Errors
    ///
    /// [`WeakSecret::TooLong`] above [`Entered::MAX`] bytes. Nothing is ever cut off: a cut secret would be a shorter one.
    pub fn take(typed: &mut [u8]) -> Result<Self, WeakSecret> {
        let mut bytes = Secret::<[u8; Self::MAX]>::zeroed();
        let len = typed.len();
        let taken = match bytes.expose_mut().get_mut(..len) {
            Some(place) => {
                place.copy_from_slice(typed);
                Ok(())
            }
            None => Err(WeakSecret::TooLong),
        };
        typed.zeroize();
        taken.map(|()| Self { bytes, len })
    }

    pub(crate) fn expose(&self) -> &[u8] {
        self.bytes.expose().get(..self.len).unwrap_or_default()
    }

    /// Returns the form in which a label's secret is verified: upper case, without spaces and dashes.
    pub(crate) fn as_label(&self) -> Self {
        let mut bytes = Secret::<[u8; Self::MAX]>::zeroed();
        let mut len = 0_usize;
        let symbols = self.expose().iter().filter(|b| !matches!(b, b' ' | b'-'));
        for (place, symbol) in bytes.expose_mut().iter_mut().zip(symbols) {
            *place = symbol.to_ascii_uppercase();
            len = len.saturating_add(1);
        }
        Self { bytes, len }
    }
}

impl core::fmt::Debug for Entered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entered(..)")
    }
}

/// The name of an account: 1 to 32 bytes of UTF-8 without control characters. Upper and lower case differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; Name::MAX],
    len: u8,
}

impl Name {
    /// Longest name in bytes.
    pub const MAX: usize = 32;

    /// Takes a name; `None` when it is empty, too long, or holds control characters.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        let len = u8::try_from(name.len()).ok()?;
        if name.is_empty() || name.chars().any(char::is_control) {
            return None;
        }
        Some(Self { bytes, len })
    }

    /// Returns the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// All of it, zero padded, for comparison in a time that does not depend on the name. No name holds a zero byte, so the
    /// padding is unambiguous.
    pub(crate) const fn padded(&self) -> &[u8; Self::MAX] {
        &self.bytes
    }
}

/// Names may be personal: they stay out of logs.
impl core::fmt::Debug for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Name(..)")
    }
}
