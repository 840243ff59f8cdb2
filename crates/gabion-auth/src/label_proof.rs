//! The label's code proved over a link that nobody trusts: SPAKE2+ (RFC 9383), through the same gate as every other secret.

use gabion_crypto::{
    CryptoError, HmacSha256, Label, PAKE_RECORD_LEN, PakeAnswer, PakeContext, PakeVerifier,
    PasswordHash, Secret, Spake2Plus, hkdf_expand,
};
use gabion_hal::{Clock, Entropy, EventSink};
use gabion_profile::Interface;
use gabion_storage::{Change, Storage};

use crate::format::{LABEL_BUCKET, PAKE_LEN, PakeRecord, emit_levels};
use crate::throttle::{Attempt, Target};
use crate::{
    Auth, AuthError, Entered, LABEL_PAKE, Name, OWNER, Policy, Ports, RoleKind, Session, THROTTLE,
    account,
};

/// The name of the side that knows the code, in every transcript.
pub const PHONE: &[u8] = b"gabion phone";
/// Longest name of a device in bytes.
const LONGEST_DEVICE: usize = 64;
/// `length ‖ code ‖ length ‖ PHONE ‖ length ‖ device`.
const LONGEST_INPUT: usize = 3 * 8 + 32 + PHONE.len() + LONGEST_DEVICE;

/// How a label's code was stretched in the factory. Public: a phone needs it to stretch what it scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelTerms {
    /// Iterations of PBKDF2-HMAC-SHA-256.
    pub iterations: u32,
    /// The salt, unique for the device.
    pub salt: [u8; 16],
}

/// Stretches a label's code, in canonical form, to w0s ‖ w1s: `docs/spec/setup.md` section 3. `device` is what the device is
/// called in the transcript.
///
/// # Errors
///
/// [`CryptoError::Misuse`] for a code above 32 or a name above 64 bytes, or no iterations.
pub fn stretch_code(
    crypto: &(impl HmacSha256 + PasswordHash),
    code: &[u8],
    device: &[u8],
    terms: &LabelTerms,
) -> Result<Secret<[u8; 80]>, CryptoError> {
    let mut input = Secret::<[u8; LONGEST_INPUT]>::zeroed();
    let mut len = 0_usize;
    if code.len() > 32 || device.len() > LONGEST_DEVICE {
        return Err(CryptoError::Misuse);
    }
    for part in [code, PHONE, device] {
        let length = u64::try_from(part.len()).map_err(|_| CryptoError::Misuse)?.to_le_bytes();
        for byte in length.iter().chain(part) {
            *input.expose_mut().get_mut(len).ok_or(CryptoError::Misuse)? = *byte;
            len = len.saturating_add(1);
        }
    }
    let input = input.expose().get(..len).ok_or(CryptoError::Misuse)?;
    let mut key = Secret::zeroed();
    crypto.pbkdf2(input, &terms.salt, terms.iterations, &mut key)?;
    let mut stretched = Secret::<[u8; 80]>::zeroed();
    hkdf_expand(crypto, &key, Label::SetupCode, [&[], &[]], stretched.expose_mut())?;
    Ok(stretched)
}

/// Makes what the device keeps to check proofs of its label's code, in the factory. The product stores it under
/// [`LABEL_PAKE`] with the commit that provisions the device. `secret` is the code in canonical form.
///
/// # Errors
///
/// [`AuthError::Entropy`] or [`AuthError::Crypto`]: do not ship the device.
pub fn label_pake_record<const N: usize>(
    crypto: &(impl HmacSha256 + PasswordHash + Spake2Plus),
    entropy: &mut impl Entropy,
    policy: &Policy,
    device: &[u8],
    secret: &Secret<[u8; N]>,
) -> Result<Secret<[u8; PAKE_LEN]>, AuthError<core::convert::Infallible>> {
    let salt = *random::<16>(entropy).ok_or(AuthError::Entropy)?.expose();
    let terms = LabelTerms { iterations: policy.iterations, salt };
    let stretched = stretch_code(crypto, secret.expose(), device, &terms)?;
    let mut pake = Secret::<[u8; PAKE_RECORD_LEN]>::zeroed();
    crypto.pake_record(&stretched, &mut pake)?;
    Ok(PakeRecord { terms, pake }.emit())
}

/// Random bytes; `None` when the source fails or is stuck.
fn random<const N: usize>(entropy: &mut impl Entropy) -> Option<Secret<[u8; N]>> {
    let mut bytes = Secret::<[u8; N]>::zeroed();
    entropy.try_fill_bytes(bytes.expose_mut()).ok()?;
    let first = bytes.expose().first();
    let stuck = bytes.expose().iter().all(|byte| Some(byte) == first);
    (!stuck).then_some(bytes)
}

/// An attempt to prove the label's code that is on flash and not decided yet. Dropped, it counts as wrong.
#[must_use = "an attempt that nobody decides counts as wrong"]
pub struct LabelAttempt<V> {
    verifier: V,
    attempt: Attempt,
}

impl<V> core::fmt::Debug for LabelAttempt<V> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LabelAttempt(..)")
    }
}

/// A label's code that was proved.
#[derive(Debug)]
pub struct ProvedLabel {
    /// Opens [`Auth::set_up_proved_owner`].
    pub proof: LabelProof,
    /// The key that both sides share now. Derive keys from it.
    pub key: Secret<[u8; 32]>,
}

/// Witness that the other side knows the label's code.
#[derive(Debug)]
#[must_use = "a witness opens the next door"]
pub struct LabelProof(());

