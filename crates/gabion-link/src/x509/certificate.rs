//! One certificate, read strictly (RFC 5280 §4.1).

use gabion_codec::{Reader, der::PublicKey};
use gabion_crypto::P256PublicKey;

use crate::x509::der::{self, BIT_STRING, INTEGER, SEQUENCE};
use crate::x509::extensions::Extensions;
use crate::x509::names::{self, NOBODY};
use crate::x509::time::Validity;
use crate::x509::{Names, Refusal, UnixTime};

/// `[0] { INTEGER 2 }`: version 3.
const VERSION_3: [u8; 5] = [0xa0, 3, 2, 1, 2];

/// A certificate whose every byte was read and found in canonical DER. That says nothing yet about who signed it: only a
/// [`VerifiedPeer`](crate::x509::VerifiedPeer) does.
///
/// The key and the signature may be of any algorithm until they are used.
#[derive(Debug, Clone)]
pub struct CertificateView<'a> {
    der: &'a [u8],
    signed: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    validity: Validity,
    subject: &'a [u8],
    key_info: &'a [u8],
    extensions: Extensions<'a>,
}

impl<'a> CertificateView<'a> {
    /// Reads a certificate that fills `der`.
    ///
    /// # Errors
    ///
    /// The [`Refusal`]s below code 40.
    pub fn parse(der: &'a [u8]) -> Result<Self, Refusal> {
        let mut outer = der::only(der, SEQUENCE)?;
        let (signed, mut body) = der::whole(&mut outer, SEQUENCE)?;
        let (algorithm, _) = der::whole(&mut outer, SEQUENCE)?;
        let (_, mut signature) = der::whole(&mut outer, BIT_STRING)?;
        outer.finish()?;
        // Signatures are whole bytes.
        signature.expect(&[0])?;

        body.expect(&VERSION_3).map_err(|_| Refusal::Version)?;
        let serial = serial(&mut body)?;
        if der::whole(&mut body, SEQUENCE)?.0 != algorithm {
            return Err(Refusal::AlgorithmMismatch);
        }
        let issuer = names::distinguished(&mut body).map_err(|_| Refusal::Name)?;
        let (_, validity) = der::whole(&mut body, SEQUENCE)?;
        let validity = Validity::parse(validity)?;
        let subject = names::distinguished(&mut body).map_err(|_| Refusal::Name)?;
        let (key_info, key) = der::whole(&mut body, SEQUENCE)?;
        check_key_form(key)?;
        let extensions = match body.peek() {
            None => Extensions::default(),
            Some(0x81 | 0xa1 | 0x82 | 0xa2) => return Err(Refusal::UniqueId),
            Some(_) => {
                let (_, mut explicit) = der::whole(&mut body, 0xa3)?;
                let (_, list) = der::whole(&mut explicit, SEQUENCE)?;
                explicit.finish()?;
                Extensions::parse(&list)?
            }
        };
        body.finish()?;

        let nameless = subject == NOBODY;
        // Without a subject the alternative name is all there is, so it must not be overlooked (RFC 5280 §4.1.2.6).
        let alt_name_only = nameless && !(extensions.names.is_some() && extensions.names_critical);
        if issuer == NOBODY || alt_name_only || (nameless && extensions.basic.authority) {
            return Err(Refusal::Name);
        }
        if extensions.constraints.is_some() && !extensions.basic.authority {
            return Err(Refusal::NameConstraints);
        }
        Ok(Self {
            der,
            signed,
            algorithm,
            signature: signature.rest(),
            serial,
            issuer,
            validity,
            subject,
            key_info,
            extensions,
        })
    }

    /// Returns all its bytes.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// Returns the serial number, most significant byte first, with the sign byte if it has one.
    #[must_use]
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Returns the name of the issuer, in DER.
    #[must_use]
    pub const fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// Returns its own name, in DER. It may be empty (`30 00`).
    #[must_use]
    pub const fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// Returns the first second at which it holds.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.validity.not_before
    }

    /// Returns the last second at which it holds.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.validity.not_after
    }

    /// Returns the SubjectPublicKeyInfo in DER: what a [`Pin`](crate::x509::Pin) is made of.
    #[must_use]
    pub const fn key_info(&self) -> &'a [u8] {
        self.key_info
    }

    /// Returns its public key.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnsupportedKey`] for all but an uncompressed P-256 point on the named curve.
    pub fn key(&self) -> Result<P256PublicKey, Refusal> {
        p256(self.key_info)
    }

    /// Returns its alternative names, if it has any.
    #[must_use]
    pub fn alt_names(&self) -> Option<Names<'a>> {
        self.extensions.names.clone()
    }

    pub(crate) const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    pub(crate) const fn algorithm(&self) -> &'a [u8] {
        self.algorithm
    }

    pub(crate) const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    pub(crate) const fn validity(&self) -> &Validity {
        &self.validity
    }

    pub(crate) const fn extensions(&self) -> &Extensions<'a> {
        &self.extensions
    }

    /// Whether it has the name of its issuer. It may still be signed with another key.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// Takes a P-256 key out of a SubjectPublicKeyInfo.
pub(crate) fn p256(key_info: &[u8]) -> Result<P256PublicKey, Refusal> {
    match PublicKey::parse(key_info) {
        Ok(PublicKey::P256(point)) => Ok(P256PublicKey(*point)),
        _ => Err(Refusal::UnsupportedKey),
    }
}

/// Greater than zero, shortest form, at most 20 bytes (RFC 5280 §4.1.2.2).
fn serial<'a>(body: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let (_, mut content) = der::whole(body, INTEGER)?;
    match content.rest() {
        [] | [0, 0..=0x7f, ..] => Err(Refusal::Encoding),
        [0] | [0x80..=0xff, ..] => Err(Refusal::Serial),
        serial if serial.len() > 20 => Err(Refusal::Serial),
        serial => Ok(serial),
    }
}

/// `SEQUENCE { SEQUENCE { OID, … }, BIT STRING }`, whatever the algorithm.
fn check_key_form(mut key: Reader<'_>) -> Result<(), Refusal> {
    let (_, mut algorithm) = der::whole(&mut key, SEQUENCE)?;
    der::oid(&mut algorithm)?;
    if !algorithm.is_empty() {
        der::any(&mut algorithm)?;
    }
    algorithm.finish()?;
    let (_, mut bits) = der::whole(&mut key, BIT_STRING)?;
    bits.expect(&[0])?;
    Ok(key.finish()?)
}
