//! Writing into a borrowed slice.

use crate::{CodecError, CodecErrorKind};

/// Writes values into a slice, front to back, and never past its end.
///
/// A write that does not fit writes nothing and leaves the writer where it was.
///
/// # Examples
///
/// ```
/// use gabion_codec::{CodecError, Writer};
///
/// let mut buffer = [0; 8];
/// let mut writer = Writer::new(&mut buffer);
/// writer.u16_le(0x6907)?;
/// writer.bytes(b"abc")?;
/// assert_eq!(writer.finish(), [0x07, 0x69, b'a', b'b', b'c']);
/// # Ok::<(), CodecError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    position: usize,
}

macro_rules! integers {
    ($($le:ident $be:ident $type:ty, $bits:literal;)*) => {$(
        #[doc = concat!("Writes ", $bits, " bits, least significant byte first.")]
        ///
        /// # Errors
        ///
        /// [`CodecErrorKind::NoRoom`].
        pub fn $le(&mut self, value: $type) -> Result<(), CodecError> {
            self.bytes(&value.to_le_bytes())
        }

        #[doc = concat!("Writes ", $bits, " bits, most significant byte first.")]
        ///
        /// # Errors
        ///
        /// [`CodecErrorKind::NoRoom`].
        pub fn $be(&mut self, value: $type) -> Result<(), CodecError> {
            self.bytes(&value.to_be_bytes())
        }
    )*};
}

impl<'a> Writer<'a> {
    /// Starts at the front of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, position: 0 }
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Returns how many bytes still fit.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.buffer.len().saturating_sub(self.position)
    }

    /// Makes an error that names the place of the next write.
    #[must_use]
    pub const fn error(&self, kind: CodecErrorKind) -> CodecError {
        CodecError::new(kind, self.position)
    }

    /// Takes the next `count` bytes for the caller to fill, for example with a random value. Until then they hold what the
    /// buffer held before.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn reserve(&mut self, count: usize) -> Result<&mut [u8], CodecError> {
        let no_room = self.error(CodecErrorKind::NoRoom);
        let end = self.position.checked_add(count).ok_or(no_room)?;
        let taken = self.buffer.get_mut(self.position..end).ok_or(no_room)?;
        self.position = end;
        Ok(taken)
    }

    /// Writes bytes.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.reserve(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes `count` times the same byte.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn fill(&mut self, byte: u8, count: usize) -> Result<(), CodecError> {
        self.reserve(count)?.fill(byte);
        Ok(())
    }

    /// Lends what was written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.position).unwrap_or_default()
    }

    /// Ends and returns what was written.
    #[must_use]
    pub fn finish(self) -> &'a mut [u8] {
        self.buffer.get_mut(..self.position).unwrap_or_default()
    }

    /// Writes one byte.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`].
    pub fn u8(&mut self, value: u8) -> Result<(), CodecError> {
        self.bytes(&[value])
    }

    integers! {
        u16_le u16_be u16, "16";
        u32_le u32_be u32, "32";
        u64_le u64_be u64, "64";
    }
}
