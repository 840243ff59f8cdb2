//! Log-in, first set-up, and change of secrets.

use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, Event, EventKind, EventSink, RootKey, Severity, Source};
use gabion_profile::{Authenticator, Interface};
use gabion_storage::{Change, Storage, StorageError};

use crate::account::{self, Found};
use crate::format::{Cost, NAME_BUCKETS, THROTTLE_LEN, emit_levels, parse_levels};
use crate::machine::Challenges;
use crate::session::Sessions;
use crate::throttle::{self, Attempt, Target, Throttle};
use crate::verifier::Pepper;
use crate::{
    AuthError, Authorized, Entered, Name, OWNER, PhysicalPresence, Policy, Ports, Role, RoleKind,
    Session, SessionError, SessionToken, THROTTLE, WeakSecret, judge,
};

const BUCKET_DOMAIN: &[u8] = b"gabion/1 bucket";

/// Checks who someone is. `N` is the number of sessions at a time.
///
/// Every check of a secret goes through the same gate: the throttle is asked, the attempt is committed to flash, and only
/// then is the secret looked at.
pub struct Auth<'a, P, const N: usize = 4> {
    pub(crate) crypto: P,
    pub(crate) pepper: Pepper,
    pub(crate) policy: Policy,
    interfaces: &'static [Interface],
    facts: &'a [&'a [u8]],
    pub(crate) throttle: Throttle,
    pub(crate) sessions: Sessions<N>,
    pub(crate) challenges: Challenges,
}

/// What opening needs.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    /// The interfaces of the product; log-ins are taken over those that ask for a user's secret. The first eight have a
    /// budget of their own, further ones share the eighth's.
    pub interfaces: &'static [Interface],
    /// What an attacker may know of the device: model, serial number, MAC address. No secret may hold it.
    pub facts: &'a [&'a [u8]],
    /// Budgets, iterations, session times.
    pub policy: Policy,
}

