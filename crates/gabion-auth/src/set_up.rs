//! First set-up on the device itself: who types the label's code becomes the owner.

use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, EventSink};
use gabion_profile::Interface;
use gabion_storage::Storage;

use crate::format::LABEL_BUCKET;
use crate::throttle::Target;
use crate::{Auth, AuthError, Entered, LABEL, Name, OWNER, Ports, RoleKind, Session, account};

impl<P: HmacSha256 + PasswordHash, const N: usize> Auth<'_, P, N> {
    /// Sets the owner's name and secret, with the label's secret as proof, and logs the owner in. Works once; after that only
    /// a factory reset makes it possible again.
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`] before an attempt is spent; [`AuthError::AlreadyOwned`]; [`AuthError::Refused`] when the label's
    /// secret is wrong; see [`AuthError`] for the rest. Whatever the error, there is no new owner.
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
        self.own(ports, name, secret, &[]).await
    }
}
