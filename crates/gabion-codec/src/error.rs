/// Where and why bytes were refused, or did not fit.
///
/// All of these are findings about *data* or about the room that was given for it; there is no hardware behind a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodecError {
    /// What is wrong.
    pub kind: CodecErrorKind,
    /// Where, in bytes from the start of the outermost input or output.
    pub offset: usize,
}

impl CodecError {
    /// Makes an error.
    #[must_use]
    pub const fn new(kind: CodecErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodecErrorKind {
    /// The input ends before the value does. Ask for more bytes if there can be more; else refuse.
    Truncated,
    /// Bytes follow where the input should end. Refuse: two readers could disagree about them.
    Trailing,
    /// The output buffer is too small. The caller must give a larger one; nothing of this value was written.
    NoRoom,
    /// A value does not fit the field that should carry it. The caller must give a smaller one.
    TooLarge,
    /// The same value was encoded in a longer way than needed. Refuse: a signature or hash over it would not be unique.
    NotShortest,
    /// A tag, type or fixed byte is not the one that must stand here. Refuse.
    Unexpected,
    /// A value is outside the range that its field allows. Refuse.
    OutOfRange,
    /// A length that is not told in advance, where it must be. Refuse.
    Indefinite,
    /// The keys of a map are not in order. Refuse.
    NotSorted,
    /// A key stands twice in a map. Refuse: two readers could take different ones.
    Duplicate,
    /// Text is not valid UTF-8. Refuse.
    NotUtf8,
    /// The input is longer, deeper, or has more items than the budget of the caller allows. Refuse, or allow more.
    OverBudget,
    /// The input is shorter than its kind allows. Refuse.
    TooShort,
    /// The input, or a part of it, is longer than its kind allows. Refuse.
    TooLong,
    /// A character may not stand here. Refuse.
    Forbidden,
    /// Two readers could understand this in two ways. Refuse: one of them may be a guard.
    Ambiguous,
    /// The same can be written in another way, and only that one is accepted. Refuse.
    NotCanonical,
    /// A check symbol does not fit: something was misread or mistyped. Ask again.
    Checksum,
    /// A field that must be there is not. Refuse.
    Missing,
    /// A field that nobody here knows. Refuse, or choose a schema that passes over such fields.
    Unknown,
}

impl CodecErrorKind {
    /// Returns the reason in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Truncated => "the input ends inside a value",
            Self::Trailing => "bytes follow the end",
            Self::NoRoom => "the output buffer is too small",
            Self::TooLarge => "the value is too large for its field",
            Self::NotShortest => "not the shortest encoding",
            Self::Unexpected => "another tag or type must stand here",
            Self::OutOfRange => "the value is out of range",
            Self::Indefinite => "the length is not definite",
            Self::NotSorted => "the map keys are not in order",
            Self::Duplicate => "the map key stands there twice",
            Self::NotUtf8 => "the text is not UTF-8",
            Self::OverBudget => "longer, deeper or more items than allowed",
            Self::TooShort => "shorter than allowed",
            Self::TooLong => "longer than allowed",
            Self::Forbidden => "a character that may not stand here",
            Self::Ambiguous => "this can be understood in two ways",
            Self::NotCanonical => "not the one accepted way to write this",
            Self::Checksum => "the check symbol does not fit",
            Self::Missing => "a field is missing",
            Self::Unknown => "an unknown field",
        }
    }
}

impl core::fmt::Display for CodecErrorKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::fmt::Display for CodecError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.kind)
    }
}

impl core::error::Error for CodecError {}
