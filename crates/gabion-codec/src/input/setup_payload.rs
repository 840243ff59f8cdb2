use super::{Input, scan};
use crate::{CodecError, CodecErrorKind, Writer};

const PREFIX: &[u8] = b"GABION:";
const VERSION: &[u8] = b"1";
/// The symbols of a secret by value (`docs/spec/label.md` §1).
const SYMBOLS: &[u8; 23] = b"23456789CDFHJKMNPQRTVWX";

/// What a phone reads from a device's label: `GABION:1:<model>:<serial>:<secret>` (`docs/spec/label.md` §3).
///
/// A view: whoever scanned keeps the bytes in a `Secret` and wipes them. It is not shown by `Debug` and not compared.
#[derive(Clone, Copy)]
pub struct SetupPayload<'a> {
    model: &'a str,
    serial: &'a str,
    secret: &'a [u8; 15],
}

impl<'a> SetupPayload<'a> {
    /// Returns the model.
    #[must_use]
    pub const fn model(&self) -> &'a str {
        self.model
    }

    /// Returns the serial number.
    #[must_use]
    pub const fn serial(&self) -> &'a str {
        self.serial
    }

    /// Lends the secret, in its canonical form.
    #[must_use]
    pub const fn expose_secret(&self) -> &'a [u8; 15] {
        self.secret
    }
}

impl core::fmt::Debug for SetupPayload<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SetupPayload {{ model: {:?}, serial: {:?}, .. }}", self.model, self.serial)
    }
}

/// 1 to `most` capitals, digits and dashes, a dash neither first nor last.
fn public(part: &[u8], start: usize, most: usize) -> Result<&str, CodecError> {
    let end = start.saturating_add(part.len());
    if part.len() > most {
        return scan::at(CodecErrorKind::TooLong, start.saturating_add(most));
    }
    match part {
        [] => return scan::at(CodecErrorKind::TooShort, start),
        [b'-', ..] => return scan::at(CodecErrorKind::Forbidden, start),
        [.., b'-'] => return scan::at(CodecErrorKind::Forbidden, end.saturating_sub(1)),
        _ => {}
    }
    scan::only(part, start, |byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'-'))?;
    Ok(scan::ascii(part))
}

impl<'a> Input<'a> for SetupPayload<'a> {
    const MAX_LEN: usize = 62;

    fn check(input: &'a [u8]) -> Result<Self, CodecError> {
        let Some(rest) = input.strip_prefix(PREFIX) else {
            return scan::at(CodecErrorKind::Unexpected, 0);
        };
        let start = PREFIX.len();
        let mut fields = scan::parts(rest, b':').map(|(part, at)| (part, at.saturating_add(start)));
        let end = CodecError::new(CodecErrorKind::Truncated, input.len());
        let mut next = || fields.next().ok_or(end);
        let (version, at) = next()?;
        if version != VERSION {
            return scan::at(CodecErrorKind::Unexpected, at);
        }
        let (model, at) = next()?;
        let model = public(model, at, 16)?;
        let (serial, at) = next()?;
        let serial = public(serial, at, 20)?;
        let (secret, at) = next()?;
        scan::only(secret, at, |byte| SYMBOLS.contains(&byte))?;
        let kind =
            if secret.len() < 15 { CodecErrorKind::TooShort } else { CodecErrorKind::TooLong };
        let place = at.saturating_add(secret.len().min(15));
        let secret: &[u8; 15] = secret.try_into().map_err(|_| CodecError::new(kind, place))?;
        if let Some((_, at)) = fields.next() {
            return scan::at(CodecErrorKind::Trailing, at.saturating_sub(1));
        }
        if weighted_sum(secret) != 0 {
            return scan::at(CodecErrorKind::Checksum, at.saturating_add(14));
        }
        Ok(Self { model, serial, secret })
    }

    fn emit(&self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        writer.bytes(PREFIX)?;
        writer.bytes(VERSION)?;
        for part in [self.model.as_bytes(), self.serial.as_bytes(), self.secret] {
            writer.u8(b':')?;
            writer.bytes(part)?;
        }
        Ok(())
    }
}

/// 1·v1 + … + 15·v15 modulo 23.
fn weighted_sum(secret: &[u8; 15]) -> usize {
    let value = |symbol: &u8| SYMBOLS.iter().position(|other| other == symbol).unwrap_or_default();
    let sum = secret.iter().zip(1_usize..).fold(0_usize, |sum, (symbol, weight)| {
        sum.wrapping_add(weight.wrapping_mul(value(symbol)))
    });
    sum % 23
}
