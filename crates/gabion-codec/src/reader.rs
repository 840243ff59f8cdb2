//! Reading from a borrowed slice.

use crate::{CodecError, CodecErrorKind};

/// Reads values from a slice, front to back, and never past its end.
///
/// A read that fails leaves the reader where it was, so that the caller may try another reading of the same bytes.
///
/// # Examples
///
/// ```
/// use gabion_codec::{CodecError, CodecErrorKind, Reader};
///
/// let mut reader = Reader::new(&[0x07, 0x69, 0x2a]);
/// assert_eq!(reader.u16_le(), Ok(0x6907));
/// assert_eq!(reader.u16_le(), Err(CodecError::new(CodecErrorKind::Truncated, 2)));
/// assert_eq!(reader.u8(), Ok(42));
/// reader.finish()?;
/// # Ok::<(), CodecError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    position: usize,
}

macro_rules! integers {
    ($($le:ident $be:ident $type:ty, $bits:literal;)*) => {$(
        #[doc = concat!("Reads ", $bits, " bits, least significant byte first.")]
        ///
        /// # Errors
        ///
        /// [`CodecErrorKind::Truncated`].
        pub const fn $le(&mut self) -> Result<$type, CodecError> {
            match self.array() {
                Ok(bytes) => Ok(<$type>::from_le_bytes(bytes)),
                Err(error) => Err(error),
            }
        }

        #[doc = concat!("Reads ", $bits, " bits, most significant byte first.")]
        ///
        /// # Errors
        ///
        /// [`CodecErrorKind::Truncated`].
        pub const fn $be(&mut self) -> Result<$type, CodecError> {
            match self.array() {
                Ok(bytes) => Ok(<$type>::from_be_bytes(bytes)),
                Err(error) => Err(error),
            }
        }
    )*};
}

impl<'a> Reader<'a> {
    /// Starts at the front of `data`.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { rest: data, position: 0 }
    }

    /// Starts at the front of `data`, which itself stands at `position` of something larger: errors then name the place in
    /// the larger thing.
    #[must_use]
    pub const fn new_at(data: &'a [u8], position: usize) -> Self {
        Self { rest: data, position }
    }

    /// Returns how many bytes lie before the next read.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Returns how many bytes are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Tells whether no byte is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Makes an error that names the place of the next read.
    #[must_use]
    pub const fn error(&self, kind: CodecErrorKind) -> CodecError {
        CodecError::new(kind, self.position)
    }

    /// Shows the next byte without reading it.
    #[must_use]
    pub const fn peek(&self) -> Option<u8> {
        match self.rest {
            [first, ..] => Some(*first),
            [] => None,
        }
    }

    /// Reads `count` bytes.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when fewer are left.
    pub const fn bytes(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                self.rest = rest;
                self.position = self.position.saturating_add(count);
                Ok(taken)
            }
            None => Err(self.error(CodecErrorKind::Truncated)),
        }
    }

    /// Reads `N` bytes into an array.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when fewer are left.
    pub const fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                self.position = self.position.saturating_add(N);
                Ok(*taken)
            }
            None => Err(self.error(CodecErrorKind::Truncated)),
        }
    }

    /// Reads `count` bytes as a reader of their own, whose errors still name places in the whole.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when fewer are left.
    pub const fn nested(&mut self, count: usize) -> Result<Reader<'a>, CodecError> {
        let position = self.position;
        match self.bytes(count) {
            Ok(rest) => Ok(Reader { rest, position }),
            Err(error) => Err(error),
        }
    }

    /// Passes over `count` bytes.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when fewer are left.
    pub const fn skip(&mut self, count: usize) -> Result<(), CodecError> {
        match self.bytes(count) {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Reads bytes that must be exactly `expected`.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when fewer are left, [`CodecErrorKind::Unexpected`] when they differ.
    pub fn expect(&mut self, expected: &[u8]) -> Result<(), CodecError> {
        let start = self.clone();
        if self.bytes(expected.len())? == expected {
            return Ok(());
        }
        *self = start;
        Err(self.error(CodecErrorKind::Unexpected))
    }

    /// Reads all that is left.
    pub const fn rest(&mut self) -> &'a [u8] {
        let taken = self.rest;
        self.position = self.position.saturating_add(taken.len());
        self.rest = &[];
        taken
    }

    /// Ends: nothing may be left.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Trailing`] at the first byte that was not read.
    pub const fn finish(self) -> Result<(), CodecError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(CodecErrorKind::Trailing)) }
    }

    /// Reads one byte.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`].
    pub const fn u8(&mut self) -> Result<u8, CodecError> {
        match self.array() {
            Ok([byte]) => Ok(byte),
            Err(error) => Err(error),
        }
    }

    integers! {
        u16_le u16_be u16, "16";
        u32_le u32_be u32, "32";
        u64_le u64_be u64, "64";
    }
}
