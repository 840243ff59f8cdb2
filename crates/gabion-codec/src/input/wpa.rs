use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

/// What opens a Wi-Fi network: a passphrase of 8 to 63 printable ASCII characters, or a key of 64 hex digits (IEEE 802.11 §J.4).
///
/// A view: whoever holds the bytes keeps them in a `Secret` and wipes them. It is not shown by `Debug` and not compared.
///
/// ```
/// use gabion_codec::input::{Validated, WpaSecret};
/// let secret = Validated::<WpaSecret<'_>>::parse(b"correct horse")?;
/// assert_eq!(format!("{secret:?}"), "Validated(WpaSecret(..))");
/// # Ok::<(), gabion_codec::CodecError>(())
/// ```
///
/// ```compile_fail,E0369
/// use gabion_codec::input::{Validated, WpaSecret};
/// let secret = Validated::<WpaSecret<'_>>::parse(b"correct horse").unwrap();
/// let same = secret == secret;
/// ```
#[derive(Clone, Copy)]
pub struct WpaSecret<'a>(&'a [u8]);

impl<'a> WpaSecret<'a> {
    /// Lends the passphrase; `None` where it is a key.
    #[must_use]
    pub const fn expose_passphrase(&self) -> Option<&'a [u8]> {
        if self.is_key() { None } else { Some(self.0) }
    }

    /// Writes the 32 bytes of the key into the caller's secret; tells whether it is a key at all.
    #[must_use]
    pub fn expose_key(&self, out: &mut [u8; 32]) -> bool {
        if !self.is_key() {
            return false;
        }
        let (pairs, _) = self.0.as_chunks::<2>();
        for (to, [high, low]) in out.iter_mut().zip(pairs) {
            *to = nibble(*high) << 4 | nibble(*low);
        }
        true
    }

    /// Tells whether it is a key, not a passphrase.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        self.0.len() == 64
    }
}

/// The value of a hex digit, in a time that does not depend on it.
const fn nibble(digit: u8) -> u8 {
    (digit & 0x0f).wrapping_add((digit >> 6).wrapping_mul(9))
}

impl core::fmt::Debug for WpaSecret<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("WpaSecret(..)")
    }
}

impl<'a> Input<'a> for WpaSecret<'a> {
    const MAX_LEN: usize = 64;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        match input.len() {
            0..8 => return scan::at(CodecErrorKind::TooShort, input.len()),
            64 => scan::only(input, 0, |byte| byte.is_ascii_hexdigit())?,
            _ => scan::only(input, 0, |byte| matches!(byte, 0x20..=0x7e))?,
        }
        Ok(Self(input))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0)
    }
}
