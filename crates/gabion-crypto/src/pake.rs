//! SPAKE2+ (RFC 9383): two sides prove to each other that they know of the same code, and a listener learns nothing.

use crate::{CryptoError, Secret};

/// Length of a verifier's record: w0, 32 bytes, and L, an uncompressed point.
pub const PAKE_RECORD_LEN: usize = 97;

/// What both sides have to agree on besides the code. All three go into the transcript.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PakeContext<'a> {
    /// Names the protocol, its version and its parameters.
    pub context: &'a [u8],
    /// The name of the side that knows the code.
    pub prover: &'a [u8],
    /// The name of the side that holds the record.
    pub verifier: &'a [u8],
}

/// What the verifier sends in answer to the prover's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PakeAnswer {
    /// `shareV`, an uncompressed point.
    pub share: [u8; 65],
    /// `confirmV`. Whoever has it can tell whether *one* guess of the code was right: count the attempt before it is sent.
    pub confirm: [u8; 32],
}

/// Runs SPAKE2+ with the suite P256-SHA256-HKDF-SHA256-HMAC-SHA256 (RFC 9383 §4).
///
/// `stretched` is w0s ‖ w1s, 40 bytes each, made from the code by a password hash. `random` are 64 fresh random bytes that are
/// used for nothing else.
///
/// # Implementer notes
///
/// Both scalars are reduced modulo the group's order as big-endian numbers. A share that is no point, or that leaves the
/// shared points at infinity, is refused.
pub trait Spake2Plus {
    /// The verifier, waiting for the prover's confirmation.
    type Verifier: PakeVerifier;
    /// The prover, waiting for the verifier's share.
    type Prover: PakeProver;

    /// Makes the verifier's record. Keep it secret: with it, codes can be tried without the device.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when a half reduces to zero, which no password hash gives.
    fn pake_record(
        &self,
        stretched: &Secret<[u8; 80]>,
        record: &mut Secret<[u8; PAKE_RECORD_LEN]>,
    ) -> Result<(), CryptoError>;

    /// Answers a prover's share.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] for a record that is none and a share that is none.
    fn pake_answer(
        &self,
        record: &Secret<[u8; PAKE_RECORD_LEN]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
        share: &[u8; 65],
    ) -> Result<(PakeAnswer, Self::Verifier), CryptoError>;

    /// Starts as prover; the share has to be sent.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`] when a half of `stretched` reduces to zero.
    fn pake_start(
        &self,
        stretched: &Secret<[u8; 80]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
    ) -> Result<([u8; 65], Self::Prover), CryptoError>;
}

/// The verifier, waiting for `confirmP`.
pub trait PakeVerifier {
    /// Checks the prover's confirmation in constant time and only then gives the shared key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`]: another code, or a message was changed.
    fn finish(self, confirm: &[u8; 32]) -> Result<Secret<[u8; 32]>, CryptoError>;
}

/// The prover, waiting for `shareV` and `confirmV`.
pub trait PakeProver {
    /// Checks the verifier's confirmation in constant time and only then gives `confirmP`, to be sent, and the shared key.
    ///
    /// # Errors
    ///
    /// [`CryptoError::Refused`]: the other side has no record of this code, or a message was changed. Send nothing more.
    fn finish(self, answer: &PakeAnswer) -> Result<([u8; 32], Secret<[u8; 32]>), CryptoError>;
}
