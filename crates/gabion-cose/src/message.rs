use gabion_codec::cbor::{Document, Item};
use gabion_codec::{CodecError, CodecErrorKind};

use crate::format::BUDGET;
use crate::header::Headers;
use crate::{CoseError, Label};

/// The three kinds of messages with one sender and one receiver (RFC 9052 §4.2, §5.2, §6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Encrypted. Tag 16.
    Encrypt0,
    /// With a message authentication code. Tag 17.
    Mac0,
    /// Signed. Tag 18.
    Sign1,
}

impl Kind {
    /// Returns the tag.
    #[must_use]
    pub const fn tag(self) -> u64 {
        match self {
            Self::Encrypt0 => 16,
            Self::Mac0 => 17,
            Self::Sign1 => 18,
        }
    }

    /// Returns the first byte of a tagged message.
    pub(crate) const fn tag_byte(self) -> u8 {
        match self {
            Self::Encrypt0 => 0xd0,
            Self::Mac0 => 0xd1,
            Self::Sign1 => 0xd2,
        }
    }

    /// Tells the kind of a tagged message by its first byte. The rest is not looked at.
    #[must_use]
    pub const fn of_tagged(message: &[u8]) -> Option<Self> {
        match message {
            [0xd0, ..] => Some(Self::Encrypt0),
            [0xd1, ..] => Some(Self::Mac0),
            [0xd2, ..] => Some(Self::Sign1),
            _ => None,
        }
    }

    const fn items(self) -> usize {
        match self {
            Self::Encrypt0 => 3,
            Self::Mac0 | Self::Sign1 => 4,
        }
    }
}

/// Whether a message carries its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Tag {
    /// It must: the message says itself what it is. The default.
    #[default]
    Required,
    /// It may.
    Optional,
    /// It must not: the protocol around it says what it is.
    Forbidden,
}

/// What a reader accepts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'r> {
    /// Whether the tag must be there.
    pub tag: Tag,
    /// Headers that the caller understands and heeds, beside those of this crate. A message in which any other is critical is
    /// refused.
    pub understood: &'r [Label<'r>],
}

/// The payload of a message to be made, or one that came apart from its message.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// In the message.
    Attached(&'a [u8]),
    /// Covered, but sent another way.
    Detached(&'a [u8]),
}

impl<'a> Payload<'a> {
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Attached(bytes) | Self::Detached(bytes) => bytes,
        }
    }
}

/// A message that was taken apart; nothing in it is checked by cryptography yet.
#[derive(Debug, Clone)]
pub(crate) struct Parts<'a> {
    pub(crate) headers: Headers<'a>,
    /// `None` where it is detached.
    pub(crate) content: Option<&'a [u8]>,
    /// Signature or tag; empty for an encrypted message.
    pub(crate) proof: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(crate) fn parse(
        message: &'a [u8],
        kind: Kind,
        rules: &Rules<'_>,
    ) -> Result<Self, CoseError> {
        let unexpected = |at| CoseError::Encoding(CodecError::new(CodecErrorKind::Unexpected, at));
        let root = Document::parse(message, BUDGET)?.root();
        let (body, start) = match root {
            Item::Tag(tag, mut content) => {
                if tag != kind.tag() || rules.tag == Tag::Forbidden {
                    return Err(CoseError::Tag);
                }
                (content.next().ok_or(unexpected(1))?, 1_usize)
            }
            _ if rules.tag == Tag::Required => return Err(CoseError::Tag),
            body => (body, 0),
        };
        let Item::Array(mut items) = body else { return Err(unexpected(start)) };
        if items.clone().count() != kind.items() {
            return Err(unexpected(start));
        }
        // The array has as many items as the kind says: a missing one would be a mistake of the document's check.
        let protected_at = start.saturating_add(1);
        let Some(Item::Bytes(protected)) = items.next() else {
            return Err(unexpected(protected_at));
        };
        let unprotected_at = protected_at
            .saturating_add(crate::structure::Head::of_bytes(protected.len()).len())
            .saturating_add(protected.len());
        let Some(Item::Map(unprotected)) = items.next() else {
            return Err(unexpected(unprotected_at));
        };
        let content_at = unprotected_at.saturating_add(1);
        let content = match items.next() {
            Some(Item::Bytes(content)) => Some(content),
            Some(Item::Null) => None,
            _ => return Err(unexpected(content_at)),
        };
        let proof = match (kind, items.next()) {
            (Kind::Encrypt0, _) => &[],
            (_, Some(Item::Bytes(proof))) => proof,
            _ => return Err(unexpected(content_at)),
        };
        let headers = Headers::parse(protected, protected_at, unprotected, rules)?;
        Ok(Self { headers, content, proof })
    }

    /// The payload, from the message or from the caller: exactly one of them.
    pub(crate) fn payload<'p>(&self, detached: Option<&'p [u8]>) -> Result<&'p [u8], CoseError>
    where
        'a: 'p,
    {
        match (self.content, detached) {
            (Some(payload), None) | (None, Some(payload)) => Ok(payload),
            _ => Err(CoseError::Detached),
        }
    }
}
