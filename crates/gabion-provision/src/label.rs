//! What is printed on a device: `docs/spec/label.md`.

use gabion_crypto::Secret;
use zeroize::Zeroize;

use crate::{LabelError, LabelSecret, Model, Serial};

const PREFIX: &[u8] = b"GABION:1:";

/// What stands on one device's label.
#[derive(Debug)]
pub struct Label {
    /// The model.
    pub model: Model,
    /// The serial number.
    pub serial: Serial,
    /// The secret for first set-up.
    pub secret: LabelSecret,
}

impl Label {
    /// Longest payload in bytes.
    pub const MAX_PAYLOAD: usize = 62;

    /// Returns the text of the QR code: `GABION:1:<model>:<serial>:<secret>`. All of it is in the alphanumeric set of QR
    /// codes, which keeps the code small.
    #[must_use]
    pub fn payload(&self) -> Payload {
        let mut payload = Payload { bytes: Secret::zeroed(), len: 0 };
        for part in [
            PREFIX,
            self.model.as_bytes(),
            b":",
            self.serial.as_bytes(),
            b":",
            self.secret.expose(),
        ] {
            payload.push(part);
        }
        payload
    }

    /// Reads a scanned payload and wipes the buffer. Unknown versions and anything that is left over are refused.
    ///
    /// # Errors
    ///
    /// [`LabelError`]; nothing of a refused payload is used.
    pub fn parse(scanned: &mut [u8]) -> Result<Self, LabelError> {
        let parsed = Self::read(scanned);
        scanned.zeroize();
        parsed
    }

    fn read(scanned: &mut [u8]) -> Result<Self, LabelError> {
        let (prefix, rest) =
            scanned.split_at_mut_checked(PREFIX.len()).ok_or(LabelError::Format)?;
        if prefix != PREFIX {
            return Err(LabelError::Format);
        }
        let mut fields = rest.split_mut(|b| *b == b':');
        let mut next = || fields.next().ok_or(LabelError::Format);
        let model = Model::new(next()?).map_err(|_| LabelError::Format)?;
        let serial = Serial::new(next()?).map_err(|_| LabelError::Format)?;
        let secret = next()?;
        if secret.len() != LabelSecret::LEN || secret.iter().any(u8::is_ascii_lowercase) {
            return Err(LabelError::Format);
        }
        let secret = LabelSecret::parse(secret)?;
        if fields.next().is_some() {
            return Err(LabelError::Format);
        }
        Ok(Self { model, serial, secret })
    }
}

/// The text of a label's QR code. It holds the secret: wiped on drop.
pub struct Payload {
    bytes: Secret<[u8; Label::MAX_PAYLOAD]>,
    len: usize,
}

impl Payload {
    /// Lends the text.
    #[must_use]
    pub fn expose(&self) -> &str {
        let bytes = self.bytes.expose().get(..self.len).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Every part has a bounded length and [`Label::MAX_PAYLOAD`] is their sum, so that nothing is ever cut.
    fn push(&mut self, part: &[u8]) {
        let end = self.len.saturating_add(part.len());
        if let Some(place) = self.bytes.expose_mut().get_mut(self.len..end) {
            place.copy_from_slice(part);
            self.len = end;
        }
    }
}

impl core::fmt::Debug for Payload {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Payload(..)")
    }
}
