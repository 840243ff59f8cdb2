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
use crate::{Auth, AuthError, Authorized, Owner, Ports, RoleKind, Session};

const DOMAIN: &[u8] = b"gabion/1 machine log-in";
/// How long a challenge is good for, in milliseconds.
const LIFE_MS: u64 = 60_000;
/// Challenges that are open at a time; a further one takes the place of the oldest.
const OPEN: usize = 4;

/// Random bytes that a machine has to sign. Good once, for a minute.
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
}

#[derive(Debug, Clone, Copy)]
struct Issued {
    challenge: Challenge,
    until: u64,
}

/// The challenges that are open.
#[derive(Debug)]
pub(crate) struct Challenges([Option<Issued>; OPEN]);

impl Challenges {
    pub(crate) const fn new() -> Self {
        Self([None; OPEN])
    }

    fn issue(&mut self, challenge: Challenge, now: u64) {
        let oldest = self.0.iter_mut().min_by_key(|slot| slot.map_or(0, |issued| issued.until));
        if let Some(slot) = oldest {
            *slot = Some(Issued { challenge, until: now.saturating_add(LIFE_MS) });
        }
    }

    /// Takes a challenge back: whatever becomes of the log-in, it is not good again.
    fn redeem(&mut self, challenge: &Challenge, now: u64) -> bool {
        let mut good = false;
        for slot in &mut self.0 {
            if let Some(issued) = *slot
                && ct_eq(&issued.challenge.0, &challenge.0)
            {
                good = now < issued.until;
                *slot = None;
            }
        }
        good
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
    pub fn challenge<S: Storage, R: Entropy, C: Clock, E>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
    ) -> Result<Challenge, AuthError<S::FlashError>> {
        let mut bytes = [0; 32];
        ports.entropy.try_fill_bytes(&mut bytes).map_err(|_| AuthError::Entropy)?;
        if bytes.iter().all(|b| Some(b) == bytes.first()) {
            return Err(AuthError::Entropy);
        }
        let challenge = Challenge(bytes);
        self.challenges.issue(challenge, ports.clock.uptime_ms());
        Ok(challenge)
    }

    /// Logs a machine in that signed the hash of a challenge ([`Challenge::hash`]). `binding` ties the log-in to this device
    /// and connection: the serial number, and the exporter value of a TLS connection where there is one.
    ///
    /// Signatures cannot be guessed, so no attempts are counted.
    ///
    /// # Errors
    ///
    /// [`AuthError::Refused`] for an unknown, used or old challenge and a signature by no known key alike.
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
        let fresh = self.challenges.redeem(challenge, ports.clock.uptime_ms());
        let hash = challenge.hash(verifier, interface, binding);
        let first = u8::try_from(ACCOUNTS.len()).unwrap_or(u8::MAX);
        let mut found = None;
        for (number, slot) in (first..).zip(&MACHINES) {
            let mut bytes = [0; MACHINE_LEN];
            let key = match ports.storage.get_public(slot, &mut bytes).await {
                Ok(len) => len.and_then(|len| bytes.get(..len)).and_then(parse_machine),
                Err(StorageError::Damaged) => None,
                Err(other) => return Err(other.into()),
            };
            if let Some(key) = key
                && verifier.p256_verify(&key, &hash, signature).is_ok()
            {
                found = Some(number);
            }
        }
        match found {
            Some(account) if fresh => self.begin(ports, account, RoleKind::Machine),
            _ => {
                let role = RoleKind::Machine as u16;
                emit(ports.events, EventKind::LoginFailed, Severity::Warning, role);
                Err(AuthError::Refused { wait_ms: 0 })
            }
        }
    }
}

/// The session account of a slot that is the owner's to fill.
fn owners_slot<E>(slot: &PublicKey) -> Result<u8, AuthError<E>> {
    let id = slot.parameter().id;
    let place = MACHINES.iter().skip(1).position(|known| known.parameter().id == id);
    let place = place.ok_or(AuthError::NoAccount)?;
    let number = ACCOUNTS.len().saturating_add(1).saturating_add(place);
    u8::try_from(number).map_err(|_| AuthError::NoAccount)
}
