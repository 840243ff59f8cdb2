//! First set-up over a link that nobody trusts: the device's side. No input or output of its own: bytes in, bytes out.

use gabion_auth::{
    Auth, AuthError, LabelAttempt, LabelProof, PhysicalPresence, Ports, ProvedLabel, Session,
};
use gabion_crypto::{Aead, HmacSha256, PakeContext, PasswordHash, Spake2Plus};
use gabion_hal::{Clock, Entropy, EventSink};
use gabion_profile::Interface;
use gabion_provision::{Device, FactoryProvisioned, Owned};
use gabion_storage::{Change, Storage, StorageError};

use crate::channel::{Channel, End};
use crate::format::{DeviceName, WINDOW_LEN, emit_wifi, emit_window, parse_window};
use crate::frame::{Inbox, Kind, Outbox};
use crate::wire::{Gift, NoGift, Refusal, VERSION, Verdict, context};
use crate::{SET_UP_WINDOW, WIFI};

/// Proofs of the label's code that are looked at before someone has to show that they are at the device.
pub const WINDOW_ATTEMPTS: u8 = 10;
/// Powered time for which set-up is open after a start or a button press, in milliseconds: half an hour.
pub const WINDOW_MS: u64 = 30 * 60_000;
/// Powered time that one connection has, in milliseconds: three minutes.
pub const CONNECTION_MS: u64 = 3 * 60_000;
/// Names, secrets and networks that one connection may try.
const GIFTS: u8 = 8;

/// What became of the bytes that came.
#[derive(Debug)]
#[must_use = "the answer has to be sent, and the connection ended when it is over"]
pub enum Progress {
    /// The frame is not whole; wait for more.
    More,
    /// Send the answer and go on.
    Answered,
    /// Send the answer and end the connection. Another may try.
    Over,
    /// Send the answer and end the connection: the device has an owner, whose first session this is. Now call
    /// [`SetUpLink::into_device`].
    Done(Session),
}

/// What is left when set-up ends.
#[derive(Debug)]
pub enum Outcome {
    /// Nobody set the device up.
    Unclaimed(Device<FactoryProvisioned>),
    /// The device has an owner.
    Owned(Device<Owned>),
    /// The store failed in between: open the life cycle again.
    Reopen,
}

/// Where a connection stands.
enum Phase<V, K> {
    Idle,
    Offered,
    Answered(LabelAttempt<V>),
    Open(Channel<K>, LabelProof, u8),
    Over,
}

/// Set-up over any byte stream, for one peer at a time.
///
/// # Security
///
/// A listener learns nothing, a peer in the middle gets one guess for each attempt, and attempts are on flash, with the
/// throttle's count, before anything is computed from the code. After [`WINDOW_ATTEMPTS`] of them, or [`WINDOW_MS`], it takes
/// somebody at the device to go on: [`reopen`](Self::reopen).
pub struct SetUpLink<P: Spake2Plus + Aead> {
    crypto: P,
    device: Outcome,
    interface: &'static Interface,
    phase: Phase<P::Verifier, P::Key>,
    inbox: Inbox,
    closes_at: u64,
    ends_at: u64,
}

impl<P: Spake2Plus + Aead + HmacSha256> SetUpLink<P> {
    /// Opens set-up after a start. `interface` is the registered one that set-up comes over.
    pub fn open(
        crypto: P,
        device: Device<FactoryProvisioned>,
        interface: &'static Interface,
        clock: &mut impl Clock,
    ) -> Self {
        let now = clock.uptime_ms();
        Self {
            crypto,
            device: Outcome::Unclaimed(device),
            interface,
            phase: Phase::Over,
            inbox: Inbox::new(),
            closes_at: now.saturating_add(WINDOW_MS),
            ends_at: now,
        }
    }

    /// Gives all attempts and the full time back, for someone who is at the device.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; nothing has changed then.
    pub async fn reopen<S: Storage>(
        &mut self,
        storage: &mut S,
        clock: &mut impl Clock,
        presence: PhysicalPresence,
    ) -> Result<(), StorageError<S::FlashError>> {
        let _ = presence;
        storage.put(&SET_UP_WINDOW, &emit_window(WINDOW_ATTEMPTS)).await?;
        self.closes_at = clock.uptime_ms().saturating_add(WINDOW_MS);
        Ok(())
    }

    /// Begins with a new peer and forgets the last one.
    pub fn connected(&mut self, clock: &mut impl Clock) {
        self.inbox.clear();
        self.phase = Phase::Idle;
        self.ends_at = clock.uptime_ms().saturating_add(CONNECTION_MS);
    }

    /// The uptime in milliseconds at which the connection ends whatever comes: a transport may drop a silent peer then.
    #[must_use]
    pub const fn ends_at(&self) -> u64 {
        self.ends_at
    }

