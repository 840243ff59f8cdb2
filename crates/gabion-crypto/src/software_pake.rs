//! SPAKE2+ in software, over the crate `spake2plus`. Nobody else sees that crate: it is young, and may be replaced.

use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use spake2plus::{
    ConfirmP, ConfirmV, Context, P256Sha256, Prover, ProverSecret, ShareP, ShareV, Verifier,
    VerifierConfirming, VerifierRecord,
};

use crate::{
    CryptoError, PAKE_RECORD_LEN, PakeAnswer, PakeContext, PakeProver, PakeVerifier, Secret,
    Software, Spake2Plus,
};

/// A verifier in software.
pub struct SoftwarePakeVerifier(VerifierConfirming<P256Sha256>);

/// A prover in software.
pub struct SoftwarePakeProver(Prover<P256Sha256>);

/// Gives out random bytes that were drawn before, so that a source that fails is found where the error has a place to go.
///
/// One run takes one scalar of 64 bytes. Another is taken once in 2^256 runs, when the mask cancels the share; it then differs
/// by the number of the draw, which is all that is asked of it.
struct Drawn<'a> {
    bytes: &'a [u8; 64],
    draws: u8,
}

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for (place, byte) in out.iter_mut().zip(self.bytes.iter().cycle()) {
            *place = byte ^ self.draws;
        }
        self.draws = self.draws.wrapping_add(1);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

fn names<'a>(context: &PakeContext<'a>) -> Context<'a> {
    let PakeContext { context, prover, verifier } = *context;
    Context { context, prover_id: prover, verifier_id: verifier }
}

fn prover_secret(stretched: &Secret<[u8; 80]>) -> Result<ProverSecret<P256Sha256>, CryptoError> {
    ProverSecret::from_pbkdf_output(stretched.expose()).map_err(refused)
}

/// One refusal, whatever the reason.
fn refused(_: spake2plus::Error) -> CryptoError {
    CryptoError::Refused
}

impl Spake2Plus for Software {
    type Verifier = SoftwarePakeVerifier;
    type Prover = SoftwarePakeProver;

    fn pake_record(
        &self,
        stretched: &Secret<[u8; 80]>,
        record: &mut Secret<[u8; PAKE_RECORD_LEN]>,
    ) -> Result<(), CryptoError> {
        *record.expose_mut() = *prover_secret(stretched)?.verifier_record().to_bytes();
        Ok(())
    }

    fn pake_answer(
        &self,
        record: &Secret<[u8; PAKE_RECORD_LEN]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
        share: &[u8; 65],
    ) -> Result<(PakeAnswer, Self::Verifier), CryptoError> {
        let record = VerifierRecord::from_bytes(record.expose()).map_err(refused)?;
        let their_share = ShareP::from_bytes(share).map_err(refused)?;
        let mut drawn = Drawn { bytes: random.expose(), draws: 0 };
        let (verifier, share) = Verifier::<P256Sha256>::start(&record, &names(context), &mut drawn);
        let (verifier, confirm) = verifier.receive(&their_share).map_err(refused)?;
        let answer = PakeAnswer { share: *share.as_bytes(), confirm: *confirm.as_bytes() };
        Ok((answer, SoftwarePakeVerifier(verifier)))
    }

    fn pake_start(
        &self,
        stretched: &Secret<[u8; 80]>,
        context: &PakeContext<'_>,
        random: &Secret<[u8; 64]>,
    ) -> Result<([u8; 65], Self::Prover), CryptoError> {
        let secret = prover_secret(stretched)?;
        let mut drawn = Drawn { bytes: random.expose(), draws: 0 };
        let (prover, share) = Prover::<P256Sha256>::start(&secret, &names(context), &mut drawn);
        Ok((*share.as_bytes(), SoftwarePakeProver(prover)))
    }
}

impl PakeVerifier for SoftwarePakeVerifier {
    fn finish(self, confirm: &[u8; 32]) -> Result<Secret<[u8; 32]>, CryptoError> {
        let confirm = ConfirmP::from_bytes(confirm).map_err(refused)?;
        let key = self.0.finish(&confirm).map_err(refused)?;
        Ok(Secret::new(*key.as_bytes()))
    }
}

impl PakeProver for SoftwarePakeProver {
    fn finish(self, answer: &PakeAnswer) -> Result<([u8; 32], Secret<[u8; 32]>), CryptoError> {
        let share = ShareV::from_bytes(&answer.share).map_err(refused)?;
        let confirm = ConfirmV::from_bytes(&answer.confirm).map_err(refused)?;
        let prover = self.0.receive(&share).map_err(refused)?;
        let (confirm, key) = prover.finish(&confirm).map_err(refused)?;
        Ok((*confirm.as_bytes(), Secret::new(*key.as_bytes())))
    }
}
