//! Log-in, first set-up, and change of secrets.

use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, Event, EventKind, EventSink, RootKey, Severity, Source};
use gabion_profile::{Authenticator, Interface};
use gabion_storage::{Change, Storage, StorageError};

use crate::account::{self, Found};
use crate::format::{LABEL_BUCKET, NAME_BUCKETS, THROTTLE_LEN, emit_levels, parse_levels};
use crate::session::Sessions;
use crate::throttle::{self, Attempt, Target, Throttle};
use crate::verifier::Pepper;
use crate::{
    AuthError, Authorized, Entered, LABEL, Name, OWNER, Owner, PhysicalPresence, Policy, Ports,
    Role, RoleKind, Session, SessionError, SessionToken, THROTTLE, WeakSecret, judge,
};

const BUCKET_DOMAIN: &[u8] = b"gabion/1 bucket";

/// Checks who someone is. `N` is the number of sessions at a time.
///
/// Every check of a secret goes through the same gate: the throttle is asked, the attempt is committed to flash, and only
/// then is the secret looked at.
pub struct Auth<'a, P, const N: usize = 4> {
    crypto: P,
    pepper: Pepper,
    policy: Policy,
    interfaces: &'static [Interface],
    facts: &'a [&'a [u8]],
    throttle: Throttle,
    sessions: Sessions<N>,
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
        Ok(Self { crypto, pepper, policy, interfaces, facts, throttle, sessions: Sessions::new() })
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
        let levels = emit_levels(&self.throttle.right(&attempt));
        if found.record.iterations < self.policy.iterations {
            // The secret is at hand and the policy has grown: store a stronger verifier with the same commit.
            let stronger = self.enrol(ports, found.record.role, name, secret)?;
            let key = account::key(found.account).ok_or(AuthError::NoAccount)?;
            let changes = [Change::put(&THROTTLE, &levels), Change::put(key, &stronger)];
            ports.storage.commit(&changes).await?;
        } else {
            ports.storage.put(&THROTTLE, &levels).await?;
        }
        self.throttle.settle(&attempt);
        self.begin(ports, found.account, found.record.role)
    }

    /// Sets the owner's name and secret, with the label's secret as proof, and logs the owner in. Works once; after that only
    /// a factory reset makes it possible again.
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`] before an attempt is spent; [`AuthError::AlreadyOwned`]; [`AuthError::Refused`] when the label's
    /// secret is wrong; see [`AuthError`] for the rest.
    ///
    /// # Power loss
    ///
    /// The owner's secret is set whole or not at all.
    pub async fn set_up_owner<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        interface: &'static Interface,
        label: &Entered,
        name: &Name,
        secret: &Entered,
    ) -> Result<Session, AuthError<S::FlashError>> {
        let target = Target::new(LABEL_BUCKET, self.interface(interface)?);
        if account::read(ports.storage, &OWNER).await?.is_some() {
            return Err(AuthError::AlreadyOwned);
        }
        let label = label.as_label();
        self.judge_new(secret, name, Some(&label)).map_err(AuthError::Weak)?;
        let record = account::read(ports.storage, &LABEL).await?.ok_or(AuthError::NotReady)?;
        let attempt = self.gate(ports, target, Some(RoleKind::SetUp)).await?;
        if !self.pepper.fits(&self.crypto, &record, label.expose())? {
            return Err(self.refuse(ports, &attempt, Some(RoleKind::SetUp)));
        }
        let owner = self.enrol(ports, RoleKind::Owner, name, secret)?;
        // A new owner starts with clean budgets. That gives nothing away: it takes the label's secret, and works once.
        let levels = emit_levels(&[0; throttle::BUCKETS]);
        let changes = [Change::put(&OWNER, &owner), Change::put(&THROTTLE, &levels)];
        ports.storage.commit(&changes).await?;
        self.throttle.clear(ports.clock.uptime_ms());
        self.sessions.end_all();
        emit(
            ports.events,
            EventKind::AuthenticatorChanged,
            Severity::Notice,
            RoleKind::Owner as u16,
        );
        self.begin(ports, 0, RoleKind::Owner)
    }

    /// Changes the secret of an account for one who knows the old one, ends every session of the account, and logs in anew
    /// (EN 303 645 5.1-4).
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`] before an attempt is spent; [`AuthError::Refused`] when the old secret is wrong; see [`AuthError`]
    /// for the rest.
    ///
    /// # Power loss
    ///
    /// The old secret is good or the new one, never both and never neither.
    pub async fn change_authenticator<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        interface: &'static Interface,
        name: &Name,
        old: &Entered,
        new: &Entered,
    ) -> Result<Session, AuthError<S::FlashError>> {
        let target = self.target(interface, name)?;
        self.judge_new(new, name, None).map_err(AuthError::Weak)?;
        if gabion_crypto::ct_eq(old.expose(), new.expose()) {
            return Err(AuthError::Weak(WeakSecret::Unchanged));
        }
        self.refuse_label(ports.storage, new).await?;
        let found = account::find(ports.storage, name, &self.policy).await?;
        let attempt = self.gate(ports, target, found.role()).await?;
        self.check(ports, &found, old, &attempt)?;
        let key = account::key(found.account).ok_or(AuthError::NoAccount)?;
        let record = self.enrol(ports, found.record.role, name, new)?;
        let levels = emit_levels(&self.throttle.right(&attempt));
        // From here on no old session may pass, whatever becomes of the commit.
        self.sessions.end_account(found.account);
        let changes = [Change::put(key, &record), Change::put(&THROTTLE, &levels)];
        ports.storage.commit(&changes).await?;
        self.throttle.settle(&attempt);
        let role = found.record.role;
        emit(ports.events, EventKind::AuthenticatorChanged, Severity::Notice, role as u16);
        self.begin(ports, found.account, role)
    }

    /// Gives someone an account as a user.
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`]; [`AuthError::NoRoom`] when the name is taken or all accounts are.
    pub async fn add_user<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        by: Authorized<Owner>,
        name: &Name,
        secret: &Entered,
    ) -> Result<(), AuthError<S::FlashError>> {
        let _ = by;
        self.judge_new(secret, name, None).map_err(AuthError::Weak)?;
        self.refuse_label(ports.storage, secret).await?;
        if account::find(ports.storage, name, &self.policy).await?.is_known() {
            return Err(AuthError::NoRoom);
        }
        let (number, key) = account::free(ports.storage).await?.ok_or(AuthError::NoRoom)?;
        let record = self.enrol(ports, RoleKind::User, name, secret)?;
        ports.storage.put(key, &record).await?;
        self.sessions.end_account(number);
        emit(
            ports.events,
            EventKind::AuthenticatorChanged,
            Severity::Notice,
            RoleKind::User as u16,
        );
        Ok(())
    }

    /// Takes a user's account away and ends its sessions. The owner's cannot be taken: that is what a factory reset does.
    ///
    /// # Errors
    ///
    /// [`AuthError::NoAccount`] when there is no such user.
    pub async fn remove_user<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        by: Authorized<Owner>,
        name: &Name,
    ) -> Result<(), AuthError<S::FlashError>> {
        let _ = by;
        let found = account::find(ports.storage, name, &self.policy).await?;
        if !found.is_known() || found.account == 0 {
            return Err(AuthError::NoAccount);
        }
        let key = account::key(found.account).ok_or(AuthError::NoAccount)?;
        self.sessions.end_account(found.account);
        ports.storage.remove(key).await?;
        emit(
            ports.events,
            EventKind::AuthenticatorChanged,
            Severity::Notice,
            RoleKind::User as u16,
        );
        Ok(())
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

    fn judge_new(
        &self,
        secret: &Entered,
        name: &Name,
        label: Option<&Entered>,
    ) -> Result<(), WeakSecret> {
        judge(secret, self.facts)?;
        judge(secret, &[name.as_bytes(), label.map(Entered::expose).unwrap_or_default()])
    }

    /// Refuses the label's secret as a secret of a person's own, where only its verifier is at hand.
    async fn refuse_label<S: Storage>(
        &self,
        storage: &mut S,
        new: &Entered,
    ) -> Result<(), AuthError<S::FlashError>> {
        let Some(label) = account::read(storage, &LABEL).await? else { return Ok(()) };
        if self.pepper.fits(&self.crypto, &label, new.as_label().expose())? {
            return Err(AuthError::Weak(WeakSecret::Derived));
        }
        Ok(())
    }

    fn interface<E>(&self, interface: &'static Interface) -> Result<usize, AuthError<E>> {
        let place = self.interfaces.iter().position(|known| known == interface);
        match (place, interface.authenticator) {
            (Some(place), Authenticator::UserSecret) => Ok(place),
            _ => Err(AuthError::Interface),
        }
    }

    /// Names fall into buckets by a keyed hash, whether there is such an account or not: the throttle does not tell.
    fn target<E>(
        &self,
        interface: &'static Interface,
        name: &Name,
    ) -> Result<Target, AuthError<E>> {
        let [first, ..] = self.pepper.keyed(&self.crypto, BUCKET_DOMAIN, name.padded());
        let bucket = usize::from(first).checked_rem(NAME_BUCKETS).unwrap_or_default();
        Ok(Target::new(bucket, self.interface(interface)?))
    }

    /// The gate: too early is refused without a write; else the attempt is on flash before this returns.
    async fn gate<S: Storage, R, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        target: Target,
        role: Option<RoleKind>,
    ) -> Result<Attempt, AuthError<S::FlashError>> {
        let now = ports.clock.uptime_ms();
        let wait_ms = self.throttle.wait_ms(target, now);
        if wait_ms > 0 {
            emit(ports.events, EventKind::LoginThrottled, Severity::Warning, number(role));
            return Err(AuthError::Throttled { wait_ms });
        }
        let attempt = self.throttle.count(target, now);
        let levels = emit_levels(&self.throttle.levels());
        ports.storage.put(&THROTTLE, &levels).await?;
        Ok(attempt)
    }

    /// Checks a secret against what was found. For an unknown name the same work is done and nothing fits.
    fn check<S: Storage, R, C: Clock, E: EventSink>(
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

    fn refuse<S: Storage, R, C: Clock, E: EventSink>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        attempt: &Attempt,
        role: Option<RoleKind>,
    ) -> AuthError<S::FlashError> {
        emit(ports.events, EventKind::LoginFailed, Severity::Warning, number(role));
        let now = ports.clock.uptime_ms();
        AuthError::Refused { wait_ms: self.throttle.wait_ms(attempt.target(), now) }
    }

    fn enrol<S: Storage, R: Entropy, C, E>(
        &self,
        ports: &mut Ports<'_, S, R, C, E>,
        role: RoleKind,
        name: &Name,
        secret: &Entered,
    ) -> Result<[u8; crate::VERIFIER_LEN], AuthError<S::FlashError>> {
        let iterations = self.policy.iterations;
        let (crypto, entropy) = (&self.crypto, &mut *ports.entropy);
        let record =
            self.pepper.enrol(crypto, entropy, iterations, role, Some(name), secret.expose())?;
        Ok(record.emit())
    }

    fn begin<S: Storage, R: Entropy, C: Clock, E: EventSink>(
        &mut self,
        ports: &mut Ports<'_, S, R, C, E>,
        account: u8,
        role: RoleKind,
    ) -> Result<Session, AuthError<S::FlashError>> {
        let now = ports.clock.uptime_ms();
        let (crypto, pepper, policy) = (&self.crypto, &self.pepper, &self.policy);
        let session =
            self.sessions.start(crypto, pepper, ports.entropy, policy, (account, role), now);
        let session = session.ok_or(AuthError::Entropy)?;
        emit(ports.events, EventKind::LoginSucceeded, Severity::Info, role as u16);
        Ok(session)
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

fn emit(events: &mut impl EventSink, kind: EventKind, severity: Severity, detail: u16) {
    events.event(Event::new(kind, severity, Source::Auth, detail));
}
