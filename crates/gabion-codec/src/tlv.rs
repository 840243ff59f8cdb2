//! Type, length, value: one framework for every such list in the workspace, the boot image's included.

use crate::{CodecError, CodecErrorKind, Reader, Writer};

/// How wide a type or length field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Width {
    /// One byte.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
}

impl Width {
    /// Returns the width in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::U32 => 4,
        }
    }

    /// Returns the largest value that fits.
    #[must_use]
    pub const fn max(self) -> u32 {
        match self {
            Self::U8 => 0xff,
            Self::U16 => 0xffff,
            Self::U32 => u32::MAX,
        }
    }
}

/// Which byte of a field comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant first.
    Little,
    /// Most significant first.
    Big,
}

/// The shape of a list of entries: the type's field, the length's field, the value; no padding between entries.
///
/// # Examples
///
/// ```
/// use gabion_codec::{ByteOrder, CodecError, TlvFormat, Width};
///
/// // MCUboot's entries
/// const ENTRY: TlvFormat =
///     TlvFormat { kind: Width::U16, length: Width::U16, order: ByteOrder::Little };
/// let list = [0x50, 0x00, 0x04, 0x00, 5, 0, 0, 0];
/// for entry in ENTRY.entries(&list) {
///     let entry = entry?;
///     assert_eq!((entry.kind, entry.value), (0x50, &[5, 0, 0, 0][..]));
/// }
/// # Ok::<(), CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TlvFormat {
    /// The type's field, which stands first.
    pub kind: Width,
    /// The length's field. It counts the value only.
    pub length: Width,
    /// The byte order of both.
    pub order: ByteOrder,
}

/// What stands before a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TlvHeader {
    /// The type.
    pub kind: u32,
    /// The length of the value in bytes. It comes from outside: check it before use.
    pub length: u32,
}

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tlv<'a> {
    /// The type.
    pub kind: u32,
    /// The value.
    pub value: &'a [u8],
    /// Where the entry starts, in bytes from the start of the outermost input.
    pub offset: usize,
}

impl TlvFormat {
    /// Returns how many bytes stand before each value, at most 8.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        self.kind.bytes().saturating_add(self.length.bytes())
    }

    /// Reads the header of an entry and leaves the reader before its value. For inputs that arrive in pieces; where the
    /// whole list is at hand use [`entries`](Self::entries).
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`].
    pub fn header(&self, reader: &mut Reader<'_>) -> Result<TlvHeader, CodecError> {
        let mut fields = reader.nested(self.header_len())?;
        let kind = self.field(self.kind, &mut fields)?;
        let length = self.field(self.length, &mut fields)?;
        Ok(TlvHeader { kind, length })
    }

    /// Reads one entry.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::Truncated`] when the header or the value passes the end; the reader then stays where it was.
    pub fn entry<'a>(&self, reader: &mut Reader<'a>) -> Result<Tlv<'a>, CodecError> {
        let mut ahead = reader.clone();
        let header = self.header(&mut ahead)?;
        let length =
            usize::try_from(header.length).map_err(|_| ahead.error(CodecErrorKind::Truncated))?;
        let value = ahead.bytes(length)?;
        let offset = reader.position();
        *reader = ahead;
        Ok(Tlv { kind: header.kind, value, offset })
    }

    /// Walks over a list that fills all of `list`.
    #[must_use]
    pub const fn entries<'a>(self, list: &'a [u8]) -> Tlvs<'a> {
        self.entries_of(Reader::new(list))
    }

    /// Walks over a list that fills all that is left of `reader`.
    #[must_use]
    pub const fn entries_of(self, reader: Reader<'_>) -> Tlvs<'_> {
        Tlvs { format: self, reader, failed: false }
    }

    /// Writes one entry.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::TooLarge`] when the type or the length does not fit its field, [`CodecErrorKind::NoRoom`] when
    /// the entry does not fit the buffer. Nothing was written then.
    pub fn emit(&self, writer: &mut Writer<'_>, kind: u32, value: &[u8]) -> Result<(), CodecError> {
        let too_large = writer.error(CodecErrorKind::TooLarge);
        let no_room = writer.error(CodecErrorKind::NoRoom);
        let length = u32::try_from(value.len()).map_err(|_| too_large)?;
        if kind > self.kind.max() || length > self.length.max() {
            return Err(too_large);
        }
        let total = self.header_len().checked_add(value.len()).ok_or(no_room)?;
        let mut entry = Writer::new(writer.reserve(total)?);
        self.put_field(self.kind, kind, &mut entry)?;
        self.put_field(self.length, length, &mut entry)?;
        entry.bytes(value)
    }

    fn field(&self, width: Width, reader: &mut Reader<'_>) -> Result<u32, CodecError> {
        Ok(match (width, self.order) {
            (Width::U8, _) => reader.u8()?.into(),
            (Width::U16, ByteOrder::Little) => reader.u16_le()?.into(),
            (Width::U16, ByteOrder::Big) => reader.u16_be()?.into(),
            (Width::U32, ByteOrder::Little) => reader.u32_le()?,
            (Width::U32, ByteOrder::Big) => reader.u32_be()?,
        })
    }

    fn put_field(&self, width: Width, value: u32, w: &mut Writer<'_>) -> Result<(), CodecError> {
        let little = value.to_le_bytes();
        let big = value.to_be_bytes();
        let count = width.bytes();
        let bytes = match self.order {
            ByteOrder::Little => little.get(..count),
            ByteOrder::Big => big.get(big.len().saturating_sub(count)..),
        };
        w.bytes(bytes.unwrap_or_default())
    }
}

/// Walks over the entries of a list; made by [`TlvFormat::entries`].
///
/// Ends after the last entry or after the first error. Each step passes at least one header, so that a list of n bytes takes
/// at most n steps whatever it claims.
#[derive(Debug, Clone)]
pub struct Tlvs<'a> {
    format: TlvFormat,
    reader: Reader<'a>,
    failed: bool,
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.reader.is_empty() {
            return None;
        }
        let entry = self.format.entry(&mut self.reader);
        self.failed = entry.is_err();
        Some(entry)
    }
}

impl core::iter::FusedIterator for Tlvs<'_> {}
