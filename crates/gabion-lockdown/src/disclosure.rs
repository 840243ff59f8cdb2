//! What a device tells everybody who asks: whom to report a vulnerability to, and for how long it is supported.

use core::fmt;

use gabion_codec::CodecError;
use gabion_codec::cbor::{Budget, Document, Encoder, Item};
use gabion_profile::DeviceInfo;

/// Longest record, in bytes: one answer on a slow link.
const LONGEST: usize = 512;
/// Longest text in it, in bytes.
const LONGEST_TEXT: usize = 128;
const BUDGET: Budget = Budget { bytes: LONGEST, items: 16, depth: 2 };

/// The disclosure record (EN 303 645 5.2-1, 5.3-13, 5.3-16).
///
/// It may be served before anybody has authenticated: it names no device, no version and no person (5.6-2). Layout:
/// `docs/spec/lockdown.md`.
///
/// # Examples
///
/// ```
/// use gabion_lockdown::DisclosureRecord;
///
/// let record = DisclosureRecord {
///     manufacturer: "Example Lamps",
///     model: "Lamp 1",
///     contact: "mailto:security@lamps.example",
///     policy: "https://lamps.example/security",
///     support_until: "2031-12-31",
///     sbom_sha256: None,
/// };
/// let mut buffer = [0; 256];
/// let encoded = record.encode(&mut buffer)?;
/// assert_eq!(DisclosureRecord::decode(encoded)?, record);
/// # Ok::<(), gabion_lockdown::DisclosureError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisclosureRecord<'a> {
    /// The maker.
    pub manufacturer: &'a str,
    /// The model designation.
    pub model: &'a str,
    /// Where reports go, a URI.
    pub contact: &'a str,
    /// Where the policy stands, a URI.
    pub policy: &'a str,
    /// The last day of support, `YYYY-MM-DD`.
    pub support_until: &'a str,
    /// SHA-256 of the software bill of materials.
    pub sbom_sha256: Option<[u8; 32]>,
}

/// Why there is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisclosureError {
    /// A text is empty, longer than 128 bytes or holds a control character, or the last day is no date. Mend the facts.
    Fact,
    /// The buffer is too small: 512 bytes always do.
    NoRoom,
    /// These bytes are no record: not deterministic CBOR, keys that are missing or unknown, or a value of another kind.
    NoRecord,
}

impl fmt::Display for DisclosureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fact => "a text of the disclosure record is empty, too long or no date",
            Self::NoRoom => "no room for the disclosure record",
            Self::NoRecord => "no disclosure record",
        })
    }
}

impl core::error::Error for DisclosureError {}

impl<'a> DisclosureRecord<'a> {
    /// Takes the facts from a device's profile.
    #[must_use]
    pub const fn of(
        device: &DeviceInfo,
        sbom_sha256: Option<[u8; 32]>,
    ) -> DisclosureRecord<'static> {
        DisclosureRecord {
            manufacturer: device.manufacturer,
            model: device.model,
            contact: device.security_contact,
            policy: device.policy_url,
            support_until: device.support_until,
            sbom_sha256,
        }
    }

    const fn texts(&self) -> [&'a str; 5] {
        [self.manufacturer, self.model, self.contact, self.policy, self.support_until]
    }

    fn is_sound(&self) -> bool {
        self.texts().iter().all(|text| {
            !text.is_empty() && text.len() <= LONGEST_TEXT && !text.contains(char::is_control)
        }) && is_date(self.support_until)
    }

    /// Encodes the record in deterministic CBOR.
    ///
    /// # Errors
    ///
    /// [`DisclosureError::Fact`] and [`DisclosureError::NoRoom`].
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], DisclosureError> {
        if !self.is_sound() {
            return Err(DisclosureError::Fact);
        }
        self.write(buffer).map_err(|_| DisclosureError::NoRoom)
    }

    fn write<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], CodecError> {
        let mut w = Encoder::new(buffer);
        w.map(if self.sbom_sha256.is_some() { 6 } else { 5 })?;
        for (key, text) in (1..).zip(self.texts()) {
            w.unsigned(key)?;
            w.text(text)?;
        }
        if let Some(digest) = &self.sbom_sha256 {
            w.unsigned(6)?;
            w.bytes(digest)?;
        }
        w.finish(BUDGET)
    }

    /// Decodes a record.
    ///
    /// # Errors
    ///
    /// [`DisclosureError::NoRecord`], [`DisclosureError::Fact`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DisclosureError> {
        let document = Document::parse(bytes, BUDGET).map_err(|_| DisclosureError::NoRecord)?;
        let Item::Map(entries) = document.root() else {
            return Err(DisclosureError::NoRecord);
        };
        let text = |key| match entries.get_unsigned(key) {
            Some(Item::Text(text)) => Ok(text),
            _ => Err(DisclosureError::NoRecord),
        };
        let sbom_sha256 = match entries.get_unsigned(6) {
            None => None,
            Some(Item::Bytes(digest)) => {
                Some(digest.try_into().map_err(|_| DisclosureError::NoRecord)?)
            }
            Some(_) => return Err(DisclosureError::NoRecord),
        };
        let record = Self {
            manufacturer: text(1)?,
            model: text(2)?,
            contact: text(3)?,
            policy: text(4)?,
            support_until: text(5)?,
            sbom_sha256,
        };
        // Keys that are not known here: another record.
        let known = if sbom_sha256.is_some() { 6 } else { 5 };
        if entries.clone().count() != known {
            return Err(DisclosureError::NoRecord);
        }
        if record.is_sound() { Ok(record) } else { Err(DisclosureError::Fact) }
    }
}

/// Tells whether this is `YYYY-MM-DD` with a month and a day that exist.
fn is_date(text: &str) -> bool {
    let &[y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0] = text.as_bytes() else {
        return false;
    };
    let digits = [y3, y2, y1, y0, m1, m0, d1, d0];
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |tens: u8, ones: u8| {
        let digit = |byte: u8| u16::from(byte.wrapping_sub(b'0'));
        digit(tens).wrapping_mul(10).wrapping_add(digit(ones))
    };
    let year = number(y3, y2).wrapping_mul(100).wrapping_add(number(y1, y0));
    let leap = year & 3 == 0 && (number(y1, y0) != 0 || number(y3, y2) & 3 == 0);
    let days = match number(m1, m0) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&number(d1, d0))
}
