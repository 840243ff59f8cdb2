use super::Input;
use crate::{CodecError, Writer};

/// The name of a Wi-Fi network (IEEE 802.11 §9.4.2.2): 0 to 32 bytes of any value. It need not be text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ssid<'a>(&'a [u8]);

impl<'a> Ssid<'a> {
    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Returns the text if it is UTF-8. It may hold control characters: escape it before it is shown.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }

    /// Tells whether it is the wildcard, which names every network and none.
    #[must_use]
    pub const fn is_wildcard(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Input<'a> for Ssid<'a> {
    const MAX_LEN: usize = 32;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        Ok(Self(input))
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(self.0)
    }
}
