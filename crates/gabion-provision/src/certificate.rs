//! PKCS#10 signing request (RFC 2986) and self-signed certificate (RFC 5280) for the device identity, without a heap.

use gabion_crypto::{CryptoError, EcdsaP256Sign, P256PublicKey, P256Signature, Sha256};

use crate::der::{
    BIT_STRING, Der, GENERALIZED_TIME, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, SET, UTC_TIME,
    UTF8_STRING,
};
use crate::{Identity, Model, Serial};

/// `ecdsa-with-SHA256` (1.2.840.10045.4.3.2) as an AlgorithmIdentifier.
const ECDSA_SHA256: &[u8] =
    &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// `id-ecPublicKey` (1.2.840.10045.2.1) on `prime256v1` (1.2.840.10045.3.1.7) as an AlgorithmIdentifier.
const EC_P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
const SERIAL_NUMBER: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x05];
/// Extension `basicConstraints` (2.5.29.19), critical, an empty sequence: this certificate may not issue others.
const NOT_A_CA: &[u8] =
    &[0x30, 0x0c, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x02, 0x30, 0x00];
/// Extension `keyUsage` (2.5.29.15), critical, digitalSignature only.
const SIGNS_ONLY: &[u8] = &[
    0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80,
];
/// Object identifier `subjectKeyIdentifier` (2.5.29.14).
const KEY_IDENTIFIER: &[u8] = &[0x06, 0x03, 0x55, 0x1d, 0x0e];
const MAX_SIGNED: usize = 512;

/// Why there is no request or certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// The buffer is too small. 512 bytes are always enough.
    TooSmall,
    /// A date that no calendar has. Fix the caller.
    Date,
    /// The key could not sign.
    Crypto(CryptoError),
}

impl core::fmt::Display for CertificateError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooSmall => f.write_str("the buffer is too small"),
            Self::Date => f.write_str("no such date"),
            Self::Crypto(e) => write!(f, "{e}"),
        }
    }
}

impl core::error::Error for CertificateError {}

/// A second of UTC, for the start of a certificate's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    year: u16,
    month: u8,
    day: u8,
}

impl Time {
    /// Takes the start of a day, from 1950-01-01 to 9999-12-31.
    ///
    /// # Errors
    ///
    /// [`CertificateError::Date`] for a day that no calendar has.
    pub const fn day(year: u16, month: u8, day: u8) -> Result<Self, CertificateError> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if year < 1950 || year > 9999 || day == 0 || day > days {
            return Err(CertificateError::Date);
        }
        Ok(Self { year, month, day })
    }

    fn emit(self, der: &mut Der<'_>) {
        let [century, year] = [self.year / 100, self.year % 100].map(digits);
        let [month, day] = [self.month.into(), self.day.into()].map(digits);
        // RFC 5280 §4.1.2.5: two-digit years through 2049, four-digit ones from then on.
        let tag = if self.year < 2050 { UTC_TIME } else { GENERALIZED_TIME };
        der.element(tag, |der| {
            der.raw(b"000000Z");
            for pair in [day, month, year] {
                der.raw(&pair);
            }
            if tag == GENERALIZED_TIME {
                der.raw(&century);
            }
        });
    }
}

fn digits(value: u16) -> [u8; 2] {
    let digit = |v: u16| b'0'.saturating_add(u8::try_from(v % 10).unwrap_or_default());
    [digit(value / 10), digit(value)]
}

/// Writes a PKCS#10 signing request for the device identity into `out` and returns it. The subject is
/// `CN=<model>, serialNumber=<serial>` as in IEEE 802.1AR §8.6.
///
/// # Errors
///
/// [`CertificateError::TooSmall`] (512 bytes are always enough) or [`CertificateError::Crypto`].
pub fn signing_request<'a>(
    crypto: &(impl EcdsaP256Sign + Sha256),
    identity: &Identity,
    model: &Model,
    serial: &Serial,
    out: &'a mut [u8],
) -> Result<&'a [u8], CertificateError> {
    signed(crypto, identity, out, |der| {
        der.primitive(0xa0, &[]); // no attributes
        subject_public_key(der, &identity.public_key());
        name(der, model, serial);
        der.unsigned(&[0]); // version 1
    })
}

