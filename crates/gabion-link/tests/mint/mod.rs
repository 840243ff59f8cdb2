//! Makes certificates, good ones by default and wrong ones on request: every field can be replaced by any bytes.
#![allow(dead_code, reason = "each test uses a part")]

use gabion_codec::{Writer, der};
use gabion_crypto::{EcdsaP256Sign, Secret, Sha256, Software};
use gabion_link::x509::UnixTime;

pub const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
pub const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub const ANY: &[u8] = &[0x55, 0x1d, 37, 0];
pub const DIGITAL_SIGNATURE: u8 = 0x80;
pub const CERT_SIGN: u8 = 0x04;
pub const CRL_SIGN: u8 = 0x02;

pub const SKI: u8 = 14;
pub const KU: u8 = 15;
pub const SAN: u8 = 17;
pub const BC: u8 = 19;
pub const NC: u8 = 30;
pub const AKI: u8 = 35;
pub const EKU: u8 = 37;

/// The host that good certificates are for.
pub const HOST: &str = "fleet.example.com";

/// When the chains are judged if nothing else is said: 2026-06-01T12:00:00Z.
pub fn noon() -> UnixTime {
    UnixTime::from_utc(2026, 6, 1, [12, 0, 0]).unwrap()
}

/// One element.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long @ 0x80..=0xff => out.extend([0x81, long as u8]),
        long => out.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    out.extend(content);
    out
}

/// An element around others.
pub fn cat(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    cat(0x30, parts)
}

pub fn oid(content: &[u8]) -> Vec<u8> {
    tlv(6, content)
}

/// A key pair, made from a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key(pub u8);

impl Key {
    pub fn private(self) -> Secret<[u8; 32]> {
        Secret::new(Software.sha256(&[b"a key for tests", &[self.0]]))
    }

    pub fn point(self) -> [u8; 64] {
        Software.p256_public_key(&self.private()).unwrap().0
    }

    /// Its SubjectPublicKeyInfo.
    pub fn info(self) -> Vec<u8> {
        let mut buffer = [0; der::PublicKey::MAX_LEN];
        let mut writer = Writer::new(&mut buffer);
        der::PublicKey::P256(&self.point()).emit(&mut writer).unwrap();
        writer.finish().to_vec()
    }

    pub fn id(self) -> Vec<u8> {
        Software.sha256(&[&self.point()])[..20].to_vec()
    }

    pub fn sign(self, message: &[u8]) -> Vec<u8> {
        let hash = Software.sha256(&[message]);
        let signature = Software.p256_sign(&self.private(), &hash).unwrap();
        let mut buffer = [0; 72];
        let mut writer = Writer::new(&mut buffer);
        der::emit_p256_signature(&signature.0, &mut writer).unwrap();
        writer.finish().to_vec()
    }
}

/// A distinguished name of one common name.
pub fn name(common: &str) -> Vec<u8> {
    seq(&[&rdn(&[attribute(3, common)])])
}

/// An attribute 2.5.4.x as UTF8String.
pub fn attribute(number: u8, text: &str) -> Vec<u8> {
    seq(&[&oid(&[0x55, 4, number]), &tlv(0x0c, text.as_bytes())])
}

/// A relative name.
pub fn rdn(attributes: &[Vec<u8>]) -> Vec<u8> {
    cat(0x31, &attributes.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[derive(Clone)]
pub struct Ext {
    pub oid: Vec<u8>,
    /// The encoded BOOLEAN, or nothing.
    pub critical: Vec<u8>,
    pub value: Vec<u8>,
}

impl Ext {
    pub fn new(number: u8, critical: bool, value: Vec<u8>) -> Self {
        Self::other(&[0x55, 0x1d, number], critical, value)
    }

    pub fn other(oid: &[u8], critical: bool, value: Vec<u8>) -> Self {
        let critical = if critical { vec![1, 1, 0xff] } else { vec![] };
        Self { oid: oid.to_vec(), critical, value }
    }

    pub fn der(&self) -> Vec<u8> {
        seq(&[&oid(&self.oid), &self.critical, &tlv(4, &self.value)])
    }
}

pub fn basic(authority: bool, path_length: Option<u8>) -> Vec<u8> {
    let flag: &[u8] = if authority { &[1, 1, 0xff] } else { &[] };
    let length = path_length.map(|length| tlv(2, &[length])).unwrap_or_default();
    seq(&[flag, &length])
}

/// A `keyUsage` of at most the first eight bits.
pub fn usage(bits: u8) -> Vec<u8> {
    tlv(3, &[bits.trailing_zeros() as u8, bits])
}

pub fn purposes(list: &[&[u8]]) -> Vec<u8> {
    seq(&list
        .iter()
        .map(|one| oid(one))
        .collect::<Vec<_>>()
        .iter()
        .map(Vec::as_slice)
        .collect::<Vec<_>>())
}

pub fn dns(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}

pub fn ip(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        std::net::IpAddr::V4(v4) => tlv(0x87, &v4.octets()),
        std::net::IpAddr::V6(v6) => tlv(0x87, &v6.octets()),
    }
}

pub fn directory(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, name)
}