    /// Returns the device.
    #[must_use]
    pub fn into_device(self) -> Outcome {
        self.device
    }

    /// Takes bytes from the peer, in whatever pieces they come, and writes the answer, if there is one, into `out`.
    ///
    /// # Power loss
    ///
    /// Cut at any point, an attempt is either unanswered or counted; owner and Wi-Fi are set together or not at all.
    pub async fn receive<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &mut Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        bytes: &[u8],
        out: &mut Outbox,
    ) -> Progress
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        R: Entropy,
        C: Clock,
        E: EventSink,
    {
        out.clear();
        let late = ports.clock.uptime_ms() >= self.ends_at;
        let answered = match self.inbox.push(bytes) {
            _ if late => Err(Refusal::Malformed),
            Err(_) => Err(Refusal::Malformed),
            Ok(None) => return Progress::More,
            Ok(Some(kind)) => self.answer(auth, ports, kind, out).await,
        };
        self.inbox.clear();
        match answered {
            Ok(progress) => {
                if matches!(progress, Progress::Done(_)) {
                    self.phase = Phase::Over;
                }
                progress
            }
            Err(why) => {
                self.phase = Phase::Over;
                out.put(Kind::Refused, &[&why.emit()]);
                Progress::Over
            }
        }
    }

    async fn answer<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &mut Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        kind: Kind,
        out: &mut Outbox,
    ) -> Result<Progress, Refusal>
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        R: Entropy,
        C: Clock,
        E: EventSink,
    {
        // Taken out: whatever is refused from here on ends the connection.
        let phase = core::mem::replace(&mut self.phase, Phase::Over);
        self.phase = match (phase, kind) {
            (Phase::Idle, Kind::Hello) => {
                self.offer(auth, ports, out).await?;
                Phase::Offered
            }
            (Phase::Offered, Kind::Share) => {
                Phase::Answered(self.answer_share(auth, ports, out).await?)
            }
            (Phase::Answered(attempt), Kind::Confirm) => {
                let confirm = self.inbox.body().try_into().map_err(|_| Refusal::Malformed)?;
                let proved = auth.confirm_label(ports, attempt, confirm).map_err(refusal)?;
                let ProvedLabel { proof, key } = proved;
                let channel = Channel::new(&self.crypto, &key, End::Device);
                let mut channel = channel.map_err(|_| Refusal::Failed)?;
                channel.seal(&Verdict::Ready.emit(), out).map_err(|_| Refusal::Failed)?;
                Phase::Open(channel, proof, GIFTS)
            }
            (Phase::Open(channel, proof, left), Kind::Sealed) => {
                return self.take_gift(auth, ports, channel, proof, left, out).await;
            }
            _ => return Err(Refusal::Malformed),
        };
        Ok(Progress::Answered)
    }

    /// The name that the device has in the transcript.
    fn device(&self) -> Result<&Device<FactoryProvisioned>, Refusal> {
        match &self.device {
            Outcome::Unclaimed(device) => Ok(device),
            Outcome::Owned(_) => Err(Refusal::Owned),
            Outcome::Reopen => Err(Refusal::Failed),
        }
    }

    /// The attempts that are left; none when the time is over, or when no window was ever opened.
    async fn attempts<S: Storage>(
        &self,
        storage: &mut S,
        clock: &mut impl Clock,
    ) -> Result<u8, Refusal> {
        let mut bytes = [0; WINDOW_LEN];
        let left = match storage.get_public(&SET_UP_WINDOW, &mut bytes).await {
            Ok(len) => bytes.get(..len.unwrap_or(0)).map_or(0, parse_window),
            Err(StorageError::Damaged | StorageError::BufferTooSmall(_)) => 0,
            Err(_) => return Err(Refusal::Failed),
        };
        if left == 0 || clock.uptime_ms() >= self.closes_at {
            return Err(Refusal::Closed);
        }
        Ok(left)
    }

    async fn offer<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        out: &mut Outbox,
    ) -> Result<(), Refusal>
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        C: Clock,
    {
        if self.inbox.body() != [VERSION] {
            return Err(Refusal::Malformed);
        }
        let device = self.device()?;
        self.attempts(ports.storage, ports.clock).await?;
        let terms = auth.label_terms(ports.storage).await.map_err(refusal)?;
        let (model, serial) = (device.model(), device.serial());
        let len = |text: &[u8]| [u8::try_from(text.len()).unwrap_or_default()];
        out.put(
            Kind::Offer,
            &[
                &[VERSION],
                &terms.iterations.to_be_bytes(),
                &terms.salt,
                &len(model.as_bytes()),
                model.as_bytes(),
                &len(serial.as_bytes()),
                serial.as_bytes(),
            ],
        );
        Ok(())
    }

    async fn answer_share<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &mut Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        out: &mut Outbox,
    ) -> Result<LabelAttempt<P::Verifier>, Refusal>
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        R: Entropy,
        C: Clock,
        E: EventSink,
    {
        let share = self.inbox.body().try_into().map_err(|_| Refusal::Malformed)?;
        let device = self.device()?;
        let left = self.attempts(ports.storage, ports.clock).await?;
        let terms = auth.label_terms(ports.storage).await.map_err(refusal)?;
        let name = DeviceName::new(&device.model(), &device.serial());
        let context = PakeContext {
            context: &context(&terms),
            prover: gabion_auth::PHONE,
            verifier: name.as_bytes(),
        };
        let fewer = emit_window(left.saturating_sub(1));
        let spent = Change::put(&SET_UP_WINDOW, &fewer);
        let interface = self.interface;
        let answered =
            auth.answer_label(ports, &self.crypto, interface, &context, share, spent).await;
        let (answer, attempt) = answered.map_err(refusal)?;
        out.put(Kind::Answer, &[&answer.share, &answer.confirm]);
        Ok(attempt)
    }

    async fn take_gift<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &mut Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        mut channel: Channel<P::Key>,
        proof: LabelProof,
        left: u8,
        out: &mut Outbox,
    ) -> Result<Progress, Refusal>
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        R: Entropy,
        C: Clock,
        E: EventSink,
    {
        let message = channel.unseal(&mut self.inbox).map_err(|_| Refusal::Malformed)?;
        let verdict = match Gift::parse(&message) {
            Ok(gift) => match self.claim(auth, ports, &proof, &gift).await {
                Ok(session) => {
                    // The owner is set: whether this message arrives or not, the log-in works from now on.
                    let token = gabion_auth::SessionToken::received(*session.token.expose());
                    let _ = channel.seal(&Verdict::Done(token).emit(), out);
                    return Ok(Progress::Done(session));
                }
                Err(AuthError::Weak(why)) => Verdict::Weak(why),
                Err(why) => return Err(refusal(why)),
            },
            Err(NoGift::Name) => Verdict::Name,
            Err(NoGift::Wifi) => Verdict::Wifi,
            Err(NoGift::Malformed) => return Err(Refusal::Malformed),
        };
        channel.seal(&verdict.emit(), out).map_err(|_| Refusal::Failed)?;
        match left.checked_sub(1) {
            None | Some(0) => Ok(Progress::Over),
            Some(left) => {
                self.phase = Phase::Open(channel, proof, left);
                Ok(Progress::Answered)
            }
        }
    }

    /// Owner, Wi-Fi and a full window for the next owner in one commit.
    async fn claim<A, S, R, C, E, const N: usize>(
        &mut self,
        auth: &mut Auth<'_, A, N>,
        ports: &mut Ports<'_, S, R, C, E>,
        proof: &LabelProof,
        gift: &Gift,
    ) -> Result<Session, AuthError<S::FlashError>>
    where
        A: HmacSha256 + PasswordHash,
        S: Storage,
        R: Entropy,
        C: Clock,
        E: EventSink,
    {
        let window = emit_window(WINDOW_ATTEMPTS);
        let window = Change::put(&SET_UP_WINDOW, &window);
        let wifi = gift.wifi.as_ref().map(emit_wifi);
        let (name, secret) = (&gift.name, &gift.secret);
        let claimed = match &wifi {
            None => auth.set_up_proved_owner(ports, proof, name, secret, &[window]).await,
            Some(wifi) => {
                let wifi = Change::put(&WIFI, wifi.expose());
                auth.set_up_proved_owner(ports, proof, name, secret, &[window, wifi]).await
            }
        };
        if let Ok(_) | Err(AuthError::Storage(_)) = &claimed {
            // Owned, or nobody knows: the device is read anew.
            let device = core::mem::replace(&mut self.device, Outcome::Reopen);
            if let (Ok(_), Outcome::Unclaimed(device)) = (&claimed, device)
                && let Ok(device) = device.claimed(ports.storage, ports.events).await
            {
                self.device = Outcome::Owned(device);
            }
        }
        claimed
    }
}

impl<P: Spake2Plus + Aead> core::fmt::Debug for SetUpLink<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SetUpLink").field("device", &self.device).finish_non_exhaustive()
    }
}

/// What the peer is told.
fn refusal<E>(why: AuthError<E>) -> Refusal {
    match why {
        AuthError::Refused { .. } | AuthError::Crypto(_) => Refusal::Wrong,
        AuthError::Throttled { wait_ms } => Refusal::Wait(wait_ms),
        AuthError::AlreadyOwned => Refusal::Owned,
        _ => Refusal::Failed,
    }
}
