//! Machines show keys, never passwords (EN 303 645 5.1-2A): challenge and ECDSA signature.

use gabion_crypto::{
    EcdsaP256Verify, HmacSha256, P256PublicKey, P256Signature, PasswordHash, Sha256, ct_eq,
};
use gabion_hal::{Clock, Entropy, EventKind, EventSink, Severity};
use gabion_profile::{Authenticator, Interface, PublicKey};
use gabion_storage::{Storage, StorageError};

use crate::auth::emit;
use crate::format::{MACHINE_LEN, emit_machine, parse_machine};
use crate::parameters::{ACCOUNTS, MACHINES};
use crate::verifier::Pepper;
use crate::{Auth, AuthError, Authorized, Owner, Ports, RoleKind, Session};

const DOMAIN: &[u8] = b"gabion/1 machine log-in";
const TAG_DOMAIN: &[u8] = b"gabion/1 challenge";
/// How long a challenge is good for, in milliseconds.
const LIFE_MS: u64 = 60_000;
/// Wrong signatures that are looked at in a row; then one a second. They cannot be guessed: this bounds the work that someone
/// can make for the device.
const WRONG: u8 = 8;
const WRONG_MS: u64 = 1_000;

/// What a machine has to sign. Nobody else can make one; good for a minute, and for one log-in of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge(pub [u8; 32]);

impl Challenge {
    /// Returns the hash that the machine signs: SHA-256 over a context string, the challenge, the hash of the interface's name
    /// and the hash of what binds the log-in to this device and connection.
    pub fn hash(&self, crypto: &impl Sha256, interface: &Interface, binding: &[u8]) -> [u8; 32] {
        let name = crypto.sha256(&[interface.name.as_bytes()]);
        let binding = crypto.sha256(&[binding]);
        crypto.sha256(&[DOMAIN, &[0], &self.0, &name, &binding])
    }

    /// `number, 8 bytes ‖ good until, uptime in ms, 8 bytes ‖ tag, 16 bytes`.
    fn parts(&self) -> Option<(u64, u64, &[u8])> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        let (until, tag) = rest.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*number), u64::from_be_bytes(*until), tag))
    }
}

/// Makes challenges and knows its own again without keeping them: whoever asks for a million fills no table and takes no one
/// else's challenge away.
#[derive(Debug)]
pub(crate) struct Challenges {
    /// Random, new with each start, so that no challenge outlives it.
    boot: Option<[u8; 16]>,
    last: u64,
    /// The number of the last challenge that each machine answered; older ones are used up for it.
    answered: [u64; MACHINES.len()],
    wrong: u8,
    wrong_since: u64,
}

impl Challenges {
    pub(crate) const fn new() -> Self {
        Self { boot: None, last: 0, answered: [0; MACHINES.len()], wrong: 0, wrong_since: 0 }
    }

    fn tag(
        boot: &[u8; 16],
        crypto: &impl HmacSha256,
        pepper: &Pepper,
        (number, until): (u64, u64),
    ) -> [u8; 16] {
        let mut data = [0; 32];
        let parts = boot.iter().copied().chain(number.to_be_bytes()).chain(until.to_be_bytes());
        for (place, byte) in data.iter_mut().zip(parts) {
            *place = byte;
        }
        let tag = pepper.keyed(crypto, TAG_DOMAIN, &data);
        tag.first_chunk().copied().unwrap_or_default()
    }

    fn issue(
        &mut self,
        crypto: &impl HmacSha256,
        pepper: &Pepper,
        entropy: &mut impl Entropy,
        now: u64,
    ) -> Option<Challenge> {
        if self.boot.is_none() {
            let mut boot = [0; 16];
            entropy.try_fill_bytes(&mut boot).ok()?;
            let stuck = boot.iter().all(|byte| Some(byte) == boot.first());
            self.boot = (!stuck).then_some(boot);
        }
        let boot = self.boot.as_ref()?;
        self.last = self.last.saturating_add(1);
        let (number, until) = (self.last, now.saturating_add(LIFE_MS));
        let tag = Self::tag(boot, crypto, pepper, (number, until));
        let mut bytes = [0; 32];
        let parts = number.to_be_bytes().into_iter().chain(until.to_be_bytes()).chain(tag);
        for (place, byte) in bytes.iter_mut().zip(parts) {
            *place = byte;
        }
        Some(Challenge(bytes))
    }

    /// The number of a challenge of this start that is not too old.
    fn recognise(
        &self,
        crypto: &impl HmacSha256,
        pepper: &Pepper,
        challenge: &Challenge,
        now: u64,
    ) -> Option<u64> {
        let (number, until, tag) = challenge.parts()?;
        let own = Self::tag(self.boot.as_ref()?, crypto, pepper, (number, until));
        (ct_eq(&own, tag) && now < until).then_some(number)
    }

    /// Takes a right answer: once for each challenge, and none that is older than one that this machine answered before.
    fn answer(&mut self, machine: usize, number: u64) -> bool {
        match self.answered.get_mut(machine) {
            Some(last) if *last < number => {
                *last = number;
                true
            }
            _ => false,
        }
    }

    /// The milliseconds until a signature is looked at again.
    fn wait_ms(&mut self, now: u64) -> u32 {
        let passed = now.saturating_sub(self.wrong_since);
        let forgiven = passed.checked_div(WRONG_MS).unwrap_or_default();
        self.wrong = self.wrong.saturating_sub(u8::try_from(forgiven).unwrap_or(u8::MAX));
        self.wrong_since = self
            .wrong_since
            .saturating_add(forgiven.saturating_mul(WRONG_MS))
            .max(if self.wrong == 0 { now } else { 0 });
        if self.wrong < WRONG {
            return 0;
        }
        let wait = self.wrong_since.saturating_add(WRONG_MS).saturating_sub(now);
        u32::try_from(wait).unwrap_or(u32::MAX)
    }

