//! Who the other side has to be, and the proof that it is.

use gabion_crypto::P256PublicKey;

use crate::x509::extensions::{CLIENT_AUTH, SERVER_AUTH};
use crate::x509::host::Host;
use crate::x509::names::Names;
use crate::x509::{CertificateView, PinMatch, Refusal, TimeJudgement};

/// Who the other side has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer<'a> {
    /// A server (`serverAuth`) of this name.
    Server(Host<'a>),
    /// A client (`clientAuth`) of any name: what it may do is decided by the names in the [`VerifiedPeer`].
    Client,
}

impl Peer<'_> {
    pub(crate) const fn purpose(&self) -> &'static [u8] {
        match self {
            Self::Server(_) => SERVER_AUTH,
            Self::Client => CLIENT_AUTH,
        }
    }

    /// Checks what the peer's own certificate says. One that is trusted exactly may be an authority and lack a purpose: it
    /// speaks for nobody but itself.
    pub(crate) fn check(&self, leaf: &CertificateView<'_>, is_exact: bool) -> Result<(), Refusal> {
        let says = leaf.extensions();
        let may_issue =
            says.basic.authority || says.usage.is_some_and(|usage| usage.key_cert_sign());
        if may_issue && !is_exact {
            return Err(Refusal::LeafIsAuthority);
        }
        if says.usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(Refusal::LeafMayNotSign);
        }
        match &says.purposes {
            Some(purposes) if purposes.contain(self.purpose()) => {}
            None if is_exact => {}
            _ => return Err(Refusal::Purpose),
        }
        let names = leaf.alt_names().ok_or(Refusal::NoAltName)?;
        match self {
            Self::Server(host) if !host.is_among(names) => Err(Refusal::WrongName),
            _ => Ok(()),
        }
    }
}

/// A peer's certificate that a valid path stands behind. Only [`verify_path`](crate::x509::verify_path) makes one.
///
/// # Security
///
/// It says who the key belongs to, not that the peer has it: check the peer's signature over the handshake with
/// [`key`](Self::key) before a single byte of application data. Revocation was not looked at.
#[derive(Debug, Clone)]
#[must_use = "nothing is known about a peer that was not verified"]
pub struct VerifiedPeer<'c> {
    pub(crate) leaf: CertificateView<'c>,
    pub(crate) key: P256PublicKey,
    pub(crate) anchor: Option<usize>,
    pub(crate) length: usize,
    pub(crate) pin: Option<PinMatch>,
    pub(crate) time: TimeJudgement,
    pub(crate) is_server: bool,
}

impl<'c> VerifiedPeer<'c> {
    /// Returns the key with which the peer has to sign the handshake.
    #[must_use]
    pub const fn key(&self) -> &P256PublicKey {
        &self.key
    }

    /// Returns the peer's certificate.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateView<'c> {
        &self.leaf
    }

    /// Returns the peer's names.
    #[must_use]
    pub fn names(&self) -> Names<'c> {
        self.leaf.alt_names().unwrap_or(Names::none())
    }

    /// Whether it was verified as a server and its certificate covers `host`.
    #[must_use]
    pub fn is_server_for(&self, host: &Host<'_>) -> bool {
        self.is_server && host.is_among(self.names())
    }

    /// Returns which anchor of the policy the path ends at; `None` for a certificate that is trusted exactly.
    #[must_use]
    pub const fn anchor(&self) -> Option<usize> {
        self.anchor
    }

    /// Returns how many of the certificates that were sent the path has, the peer's own included.
    #[must_use]
    pub const fn path_length(&self) -> usize {
        self.length
    }

    /// Returns which pin was found; `None` when the policy has no pins.
    #[must_use]
    pub const fn pin(&self) -> Option<PinMatch> {
        self.pin
    }

    /// Returns how the time was judged.
    #[must_use]
    pub const fn time(&self) -> TimeJudgement {
        self.time
    }
}
