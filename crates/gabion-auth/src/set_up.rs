//! First set-up: who holds the label becomes the owner.

use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, EventKind, EventSink, Severity};
use gabion_profile::Interface;
use gabion_storage::{Change, Storage};

use crate::auth::emit;
use crate::format::{LABEL_BUCKET, emit_levels};
use crate::throttle::{self, Target};
use crate::{
    Auth, AuthError, Entered, LABEL, Name, OWNER, Ports, RoleKind, Session, THROTTLE, account,
};

impl<P: HmacSha256 + PasswordHash, const N: usize> Auth<'_, P, N> {
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
}
