//! Change of secrets, and the accounts of further users.

use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, EventSink};
use gabion_profile::Interface;
use gabion_storage::{Change, Storage};

use crate::format::emit_levels;
use crate::{
    Auth, AuthError, Authorized, Entered, LABEL, Name, Owner, Ports, RoleKind, Session, THROTTLE,
    WeakSecret, account,
};

impl<P: HmacSha256 + PasswordHash, const N: usize> Auth<'_, P, N> {
    /// Changes the secret of an account for one who knows the old one, ends every session of the account, and logs in anew
    /// (EN 303 645 5.1-4).
    ///
    /// # Errors
    ///
    /// [`AuthError::Weak`]; no attempt is spent on it; [`AuthError::Refused`] when the old secret is wrong; see [`AuthError`]
    /// for the rest. Whatever the error but a failed store, the old secret is still good.
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
        let found = account::find(ports.storage, name, &self.policy).await?;
        let attempt = self.gate(ports, target, found.role()).await?;
        self.check(ports, &found, old, &attempt)?;
        // Only now: asked before the old secret was found right, this would tell anyone what the label's secret is not.
        if let Err(why) = self.refuse_label(ports.storage, new).await {
            ports.storage.put(&THROTTLE, &emit_levels(&self.throttle.right(&attempt))).await?;
            self.throttle.settle(&attempt);
            return Err(why);
        }
        let key = account::key(found.account).ok_or(AuthError::NoAccount)?;
        let record = self.enrol(ports, found.record.role, name, new)?;
        let token = self.draw_token(ports)?;
        let levels = emit_levels(&self.throttle.right(&attempt));
        // From here on no old session may pass, whatever becomes of the commit.
        self.sessions.end_account(found.account);
        let changes = [Change::put(key, &record), Change::put(&THROTTLE, &levels)];
        ports.storage.commit(&changes).await?;
        self.throttle.settle(&attempt);
        self.changed(ports, found.record.role);
        Ok(self.admit(ports, token, found.account, found.record.role))
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
        self.changed(ports, RoleKind::User);
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
        self.changed(ports, RoleKind::User);
        Ok(())
    }

    /// Refuses the label's secret as a secret of a person's own, where only its verifier is at hand.
    pub(crate) async fn refuse_label<S: Storage>(
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
}
