//! A path under construction, from the peer upwards.

use crate::x509::{CertificateView, Refusal, TrustAnchor};

/// One certificate of the path.
pub(crate) struct Link<'c> {
    /// Its place among those that were sent.
    pub(crate) index: usize,
    pub(crate) certificate: CertificateView<'c>,
    /// The next of those that were sent to be tried as its issuer.
    pub(crate) next: usize,
}

/// At most `DEPTH` certificates, the peer's own first.
pub(crate) struct Path<'c, const DEPTH: usize> {
    links: [Option<Link<'c>>; DEPTH],
    length: usize,
}

impl<'c, const DEPTH: usize> Path<'c, DEPTH> {
    pub(crate) const fn new() -> Self {
        Self { links: [const { None }; DEPTH], length: 0 }
    }

    pub(crate) const fn length(&self) -> usize {
        self.length
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Link<'c>> {
        self.links.iter().take(self.length).flatten()
    }

    pub(crate) fn top(&self) -> Option<&Link<'c>> {
        self.links.get(self.length.checked_sub(1)?)?.as_ref()
    }

    pub(crate) fn top_mut(&mut self) -> Option<&mut Link<'c>> {
        self.links.get_mut(self.length.checked_sub(1)?)?.as_mut()
    }

    /// Adds a certificate on top; gives it no place when the path is full.
    pub(crate) fn push(&mut self, index: usize, certificate: CertificateView<'c>) -> bool {
        let Some(place) = self.links.get_mut(self.length) else { return false };
        // The first certificate is the peer's own, which issues nothing.
        *place = Some(Link { index, certificate, next: 1 });
        self.length = self.length.saturating_add(1);
        true
    }

    pub(crate) const fn pop(&mut self) {
        self.length = self.length.saturating_sub(1);
    }

    pub(crate) fn holds(&self, index: usize) -> bool {
        self.iter().any(|link| link.index == index)
    }

    /// Counts the authorities in the path that are not self-issued (RFC 5280 §4.2.1.9).
    pub(crate) fn authorities(&self) -> u8 {
        let count = self.iter().skip(1).filter(|link| !link.certificate.is_self_issued()).count();
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    /// Checks every certificate against the name constraints of every authority above it.
    pub(crate) fn check_names(&self, anchor: &TrustAnchor<'_>) -> Result<(), (Refusal, usize)> {
        let of_path = self
            .iter()
            .enumerate()
            .filter_map(|(place, link)| Some((place, link.certificate.extensions().constraints?)));
        let of_anchor = anchor
            .certificate()
            .and_then(|certificate| certificate.extensions().constraints)
            .map(|constraints| (self.length, constraints));
        for (place, constraints) in of_path.chain(of_anchor) {
            for (below, link) in self.iter().take(place).enumerate() {
                // Self-issued authorities are exempt (RFC 5280 §6.1.3): a new key under the same name. The peer never is.
                if below == 0 || !link.certificate.is_self_issued() {
                    constraints.check(&link.certificate).map_err(|why| (why, link.index))?;
                }
            }
        }
        Ok(())
    }
}
