use gabion_codec::cbor::{Document, Encoder, Entries, Item};
use gabion_codec::{CodecError, CodecErrorKind};

use crate::format::{ALG, BUDGET, CONTENT_TYPE, CRIT, IV, KID, PARTIAL_IV, UNDERSTOOD};
use crate::structure::Head;
use crate::{Algorithm, CoseError, Rules};

/// The name of a header (RFC 9052 §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label<'a> {
    /// A number.
    Number(i64),
    /// Text.
    Text(&'a str),
}

impl<'a> Label<'a> {
    fn of(item: &Item<'a>) -> Option<Self> {
        match item {
            Item::Text(text) => Some(Self::Text(text)),
            number => number.as_i64().map(Self::Number),
        }
    }
}

/// What the payload is (RFC 9052 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentType<'a> {
    /// A number of the CoAP Content-Formats registry.
    Number(u64),
    /// A media type.
    Text(&'a str),
}

/// The headers of a message, both buckets checked: no name twice, nothing critical that is not understood, each of a type that
/// fits.
#[derive(Debug, Clone)]
pub struct Headers<'a> {
    protected: &'a [u8],
    unprotected: Entries<'a>,
    algorithm: Option<Algorithm>,
    content_type: Option<ContentType<'a>>,
    key_id: Option<&'a [u8]>,
    iv: Option<&'a [u8]>,
}

impl<'a> Headers<'a> {
    pub(crate) fn parse(
        protected: &'a [u8],
        protected_at: usize,
        unprotected: Entries<'a>,
        rules: &Rules<'_>,
    ) -> Result<Self, CoseError> {
        let inside = protected_at.saturating_add(Head::of_bytes(protected.len()).len());
        let entries = entries_of(protected, inside)?;
        let mut headers = Self {
            protected,
            unprotected: unprotected.clone(),
            algorithm: None,
            content_type: None,
            key_id: None,
            iv: None,
        };
        let mut partial = false;
        for (key, value) in entries.clone().into_iter().flatten().chain(unprotected.clone()) {
            let label = Label::of(&key).ok_or(CoseError::Header(0))?;
            let Label::Number(number) = label else { continue };
            let wrong = CoseError::Header(number);
            match number {
                ALG => {
                    let named = match &value {
                        Item::Text(_) => None,
                        other => Algorithm::from_number(other.as_i64().ok_or(wrong)?),
                    };
                    // The algorithm of no key of ours: whoever verifies would refuse it anyway.
                    headers.algorithm = Some(named.ok_or(CoseError::Algorithm)?);
                }
                CONTENT_TYPE => {
                    headers.content_type = Some(match value {
                        Item::Unsigned(number) => ContentType::Number(number),
                        Item::Text(text) => ContentType::Text(text),
                        _ => return Err(wrong),
                    });
                }
                KID => headers.key_id = Some(value.as_bytes().ok_or(wrong)?),
                IV => headers.iv = Some(value.as_bytes().ok_or(wrong)?),
                PARTIAL_IV => {
                    value.as_bytes().ok_or(wrong)?;
                    partial = true;
                }
                _ => {}
            }
        }
        if headers.iv.is_some() && partial {
            return Err(CoseError::Header(PARTIAL_IV));
        }
        // Within one bucket the encoding is sorted, so that nothing stands there twice.
        for (key, _) in entries.clone().into_iter().flatten() {
            if unprotected.clone().any(|(other, _)| other == key) {
                return Err(CoseError::Duplicate);
            }
        }
        if unprotected.get_integer(CRIT).is_some() {
            return Err(CoseError::Header(CRIT));
        }
        if let Some(critical) = entries.as_ref().and_then(|entries| entries.get_integer(CRIT)) {
            critical_are_understood(&critical, entries.as_ref(), rules)?;
        }
        Ok(headers)
    }

