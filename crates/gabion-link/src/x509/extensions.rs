//! The extensions that decide (RFC 5280 §4.2.1). Whatever else is critical is refused; whatever else is not is passed over.

use gabion_codec::Reader;

use crate::x509::constraints::NameConstraints;
use crate::x509::der::{self, BIT_STRING, OCTET_STRING, SEQUENCE};
use crate::x509::{Names, Refusal};

/// More extensions in one certificate are not looked at.
const MAX_EXTENSIONS: usize = 32;

/// `serverAuth` (1.3.6.1.5.5.7.3.1).
pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// `clientAuth` (1.3.6.1.5.5.7.3.2).
pub(crate) const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
/// What the extensions of one certificate say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic: BasicConstraints,
    pub(crate) usage: Option<KeyUsage>,
    pub(crate) purposes: Option<Purposes<'a>>,
    pub(crate) names: Option<Names<'a>>,
    pub(crate) names_critical: bool,
    pub(crate) constraints: Option<NameConstraints<'a>>,
    pub(crate) authority_key: Option<&'a [u8]>,
    pub(crate) subject_key: Option<&'a [u8]>,
}

/// Whether a certificate is that of an authority, and how many more may follow. Absent: no authority.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BasicConstraints {
    pub(crate) authority: bool,
    pub(crate) path_length: Option<u8>,
    pub(crate) critical: bool,
}

/// The first byte of a `keyUsage`: bit 0 is the highest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyUsage(u8);

impl KeyUsage {
    pub(crate) const fn digital_signature(self) -> bool {
        self.0 & 0x80 != 0
    }

    pub(crate) const fn key_cert_sign(self) -> bool {
        self.0 & 0x04 != 0
    }
}

/// The purposes of an `extKeyUsage`.
#[derive(Debug, Clone)]
pub(crate) struct Purposes<'a>(Reader<'a>);

impl Purposes<'_> {
    pub(crate) fn contain(&self, purpose: &[u8]) -> bool {
        let mut list = self.0.clone();
        while let Ok(one) = der::oid(&mut list) {
            if one == purpose {
                return true;
            }
        }
        false
    }
}

struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl<'a> Extension<'a> {
    fn parse(list: &mut Reader<'a>) -> Result<Self, Refusal> {
        let (_, mut content) = der::whole(list, SEQUENCE)?;
        let oid = der::oid(&mut content)?;
        let critical = der::flag(&mut content)?;
        let (_, mut value) = der::whole(&mut content, OCTET_STRING)?;
        content.finish()?;
        Ok(Self { oid, critical, value: value.rest() })
    }

    /// Refuses when it is not as critical as it has to be.
    fn must_be(&self, critical: bool) -> Result<(), Refusal> {
        if self.critical == critical { Ok(()) } else { Err(Refusal::Criticality) }
    }
}

impl<'a> Extensions<'a> {
    /// Reads the list, which is not empty.
    pub(crate) fn parse(list: &Reader<'a>) -> Result<Self, Refusal> {
        let mut found = Self::default();
        let mut rest = list.clone();
        for count in 0..MAX_EXTENSIONS {
            let extension = Extension::parse(&mut rest)?;
            let mut earlier = list.clone();
            for _ in 0..count {
                if Extension::parse(&mut earlier)?.oid == extension.oid {
                    return Err(Refusal::DuplicateExtension);
                }
            }
            found.take(&extension)?;
            if rest.is_empty() {
                return Ok(found);
            }
        }
        Err(Refusal::TooComplex)
    }

