//! Whether one certificate may have issued another (RFC 5280 §6.1.3, §6.1.4).

use gabion_codec::der;
use gabion_crypto::{CryptoError, EcdsaP256Verify, P256PublicKey, P256Signature, Sha256};

use crate::x509::{CertificateView, Now, PathError, Peer, Policy, Refusal};

/// `ecdsa-with-SHA256` (1.2.840.10045.4.3.2), without parameters (RFC 5758 §3.2).
const ECDSA_SHA256: &[u8] = &[0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// Whether a missing `keyUsage` passes: an anchor's certificate only carries a name and a key that are trusted already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Anchor,
    Intermediate,
}

/// Checks everything that an authority's certificate says about itself, before a signature check is spent on it. `below` is
/// the number of authorities between it and the peer, self-issued ones not counted.
pub(crate) fn may_issue(
    authority: &CertificateView<'_>,
    rank: Rank,
    below: u8,
    peer: &Peer<'_>,
    policy: &Policy<'_>,
    now: &Now,
) -> Result<(), Refusal> {
    let says = authority.extensions();
    if !says.basic.authority {
        return Err(Refusal::NotAuthority);
    }
    if !says.basic.critical {
        return Err(Refusal::Criticality);
    }
    if !says.usage.map_or(rank == Rank::Anchor, |usage| usage.key_cert_sign()) {
        return Err(Refusal::IssuerMayNotSign);
    }
    if says.basic.path_length.is_some_and(|most| below > most) {
        return Err(Refusal::PathLength);
    }
    // "Any purpose" names none: it is not taken for this one.
    if says.purposes.as_ref().is_some_and(|purposes| !purposes.contain(peer.purpose())) {
        return Err(Refusal::IssuerPurpose);
    }
    now.judge(authority.validity(), policy.time).map(drop)
}

/// Checks that the key identifiers agree where both sides have one.
pub(crate) fn key_identifiers_agree(
    certificate: &CertificateView<'_>,
    issuer: &CertificateView<'_>,
) -> Result<(), Refusal> {
    match (certificate.extensions().authority_key, issuer.extensions().subject_key) {
        (Some(expected), Some(found)) if expected != found => Err(Refusal::KeyIdentifierMismatch),
        _ => Ok(()),
    }
}

/// Why a signature check did not succeed.
pub(crate) enum Failure {
    /// Another issuer may still fit.
    Refused(Refusal),
    /// Nothing more may be tried.
    Stop(PathError),
}

impl From<Refusal> for Failure {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

/// Checks signatures, a limited number of times.
pub(crate) struct Signatures<'s, C> {
    pub(crate) crypto: &'s C,
    pub(crate) left: u8,
}

impl<C: EcdsaP256Verify + Sha256> Signatures<'_, C> {
    pub(crate) fn check(
        &mut self,
        certificate: &CertificateView<'_>,
        key: &P256PublicKey,
    ) -> Result<(), Failure> {
        if certificate.algorithm() != ECDSA_SHA256 {
            return Err(Refusal::UnsupportedAlgorithm.into());
        }
        let signature =
            der::p256_signature(certificate.signature()).map_err(|_| Refusal::Signature)?;
        let exhausted = PathError::Refused { reason: Refusal::Exhausted, at: None };
        self.left = self.left.checked_sub(1).ok_or(Failure::Stop(exhausted))?;
        let hash = self.crypto.sha256(&[certificate.signed()]);
        match self.crypto.p256_verify(key, &hash, &P256Signature(signature)) {
            Ok(()) => Ok(()),
            Err(CryptoError::Hardware) => Err(Failure::Stop(PathError::Hardware)),
            Err(_) => Err(Refusal::Signature.into()),
        }
    }
}