/// An address range for name constraints.
pub fn range(address: &str, bits: u32) -> Vec<u8> {
    let (mut bytes, length) = match address.parse().unwrap() {
        std::net::IpAddr::V4(v4) => (v4.octets().to_vec(), 32),
        std::net::IpAddr::V6(v6) => (v6.octets().to_vec(), 128),
    };
    for at in (0..length).step_by(8) {
        let ones = bits.saturating_sub(at).min(8);
        bytes.push((0xff00_u16 >> ones) as u8);
    }
    tlv(0x87, &bytes)
}

/// The value of a `nameConstraints`.
pub fn subtrees(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, bases: &[Vec<u8>]| {
        let list: Vec<u8> = bases.iter().flat_map(|base| seq(&[base])).collect();
        if list.is_empty() { vec![] } else { tlv(tag, &list) }
    };
    seq(&[&list(0xa0, permitted), &list(0xa1, excluded)])
}

/// A certificate before it is signed.
#[derive(Clone)]
pub struct Cert {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub inner: Vec<u8>,
    pub outer: Vec<u8>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub subject: Vec<u8>,
    pub key_info: Vec<u8>,
    pub unique_ids: Vec<u8>,
    pub extensions: Vec<Ext>,
    /// Behind the extensions.
    pub tail: Vec<u8>,
    pub key: Key,
    pub signer: Key,
}

pub fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

pub fn general(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

impl Cert {
    fn new(subject: &str, key: Key) -> Self {
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![2, 2, 0x5a, key.0 | 1],
            inner: ECDSA_SHA256.to_vec(),
            outer: ECDSA_SHA256.to_vec(),
            issuer: name(subject),
            not_before: utc("250101000000Z"),
            not_after: utc("341231235959Z"),
            subject: name(subject),
            key_info: key.info(),
            unique_ids: vec![],
            extensions: vec![Ext::new(SKI, false, tlv(4, &key.id()))],
            tail: vec![],
            key,
            signer: key,
        }
    }

    /// A self-signed authority.
    pub fn root(subject: &str, key: Key) -> Self {
        Self::new(subject, key).with(Ext::new(BC, true, basic(true, None))).with(Ext::new(
            KU,
            true,
            usage(CERT_SIGN | CRL_SIGN),
        ))
    }

    /// An authority below another.
    pub fn inter(subject: &str, key: Key, issuer: &Self) -> Self {
        Self::root(subject, key).issued_by(issuer)
    }

    /// A server.
    pub fn leaf(key: Key, issuer: &Self) -> Self {
        Self::new("a server", key)
            .with(Ext::new(BC, true, basic(false, None)))
            .with(Ext::new(KU, true, usage(DIGITAL_SIGNATURE)))
            .with(Ext::new(EKU, false, purposes(&[SERVER])))
            .with(Ext::new(SAN, false, seq(&[&dns(HOST)])))
            .issued_by(issuer)
    }

    pub fn issued_by(mut self, issuer: &Self) -> Self {
        self.issuer = issuer.subject.clone();
        self.signer = issuer.key;
        self.with(Ext::new(AKI, false, seq(&[&tlv(0x80, &issuer.key.id())])))
    }

    /// Adds an extension or takes the place of the one that is there.
    pub fn with(mut self, extension: Ext) -> Self {
        match self.extensions.iter_mut().find(|one| one.oid == extension.oid) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    pub fn without(mut self, number: u8) -> Self {
        self.extensions.retain(|one| one.oid != [0x55, 0x1d, number]);
        self
    }

    /// With these names instead.
    pub fn names(self, names: &[Vec<u8>]) -> Self {
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        self.with(Ext::new(SAN, false, seq(&names)))
    }

    /// With any change.
    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn body(&self) -> Vec<u8> {
        let list: Vec<u8> = self.extensions.iter().flat_map(Ext::der).collect();
        let extensions =
            if self.extensions.is_empty() { vec![] } else { tlv(0xa3, &tlv(0x30, &list)) };
        seq(&[
            &self.version,
            &self.serial,
            &self.inner,
            &self.issuer,
            &seq(&[&self.not_before, &self.not_after]),
            &self.subject,
            &self.key_info,
            &self.unique_ids,
            &extensions,
            &self.tail,
        ])
    }

    pub fn der(&self) -> Vec<u8> {
        self.signed_over(&self.body())
    }

    /// Signs another body than its own fields would make.
    pub fn signed_over(&self, body: &[u8]) -> Vec<u8> {
        let signature = self.signer.sign(body);
        seq(&[body, &self.outer, &cat(3, &[&[0], &signature])])
    }
}