    fn take(&mut self, extension: &Extension<'a>) -> Result<(), Refusal> {
        let value = extension.value;
        // Every one of these is 2.5.29.x.
        let [0x55, 0x1d, number] = extension.oid else { return unknown(extension) };
        match number {
            14 => {
                extension.must_be(false)?;
                self.subject_key = Some(subject_key(value).map_err(|_| Refusal::KeyIdentifier)?);
            }
            15 => self.usage = Some(key_usage(value).ok_or(Refusal::KeyUsage)?),
            17 => {
                self.names_critical = extension.critical;
                self.names =
                    Some(Names::parse(value).map_err(|why| why.of(Refusal::SubjectAltName))?);
            }
            19 => {
                self.basic = basic_constraints(value, extension.critical)
                    .map_err(|_| Refusal::BasicConstraints)?;
            }
            30 => {
                let constraints = NameConstraints::parse(value);
                self.constraints =
                    Some(constraints.map_err(|why| why.of(Refusal::NameConstraints))?);
                extension.must_be(true)?;
            }
            35 => {
                extension.must_be(false)?;
                self.authority_key =
                    Some(authority_key(value).map_err(|_| Refusal::KeyIdentifier)?);
            }
            36 | 54 => return Err(Refusal::PolicyConstraints),
            37 => {
                self.purposes = Some(purposes(value).map_err(|_| Refusal::ExtendedKeyUsage)?);
            }
            _ => return unknown(extension),
        }
        Ok(())
    }
}

impl Refusal {
    /// Names the extension in which DER was broken; findings of its own stay what they are.
    const fn of(self, extension: Self) -> Self {
        match self {
            Self::Encoding | Self::Name => extension,
            own => own,
        }
    }
}

const fn unknown(extension: &Extension<'_>) -> Result<(), Refusal> {
    if extension.critical { Err(Refusal::UnknownCritical) } else { Ok(()) }
}

fn basic_constraints(value: &[u8], critical: bool) -> Result<BasicConstraints, Refusal> {
    let mut content = der::only(value, SEQUENCE)?;
    let authority = der::flag(&mut content)?;
    let path_length = if content.is_empty() {
        None
    } else {
        match (authority, der::unsigned(&mut content)?) {
            (false, _) => return Err(Refusal::BasicConstraints),
            (true, [0, length] | [length]) => Some(*length),
            // No path here is as long as 256 certificates.
            (true, _) => Some(u8::MAX),
        }
    };
    content.finish()?;
    Ok(BasicConstraints { authority, path_length, critical })
}

/// A named bit list: at least one bit, no zeros after the last one (X.690 §11.2.2), none that RFC 5280 does not name.
fn key_usage(value: &[u8]) -> Option<KeyUsage> {
    let mut bits = der::only(value, BIT_STRING).ok()?;
    let (unused, first, last) = match bits.rest() {
        [unused, only] => (unused, only, only),
        [7, first, last @ 0x80] => (&7, first, last),
        _ => return None,
    };
    (*last != 0 && last.trailing_zeros() == u32::from(*unused)).then_some(KeyUsage(*first))
}

fn purposes(value: &[u8]) -> Result<Purposes<'_>, Refusal> {
    let content = der::only(value, SEQUENCE)?;
    let mut ahead = content.clone();
    loop {
        der::oid(&mut ahead)?;
        if ahead.is_empty() {
            return Ok(Purposes(content));
        }
    }
}

fn subject_key(value: &[u8]) -> Result<&[u8], Refusal> {
    match der::only(value, OCTET_STRING)?.rest() {
        [] => Err(Refusal::KeyIdentifier),
        identifier => Ok(identifier),
    }
}

/// Reads the key identifier, which RFC 5280 §4.2.1.1 demands; issuer and serial number, which come together, are only hints.
fn authority_key(value: &[u8]) -> Result<&[u8], Refusal> {
    let mut content = der::only(value, SEQUENCE)?;
    let identifier = der::optional(&mut content, 0x80)?.ok_or(Refusal::KeyIdentifier)?.rest();
    let issuer = der::optional(&mut content, 0xa1)?;
    let serial = der::optional(&mut content, 0x82)?;
    content.finish()?;
    let whole = issuer.is_some() == serial.is_some();
    let filled = issuer.is_none_or(|names| !names.is_empty());
    if identifier.is_empty() || !whole || !filled {
        return Err(Refusal::KeyIdentifier);
    }
    Ok(identifier)
}
