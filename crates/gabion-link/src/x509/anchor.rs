//! What is trusted from the start.

use crate::x509::host::{Host, is_within};
use crate::x509::{CertificateView, Peer, Refusal};

/// An authority that is trusted without anybody's signature: a name, a key, and how far the trust goes.
///
/// # Examples
///
/// ```
/// use gabion_link::x509::TrustAnchor;
///
/// const NAME: &[u8] = &[/* the issuer's Name, in DER */];
/// const KEY: &[u8] = &[/* its SubjectPublicKeyInfo, in DER */];
/// /// Speaks for one domain, and issues peers' certificates itself.
/// const FLEET: TrustAnchor<'_> =
///     TrustAnchor::new(NAME, KEY).limited_to_path(0).limited_to_domains(&["fleet.example.com"]);
/// ```
#[derive(Debug, Clone)]
pub struct TrustAnchor<'a> {
    subject: &'a [u8],
    key_info: &'a [u8],
    certificate: Option<CertificateView<'a>>,
    path_length: Option<u8>,
    domains: Option<&'a [&'a str]>,
}

impl<'a> TrustAnchor<'a> {
    /// Trusts a key under a name, both in DER (Name, SubjectPublicKeyInfo). They are compared and used as they are: a wrong
    /// one never matches.
    #[must_use]
    pub const fn new(subject: &'a [u8], key_info: &'a [u8]) -> Self {
        Self { subject, key_info, certificate: None, path_length: None, domains: None }
    }

    /// Trusts name and key of a certificate, within what the certificate itself says: its validity, `basicConstraints`,
    /// `keyUsage` if it has one, `extKeyUsage` and `nameConstraints`. Its own signature proves nothing and is not looked at.
    ///
    /// # Errors
    ///
    /// As [`CertificateView::parse`]. Whether it may issue is judged when a path ends at it.
    pub fn from_certificate(der: &'a [u8]) -> Result<Self, Refusal> {
        let certificate = CertificateView::parse(der)?;
        let mut anchor = Self::new(certificate.subject(), certificate.key_info());
        anchor.certificate = Some(certificate);
        Ok(anchor)
    }

    /// Allows at most `length` authorities between this one and the peer.
    #[must_use]
    pub const fn limited_to_path(mut self, length: u8) -> Self {
        self.path_length = Some(length);
        self
    }

    /// Trusts it only for hosts in these domains (each with all below it). Addresses and clients are in no domain.
    #[must_use]
    pub const fn limited_to_domains(mut self, domains: &'a [&'a str]) -> Self {
        self.domains = Some(domains);
        self
    }

    pub(crate) const fn subject(&self) -> &'a [u8] {
        self.subject
    }

    pub(crate) const fn key_info(&self) -> &'a [u8] {
        self.key_info
    }

    pub(crate) const fn certificate(&self) -> Option<&CertificateView<'a>> {
        self.certificate.as_ref()
    }

    /// Whether `below` authorities may stand below it, and whether it may speak for the peer.
    pub(crate) fn allows(&self, below: u8, peer: &Peer<'_>) -> Result<(), Refusal> {
        if self.path_length.is_some_and(|most| below > most) {
            return Err(Refusal::PathLength);
        }
        match (self.domains, peer) {
            (None, _) => Ok(()),
            (Some(domains), Peer::Server(Host::Dns(name)))
                if domains.iter().any(|domain| is_within(name.as_str(), domain)) =>
            {
                Ok(())
            }
            _ => Err(Refusal::NotPermitted),
        }
    }
}
