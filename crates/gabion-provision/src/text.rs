//! Short printed names: serial numbers and models.

/// Text that can stand on a label and in its QR code: 1 to `N` of `A`–`Z`, `0`–`9` and `-`, not starting or ending with `-`.
///
/// Public: never a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// A serial number.
pub type Serial = Text<20>;

/// A model designation (EN 303 645 5.3-16).
pub type Model = Text<16>;

impl<const N: usize> Text<N> {
    /// Takes text in upper case.
    ///
    /// # Errors
    ///
    /// [`TextError`] for an empty or too long text, or one with other characters.
    pub fn new(text: &[u8]) -> Result<Self, TextError> {
        let mut bytes = [0; N];
        let len = u8::try_from(text.len()).map_err(|_| TextError)?;
        bytes.get_mut(..text.len()).ok_or(TextError)?.copy_from_slice(text);
        let plain = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-';
        let framed = text.first() == Some(&b'-') || text.last() == Some(&b'-');
        if text.is_empty() || framed || !text.iter().all(plain) {
            return Err(TextError);
        }
        Ok(Self { bytes, len })
    }

    /// Returns the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> core::fmt::Display for Text<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is empty, too long, or holds a character that no label carries. Ask for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextError;

impl core::fmt::Display for TextError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a label carries only A-Z, 0-9 and '-', and not too many of them")
    }
}

impl core::error::Error for TextError {}