/// Writes a self-signed X.509 v3 certificate, valid from `from` with no well-defined end (RFC 5280 §4.1.2.5, 9999-12-31),
/// into `out` and returns it. It signs only and issues nothing. Its serial number is made from the key, so that it needs no
/// random source.
///
/// # Errors
///
/// [`CertificateError::TooSmall`] (512 bytes are always enough) or [`CertificateError::Crypto`].
pub fn self_signed_certificate<'a>(
    crypto: &(impl EcdsaP256Sign + Sha256),
    identity: &Identity,
    model: &Model,
    serial: &Serial,
    from: Time,
    out: &'a mut [u8],
) -> Result<&'a [u8], CertificateError> {
    let public = identity.public_key();
    let key_hash = crypto.sha256(&[&[0x04], &public.0]);
    let (key_id, _) = key_hash.split_at(20);
    let number = crypto.sha256(&[b"gabion/1 certificate number", &key_hash]);
    // 16 bytes, positive and never zero: RFC 5280 §4.1.2.2 allows up to 20.
    let mut number: [u8; 16] = number.first_chunk().copied().unwrap_or([1; 16]);
    if let Some(first) = number.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    signed(crypto, identity, out, |der| {
        der.element(0xa3, |der| {
            der.element(SEQUENCE, |der| {
                der.element(SEQUENCE, |der| {
                    der.element(OCTET_STRING, |der| der.primitive(OCTET_STRING, key_id));
                    der.raw(KEY_IDENTIFIER);
                });
                der.raw(SIGNS_ONLY);
                der.raw(NOT_A_CA);
            });
        });
        subject_public_key(der, &public);
        name(der, model, serial);
        der.element(SEQUENCE, |der| {
            der.primitive(GENERALIZED_TIME, b"99991231235959Z");
            from.emit(der);
        });
        name(der, model, serial);
        der.raw(ECDSA_SHA256);
        der.unsigned(&number);
        der.element(0xa0, |der| der.unsigned(&[2])); // version 3
    })
}

/// Writes `SEQUENCE { body, algorithm, signature over body }`. The body is made in a buffer of its own first, because the
/// signature stands behind it and the writer goes from the end to the front.
fn signed<'a>(
    crypto: &(impl EcdsaP256Sign + Sha256),
    identity: &Identity,
    out: &'a mut [u8],
    body: impl FnOnce(&mut Der<'_>),
) -> Result<&'a [u8], CertificateError> {
    let mut scratch = [0; MAX_SIGNED];
    let mut der = Der::new(&mut scratch);
    der.element(SEQUENCE, body);
    let body = der.finish().ok_or(CertificateError::TooSmall)?;
    let hash = crypto.sha256(&[body]);
    let signature = identity.sign(crypto, &hash).map_err(CertificateError::Crypto)?;
    let mut der = Der::new(out);
    der.element(SEQUENCE, |der| {
        der.element(BIT_STRING, |der| {
            emit_signature(der, &signature);
            der.raw(&[0]);
        });
        der.raw(ECDSA_SHA256);
        der.raw(body);
    });
    der.finish().ok_or(CertificateError::TooSmall)
}

fn emit_signature(der: &mut Der<'_>, signature: &P256Signature) {
    let (r, s) = signature.0.split_at(32);
    der.element(SEQUENCE, |der| {
        der.unsigned(s);
        der.unsigned(r);
    });
}

fn subject_public_key(der: &mut Der<'_>, key: &P256PublicKey) {
    der.element(SEQUENCE, |der| {
        der.element(BIT_STRING, |der| {
            der.raw(&key.0);
            der.raw(&[0, 0x04]); // no unused bits; an uncompressed point
        });
        der.raw(EC_P256);
    });
}

fn name(der: &mut Der<'_>, model: &Model, serial: &Serial) {
    der.element(SEQUENCE, |der| {
        attribute(der, SERIAL_NUMBER, PRINTABLE_STRING, serial.as_bytes());
        attribute(der, COMMON_NAME, UTF8_STRING, model.as_bytes());
    });
}

fn attribute(der: &mut Der<'_>, oid: &[u8], tag: u8, text: &[u8]) {
    der.element(SET, |der| {
        der.element(SEQUENCE, |der| {
            der.primitive(tag, text);
            der.raw(oid);
        });
    });
}