    const fn count_wrong(&mut self) {
        self.wrong = self.wrong.saturating_add(1);
    }
}

impl<P: HmacSha256 + PasswordHash, const N: usize> Auth<'_, P, N> {
    /// Lets a machine of the owner's in from now on; `slot` is [`MACHINE_1`](crate::MACHINE_1) or
    /// [`MACHINE_2`](crate::MACHINE_2). What was there is replaced, and its sessions end.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoAccount`] for another slot: the back end's key is the factory's to set.
    pub async fn add_machine<S: Storage, R, C, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        by: Authorized<Owner>,
        slot: &PublicKey,
        key: &P256PublicKey,
    ) -> Result<(), AuthError<S::FlashError>> {
        let _ = by;
        self.sessions.end_account(owners_slot(slot)?);
        ports.storage.put(slot, &emit_machine(key)).await?;
        emit(
            ports.events,
            EventKind::AuthenticatorChanged,
            Severity::Notice,
            RoleKind::Machine as u16,
        );
        Ok(())
    }

    /// No longer lets a machine of the owner's in, and ends its sessions.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoAccount`] for another slot; [`AuthError::Storage`].
    pub async fn remove_machine<S: Storage, R, C, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        by: Authorized<Owner>,
        slot: &PublicKey,
    ) -> Result<(), AuthError<S::FlashError>> {
        let _ = by;
        self.sessions.end_account(owners_slot(slot)?);
        ports.storage.remove(slot).await?;
        emit(
            ports.events,
            EventKind::AuthenticatorChanged,
            Severity::Notice,
            RoleKind::Machine as u16,
        );
        Ok(())
    }

    /// Gives a machine something to sign.
    ///
    /// # Errors
    ///
    /// [`AuthError::Entropy`].
    pub fn challenge<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
    ) -> Result<Challenge, AuthError<S::FlashError>> {
        let now = ports.clock.uptime_ms();
        let issued = self.challenges.issue(&self.crypto, &self.pepper, ports.entropy, now);
        issued.ok_or_else(|| {
            emit(ports.events, EventKind::EntropyFailed, Severity::Critical, 0);
            AuthError::Entropy
        })
    }

    /// Logs a machine in that signed the hash of a challenge ([`Challenge::hash`]). `binding` ties the log-in to this device
    /// and connection: the serial number, and the exporter value of a TLS connection where there is one.
    ///
    /// Signatures cannot be guessed, so no attempts are counted on flash. Checking them is work: after eight wrong ones under
    /// good challenges one a second is looked at, from whomever.
    ///
    /// # Errors
    ///
    /// [`AuthError::Refused`] for an unknown, used or old challenge and a signature by no known key alike;
    /// [`AuthError::Throttled`].
    pub async fn machine_log_in<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        verifier: &(impl EcdsaP256Verify + Sha256),
        interface: &'static Interface,
        binding: &[u8],
        challenge: &Challenge,
        signature: &P256Signature,
    ) -> Result<Session, AuthError<S::FlashError>> {
        if !self.is_registered(interface, Authenticator::MachineKey) {
            return Err(AuthError::Interface);
        }
        let now = ports.clock.uptime_ms();
        // What is no challenge of this device costs nobody a signature check.
        let number = self.challenges.recognise(&self.crypto, &self.pepper, challenge, now);
        let Some(number) = number else { return Err(refuse_machine(ports)) };
        let wait_ms = self.challenges.wait_ms(now);
        if wait_ms > 0 {
            let role = RoleKind::Machine as u16;
            emit(ports.events, EventKind::LoginThrottled, Severity::Warning, role);
            return Err(AuthError::Throttled { wait_ms });
        }
        let hash = challenge.hash(verifier, interface, binding);
        let mut found = None;
        for (machine, slot) in MACHINES.iter().enumerate() {
            let mut bytes = [0; MACHINE_LEN];
            let key = match ports.storage.get_public(slot, &mut bytes).await {
                Ok(len) => len.and_then(|len| bytes.get(..len)).and_then(parse_machine),
                Err(StorageError::Damaged) => None,
                Err(other) => return Err(other.into()),
            };
            if let Some(key) = key
                && verifier.p256_verify(&key, &hash, signature).is_ok()
            {
                found = Some(machine);
            }
        }
        let Some(machine) = found else {
            self.challenges.count_wrong();
            return Err(refuse_machine(ports));
        };
        let token = self.draw_token(ports)?;
        if !self.challenges.answer(machine, number) {
            return Err(refuse_machine(ports));
        }
        let account = u8::try_from(ACCOUNTS.len().saturating_add(machine)).unwrap_or(u8::MAX);
        Ok(self.admit(ports, token, account, RoleKind::Machine))
    }
}

fn refuse_machine<S: Storage, R, C, E: EventSink>(
    ports: &mut Ports<'_, S, R, C, E>,
) -> AuthError<S::FlashError> {
    emit(ports.events, EventKind::LoginFailed, Severity::Warning, RoleKind::Machine as u16);
    AuthError::Refused { wait_ms: 0 }
}

/// The session account of a slot that is the owner's to fill.
fn owners_slot<E>(slot: &PublicKey) -> Result<u8, AuthError<E>> {
    let id = slot.parameter().id;
    let place = MACHINES.iter().skip(1).position(|known| known.parameter().id == id);
    let place = place.ok_or(AuthError::NoAccount)?;
    let number = ACCOUNTS.len().saturating_add(1).saturating_add(place);
    u8::try_from(number).map_err(|_| AuthError::NoAccount)
}
