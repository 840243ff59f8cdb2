//! Proof that the peer has the key: the signature over the handshake (RFC 8446 §4.4.3).

use gabion_codec::der;
use gabion_crypto::{CryptoError, EcdsaP256Verify, P256Signature, Sha256};

use crate::x509::VerifiedPeer;

/// `ecdsa_secp256r1_sha256` (RFC 8446 §4.2.3).
pub const ECDSA_SECP256R1_SHA256: u16 = 0x0403;

/// What a peer's `CertificateVerify` holds.
#[derive(Debug, Clone, Copy)]
pub struct CertificateVerify<'a> {
    /// The signature scheme, as on the wire. Only [`ECDSA_SECP256R1_SHA256`] is accepted.
    pub scheme: u16,
    /// The signature, in DER.
    pub signature: &'a [u8],
}

/// A peer whose certificate *and* signature were checked, in this order, once: taking the [`VerifiedPeer`] by value leaves no
/// other. Only with one of these may application data flow, or a certificate of our own be shown.
#[derive(Debug, Clone)]
#[must_use = "a handshake without a proven peer has nobody at its other end"]
pub struct ProvenPeer<'c>(VerifiedPeer<'c>);

impl<'c> VerifiedPeer<'c> {
    /// Checks the peer's signature over the hash of the handshake so far, `Certificate` included.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] for another scheme or signature: end the connection. [`CryptoError::Misuse`] when `transcript`
    /// is no SHA-256 or SHA-384 hash.
    pub fn prove_possession(
        self,
        crypto: &(impl EcdsaP256Verify + Sha256),
        transcript: &[u8],
        verify: CertificateVerify<'_>,
    ) -> Result<ProvenPeer<'c>, CryptoError> {
        if !matches!(transcript.len(), 32 | 48) {
            return Err(CryptoError::Misuse);
        }
        if verify.scheme != ECDSA_SECP256R1_SHA256 {
            return Err(CryptoError::Refused);
        }
        let context: &[u8] = if self.is_server {
            b"TLS 1.3, server CertificateVerify\0"
        } else {
            b"TLS 1.3, client CertificateVerify\0"
        };
        let signature = der::p256_signature(verify.signature).map_err(|_| CryptoError::Refused)?;
        let hash = crypto.sha256(&[&[0x20; 64], context, transcript]);
        crypto.p256_verify(self.key(), &hash, &P256Signature(signature))?;
        Ok(ProvenPeer(self))
    }
}

impl<'c> ProvenPeer<'c> {
    /// Returns who the peer is.
    pub const fn peer(&self) -> &VerifiedPeer<'c> {
        &self.0
    }
}
