//! What a path has to satisfy.

use crate::x509::{Pins, TimeTrust, TrustAnchor};

/// What is trusted and how far. Starts strict; every other value has to be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    pub(crate) anchors: &'a [TrustAnchor<'a>],
    pub(crate) pins: Option<Pins<'a>>,
    pub(crate) exact: &'a [[u8; 32]],
    pub(crate) time: TimeTrust,
    pub(crate) signature_checks: u8,
}

impl<'a> Policy<'a> {
    /// Trusts `anchors`, asks for an authenticated time, and spends at most 8 signature checks on a path.
    #[must_use]
    pub const fn new(anchors: &'a [TrustAnchor<'a>]) -> Self {
        Self {
            anchors,
            pins: None,
            exact: &[],
            time: TimeTrust::Authenticated,
            signature_checks: 8,
        }
    }

    /// Asks for a pinned key in the path, on top of everything else.
    #[must_use]
    pub const fn with_pins(mut self, pins: Pins<'a>) -> Self {
        self.pins = Some(pins);
        self
    }

    /// Trusts peers' certificates one by one, by the SHA-256 of all their bytes, whoever signed them. Time, names, key usage
    /// and pins are checked all the same. This is the only way for a self-signed certificate.
    #[must_use]
    pub const fn with_exact(mut self, sha256: &'a [[u8; 32]]) -> Self {
        self.exact = sha256;
        self
    }

    /// Says how well the time must be known.
    #[must_use]
    pub const fn with_time(mut self, trust: TimeTrust) -> Self {
        self.time = trust;
        self
    }

    /// Bounds the signature checks of one call: the work that a hostile peer can cause.
    #[must_use]
    pub const fn with_signature_checks(mut self, most: u8) -> Self {
        self.signature_checks = most;
        self
    }
}
