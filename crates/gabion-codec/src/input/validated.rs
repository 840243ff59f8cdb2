use crate::{CodecError, Writer};

/// A kind of input: how it is checked and how it is written.
///
/// A device may add kinds of its own; what implements this is what [`Validated`] can hold.
pub trait Input<'a>: Sized {
    /// Longest input in bytes. More is refused before a byte is looked at.
    const MAX_LEN: usize;

    /// Checks all of `input` and gives its meaning. Call [`Validated::parse`], which also checks the length.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and where.
    fn check(input: &'a [u8]) -> Result<Self, CodecError>;

    /// Writes the value as [`check`](Self::check) reads it.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`](crate::CodecErrorKind::NoRoom).
    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError>;
}

/// A value that was checked: nothing else makes one.
///
/// ```compile_fail,E0423
/// // Not even a value of the right type can be wrapped from outside.
/// let forged = gabion_codec::input::Validated(gabion_codec::input::ImageVersion::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Validated<T>(T);

impl<T> Validated<T> {
    /// For the checks of this crate that take more than bytes.
    pub(crate) const fn checked(value: T) -> Self {
        Self(value)
    }

    /// Takes the value out. What comes out has no proof any more.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<'a, T: Input<'a>> Validated<T> {
    /// Checks bytes from outside.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::TooLong`](crate::CodecErrorKind::TooLong) above [`Input::MAX_LEN`]; else the first thing that is wrong,
    /// and where.
    pub fn parse(input: &'a [u8]) -> Result<Self, CodecError> {
        if input.len() > T::MAX_LEN {
            return Err(CodecError::new(crate::CodecErrorKind::TooLong, T::MAX_LEN));
        }
        T::check(input).map(Self)
    }

    /// Writes the value as [`parse`](Self::parse) reads it.
    ///
    /// # Errors
    ///
    /// [`CodecErrorKind::NoRoom`](crate::CodecErrorKind::NoRoom).
    pub fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        self.0.emit(writer)
    }
}

impl<T> core::ops::Deref for Validated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