    /// Returns the algorithm that the message names. The key decides; this must agree with it.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Returns what the payload is.
    #[must_use]
    pub const fn content_type(&self) -> Option<ContentType<'a>> {
        self.content_type
    }

    /// Returns which key was used. A hint: whoever changes it only makes the message fail.
    #[must_use]
    pub const fn key_id(&self) -> Option<&'a [u8]> {
        self.key_id
    }

    /// Returns the nonce.
    #[must_use]
    pub const fn iv(&self) -> Option<&'a [u8]> {
        self.iv
    }

    /// Finds a header under the protection of the signature or tag.
    #[must_use]
    pub fn protected(&self, label: Label<'_>) -> Option<Item<'a>> {
        find(entries_of(self.protected, 0).ok()??, label)
    }

    /// Finds a header that anyone on the way may have changed.
    #[must_use]
    pub fn unprotected(&self, label: Label<'_>) -> Option<Item<'a>> {
        find(self.unprotected.clone(), label)
    }

    /// The protected bucket as it enters what is signed: an empty map counts as nothing (RFC 9052 §4.4).
    pub(crate) const fn to_be_protected(&self) -> &'a [u8] {
        match self.protected {
            [0xa0] => &[],
            other => other,
        }
    }

    /// The message must name the algorithm that the key is for.
    pub(crate) fn must_name(&self, algorithm: Algorithm) -> Result<(), CoseError> {
        if self.algorithm == Some(algorithm) { Ok(()) } else { Err(CoseError::Algorithm) }
    }
}

/// A bucket: nothing, or one map.
fn entries_of(bucket: &[u8], at: usize) -> Result<Option<Entries<'_>>, CodecError> {
    if bucket.is_empty() {
        return Ok(None);
    }
    let moved = |error: CodecError| CodecError::new(error.kind, error.offset.saturating_add(at));
    match Document::parse(bucket, BUDGET).map_err(moved)?.root() {
        Item::Map(entries) => Ok(Some(entries)),
        _ => Err(CodecError::new(CodecErrorKind::Unexpected, at)),
    }
}

fn find<'a>(mut entries: Entries<'a>, label: Label<'_>) -> Option<Item<'a>> {
    entries.find(|(key, _)| Label::of(key) == Some(label)).map(|(_, value)| value)
}

/// At least one, each there, each understood (RFC 9052 §3.1).
fn critical_are_understood(
    critical: &Item<'_>,
    entries: Option<&Entries<'_>>,
    rules: &Rules<'_>,
) -> Result<(), CoseError> {
    let Item::Array(labels) = critical else { return Err(CoseError::Header(CRIT)) };
    let mut count = 0_u32;
    for label in labels.clone() {
        let label = Label::of(&label).ok_or(CoseError::Header(CRIT))?;
        let ours = matches!(label, Label::Number(number) if UNDERSTOOD.contains(&number));
        if !ours && !rules.understood.contains(&label) {
            return Err(CoseError::Critical);
        }
        if entries.cloned().and_then(|entries| find(entries, label)).is_none() {
            return Err(CoseError::Critical);
        }
        count = count.saturating_add(1);
    }
    if count == 0 { Err(CoseError::Header(CRIT)) } else { Ok(()) }
}

/// Longest protected bucket to be made: two labels, an algorithm, a content type of 64 bytes.
pub(crate) const MAX_PROTECTED: usize = 80;

/// The headers of a message to be made. The algorithm comes from the key, the nonce of a cipher from the caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewHeaders<'a> {
    /// What the payload is; protected.
    pub content_type: Option<ContentType<'a>>,
    /// Which key is used; not protected, as a change only makes the message fail.
    pub key_id: Option<&'a [u8]>,
}

impl NewHeaders<'_> {
    pub(crate) fn protected<'b>(
        &self,
        algorithm: Algorithm,
        buffer: &'b mut [u8; MAX_PROTECTED],
    ) -> Result<&'b [u8], CoseError> {
        let number = algorithm.number().ok_or(CoseError::Algorithm)?;
        let mut encoder = Encoder::new(buffer);
        encoder.map(if self.content_type.is_some() { 2 } else { 1 })?;
        encoder.integer(ALG)?;
        encoder.integer(number)?;
        if let Some(content_type) = self.content_type {
            encoder.integer(CONTENT_TYPE)?;
            match content_type {
                ContentType::Number(number) => encoder.unsigned(number)?,
                ContentType::Text(text) => encoder.text(text)?,
            }
        }
        Ok(encoder.finish(BUDGET)?)
    }
}