impl<'a, P: HmacSha256 + PasswordHash, const N: usize> Auth<'a, P, N> {
    /// Starts after a boot: no session is open, and every wait begins anew in full. A device that never counted an attempt
    /// has no free one either: its first has to wait for one second ([`Policy::STANDARD`]), so that losing the count gains
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`AuthError::Crypto`] when the root key fails, [`AuthError::Storage`]. Nobody can log in then.
    pub async fn open<S: Storage>(
        crypto: P,
        root_key: &mut impl RootKey,
        storage: &mut S,
        clock: &mut impl Clock,
        config: Config<'a>,
    ) -> Result<Self, AuthError<S::FlashError>> {
        let Config { interfaces, facts, policy } = config;
        let pepper = Pepper::derive(root_key)?;
        let mut bytes = [0; THROTTLE_LEN];
        let levels = match storage.get_public(&THROTTLE, &mut bytes).await {
            Ok(None) => throttle::blank(&policy),
            Ok(Some(len)) => {
                bytes.get(..len).and_then(parse_levels).unwrap_or_else(|| throttle::worst(&policy))
            }
            Err(StorageError::Damaged | StorageError::BufferTooSmall(_)) => {
                throttle::worst(&policy)
            }
            Err(other) => return Err(other.into()),
        };
        let throttle = Throttle::start(&levels, policy, clock.uptime_ms());
        let (sessions, challenges) = (Sessions::new(), Challenges::new());
        Ok(Self { crypto, pepper, policy, interfaces, facts, throttle, sessions, challenges })
    }

    /// Logs someone in who has an account.
    ///
    /// # Errors
    ///
    /// [`AuthError::Refused`] for a wrong name or secret alike; [`AuthError::Throttled`] when it came too early, right or
    /// wrong; see [`AuthError`] for the rest.
    ///
    /// # Power loss
    ///
    /// Cut at any point, the attempt is either not yet looked at or counted.
    pub async fn log_in<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        interface: &'static Interface,
        name: &Name,
        secret: &Entered,
    ) -> Result<Session, AuthError<S::FlashError>> {
        let target = self.target(interface, name)?;
        let found = account::find(ports.storage, name, &self.policy).await?;
        let attempt = self.gate(ports, target, found.role()).await?;
        self.check(ports, &found, secret, &attempt)?;
        let token = self.draw_token(ports)?;
        let levels = emit_levels(&self.throttle.right(&attempt));
        if found.record.cost.is_outgrown_by(&Cost::of(&self.policy)) {
            // The secret is at hand and the policy has grown: store a stronger verifier with the same commit.
            let stronger = self.enrol(ports, found.record.role, name, secret)?;
            let key = account::key(found.account).ok_or(AuthError::NoAccount)?;
            let changes = [Change::put(&THROTTLE, &levels), Change::put(key, &stronger)];
            ports.storage.commit(&changes).await?;
        } else {
            ports.storage.put(&THROTTLE, &levels).await?;
        }
        self.throttle.settle(&attempt);
        Ok(self.admit(ports, token, found.account, found.record.role))
    }

    /// Forgets every outstanding attempt, for someone who is at the device: nobody is ever locked out for good.
    ///
    /// # Errors
    ///
    /// [`AuthError::Storage`]; the waits then stay.
    pub async fn forgive<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        presence: PhysicalPresence,
    ) -> Result<(), AuthError<S::FlashError>> {
        let _ = presence;
        ports.storage.put(&THROTTLE, &emit_levels(&[0; throttle::BUCKETS])).await?;
        self.throttle.clear(ports.clock.uptime_ms());
        Ok(())
    }

    /// Checks a session token for the role `R` and prolongs the session.
    ///
    /// # Errors
    ///
    /// [`SessionError`].
    pub fn authorize<R: Role>(
        &mut self,
        clock: &mut impl Clock,
        token: &SessionToken,
    ) -> Result<Authorized<R>, SessionError> {
        let now = clock.uptime_ms();
        self.sessions
            .check::<R>(&self.crypto, &self.pepper, &self.policy, token, now)
            .map(Authorized::new)
    }

    /// Ends one session. An unknown token is no error: it has ended already.
    pub fn log_out(&mut self, token: &SessionToken) {
        self.sessions.end(&self.crypto, &self.pepper, token);
    }

    /// Ends every session: before a factory reset, or when the device is moved to another owner.
    pub fn end_sessions(&mut self) {
        self.sessions.end_all();
    }

    /// Whether the device has an owner.
    ///
    /// # Errors
    ///
    /// [`AuthError::Storage`]; never take that for a "no".
    pub async fn has_owner<S: Storage>(
        &self,
        storage: &mut S,
    ) -> Result<bool, AuthError<S::FlashError>> {
        Ok(account::read(storage, &OWNER).await?.is_some())
    }

    /// Tells how long an attempt would have to wait now, in milliseconds of powered time, for a person to read.
    ///
    /// # Errors
    ///
    /// [`AuthError::Interface`].
    pub fn wait_ms<E>(
        &self,
        clock: &mut impl Clock,
        interface: &'static Interface,
        name: &Name,
    ) -> Result<u32, AuthError<E>> {
        Ok(self.throttle.wait_ms(self.target(interface, name)?, clock.uptime_ms()))
    }

    /// Whether so many attempts are outstanding on the device that none is free: someone may be guessing.
    #[must_use]
    pub fn is_being_guessed_at(&self, clock: &mut impl Clock) -> bool {
        self.throttle.is_pressed(clock.uptime_ms())
    }

    /// Judges a new secret before it is sent, so that a person sees at once what is wrong. The calls that set a secret judge
    /// it again.
    ///
    /// # Errors
    ///
    /// Why it is too easy to guess.
    pub fn judge(&self, secret: &Entered, name: &Name) -> Result<(), WeakSecret> {
        self.judge_new(secret, name, None)
    }

    pub(crate) fn judge_new(
        &self,
        secret: &Entered,
        name: &Name,
        label: Option<&Entered>,
    ) -> Result<(), WeakSecret> {
        judge(secret, self.facts)?;
        judge(secret, &[name.as_bytes(), label.map(Entered::expose).unwrap_or_default()])
    }

    pub(crate) fn interface<E>(
        &self,
        interface: &'static Interface,
    ) -> Result<usize, AuthError<E>> {
        if !self.is_registered(interface, Authenticator::UserSecret) {
            return Err(AuthError::Interface);
        }
        let place = self.interfaces.iter().position(|known| known == interface);
        place.ok_or(AuthError::Interface)
    }

    /// Whether the product registered the interface, and for this kind of log-in.
    pub(crate) fn is_registered(&self, interface: &Interface, by: Authenticator) -> bool {
        self.interfaces.contains(interface) && interface.authenticator == by
    }

    /// Names fall into buckets by a keyed hash, whether there is such an account or not: the throttle does not tell.
    pub(crate) fn target<E>(
        &self,
        interface: &'static Interface,
        name: &Name,
    ) -> Result<Target, AuthError<E>> {
        let [first, ..] = self.pepper.keyed(&self.crypto, BUCKET_DOMAIN, name.padded());
        let bucket = usize::from(first).checked_rem(NAME_BUCKETS).unwrap_or_default();
        Ok(Target::new(bucket, self.interface(interface)?))
    }

    /// The gate: too early is refused without a write; else the attempt is on flash before this returns.
    pub(crate) async fn gate<S: Storage, R, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        target: Target,
        role: Option<RoleKind>,
    ) -> Result<Attempt, AuthError<S::FlashError>> {
        self.gate_with(ports, target, role, None).await
    }

    /// The gate, with a further change in the commit that counts the attempt.
    pub(crate) async fn gate_with<S: Storage, R, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        target: Target,
        role: Option<RoleKind>,
        also: Option<Change<'_>>,
    ) -> Result<Attempt, AuthError<S::FlashError>> {
        let now = ports.clock.uptime_ms();
        let wait_ms = self.throttle.wait_ms(target, now);
        if wait_ms > 0 {
            emit(ports.events, EventKind::LoginThrottled, Severity::Warning, number(role));
            return Err(AuthError::Throttled { wait_ms });
        }
        let attempt = self.throttle.count(target, now);
        let levels = emit_levels(&self.throttle.levels());
        let counted = Change::put(&THROTTLE, &levels);
        match also {
            None => ports.storage.commit(&[counted]).await?,
            Some(also) => ports.storage.commit(&[counted, also]).await?,
        }
        Ok(attempt)
    }

    /// Checks a secret against what was found. For an unknown name the same work is done and nothing fits.
    pub(crate) fn check<S: Storage, R, C: Clock, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        found: &Found,
        secret: &Entered,
        attempt: &Attempt,
    ) -> Result<(), AuthError<S::FlashError>> {
        let fits = self.pepper.fits(&self.crypto, &found.record, secret.expose())?;
        if fits & found.is_known() {
            Ok(())
        } else {
            Err(self.refuse(ports, attempt, found.role()))
        }
    }

    pub(crate) fn refuse<S: Storage, R, C: Clock, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        attempt: &Attempt,
        role: Option<RoleKind>,
    ) -> AuthError<S::FlashError> {
        emit(ports.events, EventKind::LoginFailed, Severity::Warning, number(role));
        let now = ports.clock.uptime_ms();
        AuthError::Refused { wait_ms: self.throttle.wait_ms(attempt.target(), now) }
    }

    pub(crate) fn enrol<S: Storage, R: Entropy, C, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        role: RoleKind,
        name: &Name,
        secret: &Entered,
    ) -> Result<[u8; crate::VERIFIER_LEN], AuthError<S::FlashError>> {
        let cost = Cost::of(&self.policy);
        let (crypto, entropy) = (&self.crypto, &mut *ports.entropy);
        let record = self.pepper.enrol(crypto, entropy, cost, role, Some(name), secret.expose());
        let record = record.inspect_err(|why| {
            if matches!(why, AuthError::Entropy) {
                emit(ports.events, EventKind::EntropyFailed, Severity::Critical, 0);
            }
        })?;
        Ok(record.emit())
    }

    /// Draws the token of a session that is about to begin: before the commit that it follows, so that a random source that
    /// fails leaves nothing half done.
    pub(crate) fn draw_token<S: Storage, R: Entropy, C, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
    ) -> Result<SessionToken, AuthError<S::FlashError>> {
        SessionToken::draw(ports.entropy).ok_or_else(|| {
            emit(ports.events, EventKind::EntropyFailed, Severity::Critical, 0);
            AuthError::Entropy
        })
    }

    pub(crate) fn admit<S, R, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        token: SessionToken,
        account: u8,
        role: RoleKind,
    ) -> Session {
        let now = ports.clock.uptime_ms();
        let (crypto, pepper, policy) = (&self.crypto, &self.pepper, &self.policy);
        let session = self.sessions.start(crypto, pepper, policy, token, (account, role), now);
        emit(ports.events, EventKind::LoginSucceeded, Severity::Info, role as u16);
        session
    }

    pub(crate) fn changed<S, R, C, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        role: RoleKind,
    ) {
        emit(ports.events, EventKind::AuthenticatorChanged, Severity::Notice, role as u16);
    }
}

impl<P, const N: usize> core::fmt::Debug for Auth<'_, P, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Auth(..)")
    }
}

fn number(role: Option<RoleKind>) -> u16 {
    role.map_or(0, |role| role as u16)
}

pub(crate) fn emit(events: &mut impl EventSink, kind: EventKind, severity: Severity, detail: u16) {
    events.event(Event::new(kind, severity, Source::Auth, detail));
}