impl<P: HmacSha256 + PasswordHash, const N: usize> Auth<'_, P, N> {
    /// Tells how the label's code was stretched. Spends no attempt.
    ///
    /// # Errors
    ///
    /// [`AuthError::AlreadyOwned`]; [`AuthError::NotReady`] when the factory stored no record; [`AuthError::Storage`].
    pub async fn label_terms<S: Storage>(
        &self,
        storage: &mut S,
    ) -> Result<LabelTerms, AuthError<S::FlashError>> {
        if account::read(storage, &OWNER).await?.is_some() {
            return Err(AuthError::AlreadyOwned);
        }
        Ok(read(storage).await?.terms)
    }

    /// Answers whoever wants to prove the label's code. The attempt is on flash, with `also` in the same commit, before
    /// anything is computed from the code: the answer already tells the other side whether its guess was right.
    ///
    /// # Errors
    ///
    /// [`AuthError::Throttled`] when it came too early; [`AuthError::Crypto`] for a share that is none, which costs the
    /// attempt; see [`AuthError`] for the rest.
    ///
    /// # Power loss
    ///
    /// Cut at any point, the attempt is either not answered or counted.
    pub async fn answer_label<S: Storage, R: Entropy, C: Clock, E: EventSink, K: Spake2Plus>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        crypto: &K,
        interface: &'static Interface,
        context: &PakeContext<'_>,
        share: &[u8; 65],
        also: Change<'_>,
    ) -> Result<(PakeAnswer, LabelAttempt<K::Verifier>), AuthError<S::FlashError>> {
        let target = Target::new(LABEL_BUCKET, self.interface(interface)?);
        if account::read(ports.storage, &OWNER).await?.is_some() {
            return Err(AuthError::AlreadyOwned);
        }
        let record = read(ports.storage).await?;
        let random = random(ports.entropy).ok_or(AuthError::Entropy)?;
        let attempt = self.gate_with(ports, target, Some(RoleKind::SetUp), Some(also)).await?;
        match crypto.pake_answer(&record.pake, context, &random, share) {
            Ok((answer, verifier)) => Ok((answer, LabelAttempt { verifier, attempt })),
            Err(why) => {
                let _ = self.refuse(ports, &attempt, Some(RoleKind::SetUp));
                Err(why.into())
            }
        }
    }

    /// Decides an attempt: the right confirmation gives the witness and the key that both sides share.
    ///
    /// # Errors
    ///
    /// [`AuthError::Refused`].
    pub fn confirm_label<S: Storage, R, C: Clock, E: EventSink, V: PakeVerifier>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        attempt: LabelAttempt<V>,
        confirm: &[u8; 32],
    ) -> Result<ProvedLabel, AuthError<S::FlashError>> {
        let LabelAttempt { verifier, attempt } = attempt;
        match verifier.finish(confirm) {
            Ok(key) => Ok(ProvedLabel { proof: LabelProof(()), key }),
            Err(_) => Err(self.refuse(ports, &attempt, Some(RoleKind::SetUp))),
        }
    }

    /// Sets the owner's name and secret for one who proved the label's code, stores `also` (two changes at most) in the same
    /// commit, and logs the owner in.
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`], also for the label's own code; [`AuthError::AlreadyOwned`]; see [`AuthError`] for the rest.
    /// Whatever the error, nothing was set.
    ///
    /// # Power loss
    ///
    /// All of it is set or nothing.
    pub async fn set_up_proved_owner<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        proof: &LabelProof,
        name: &Name,
        secret: &Entered,
        also: &[Change<'_>],
    ) -> Result<Session, AuthError<S::FlashError>> {
        let LabelProof(()) = proof;
        if account::read(ports.storage, &OWNER).await?.is_some() {
            return Err(AuthError::AlreadyOwned);
        }
        self.judge_new(secret, name, None).map_err(AuthError::Weak)?;
        self.refuse_label(ports.storage, secret).await?;
        self.own(ports, name, secret, also).await
    }

    /// The commit that makes an owner. What can fail without the flash is done before it, so that an error means that there
    /// is none.
    pub(crate) async fn own<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        name: &Name,
        secret: &Entered,
        also: &[Change<'_>],
    ) -> Result<Session, AuthError<S::FlashError>> {
        let owner = self.enrol(ports, RoleKind::Owner, name, secret)?;
        let token = self.draw_token(ports)?;
        // A new owner starts with clean budgets. That gives nothing away: it takes the label's secret, and works once.
        let levels = emit_levels(&[0; crate::throttle::BUCKETS]);
        let own = [Change::put(&OWNER, &owner), Change::put(&THROTTLE, &levels)];
        let [a, b] = own;
        match *also {
            [] => ports.storage.commit(&own).await?,
            [c] => ports.storage.commit(&[a, b, c]).await?,
            [c, d] => ports.storage.commit(&[a, b, c, d]).await?,
            _ => return Err(gabion_storage::StorageError::TooLong.into()),
        }
        self.throttle.clear(ports.clock.uptime_ms());
        self.sessions.end_all();
        self.changed(ports, RoleKind::Owner);
        Ok(self.admit(ports, token, 0, RoleKind::Owner))
    }
}

async fn read<S: Storage>(storage: &mut S) -> Result<PakeRecord, AuthError<S::FlashError>> {
    let mut bytes = Secret::<[u8; PAKE_LEN]>::zeroed();
    let len = storage.get(&LABEL_PAKE, &mut bytes).await?.ok_or(AuthError::NotReady)?;
    let record = bytes.expose().get(..len).and_then(PakeRecord::parse);
    record.ok_or(gabion_storage::StorageError::Damaged.into())
}
