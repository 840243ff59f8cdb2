//! The factory's step, from both sides: the credential of `gabion_auth`, the life cycle of `gabion_provision`.

use gabion_auth::{LABEL, LABEL_PAKE, OWNER, Policy, label_pake_record, label_verifier};
use gabion_crypto::{EcdsaP256Sign, HmacSha256, PasswordHash, Spake2Plus};
use gabion_hal::{Entropy, EventSink, RootKey};
use gabion_provision::{
    Credentials, Device, Equipment, FactoryFuse, FactoryProvisioned, Label, LabelSecret, Model,
    NewIdentity, Serial, Unprovisioned,
};
use gabion_storage::{Change, Storage};

use crate::format::{DeviceName, emit_window};
use crate::{FactoryError, SET_UP_WINDOW, WINDOW_ATTEMPTS};

/// The credentials whose presence is the state of the life cycle.
pub const CREDENTIALS: Credentials = Credentials::new(LABEL, OWNER);

const REDRAWS: usize = 8;

/// What the factory says about one device.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The model.
    pub model: Model,
    /// The serial number.
    pub serial: Serial,
    /// What else an attacker can see, such as the MAC address: the secret shares no piece with it.
    pub public: &'a [&'a [u8]],
    /// The policy that log-ins will be under.
    pub policy: Policy,
}

/// What the step uses of the chip, lent for one call.
#[derive(Debug)]
pub struct Factory<'a, P, K, R, F, E> {
    /// The algorithms.
    pub crypto: &'a P,
    /// The chip's root key.
    pub root_key: &'a mut K,
    /// The random source.
    pub entropy: &'a mut R,
    /// Remembers outside of flash that the factory is done.
    pub fuse: &'a mut F,
    /// Takes the security events.
    pub events: &'a mut E,
}

impl<P, K, R, F, E> Factory<'_, P, K, R, F, E>
where
    P: EcdsaP256Sign + HmacSha256 + PasswordHash + Spake2Plus,
    K: RootKey,
    R: Entropy,
    F: FactoryFuse,
    E: EventSink,
{
    /// Provisions the device with a secret that it draws itself, and returns what has to be printed on its label. The label
    /// is the only place where the secret exists afterwards: print it, then drop it.
    ///
    /// # Errors
    ///
    /// [`FactoryError`]: do not ship the device.
    ///
    /// # Power loss
    ///
    /// Provisioned whole or not at all. When the power fails after the commit and before the label is printed, the secret is
    /// lost: erase the device on the line and begin again.
    pub async fn provision<S: Storage>(
        &mut self,
        device: Unprovisioned,
        storage: &mut S,
        order: &Order<'_>,
    ) -> Result<(Device<FactoryProvisioned>, Label), FactoryError<S::FlashError>> {
        let own: [&[u8]; 2] = [order.model.as_bytes(), order.serial.as_bytes()];
        // Each draw passes both judgements with more than 99 %: a source whose secrets keep failing is not random.
        let mut secret = LabelSecret::generate(self.entropy, order.public)?;
        for _ in 0..REDRAWS {
            if secret.audit(&own).is_ok() {
                break;
            }
            secret = LabelSecret::generate(self.entropy, order.public)?;
        }
        let device = self.provision_with(device, storage, order, &secret).await?;
        Ok((device, Label { model: order.model, serial: order.serial, secret }))
    }

    /// Provisions the device with a secret that the line brought: for labels that are printed first
    /// (`gabion provision batch`). The device judges the secret again.
    ///
    /// # Errors
    ///
    /// [`FactoryError`]: do not ship the device.
    ///
    /// # Power loss
    ///
    /// Provisioned whole or not at all.
    pub async fn provision_with<S: Storage>(
        &mut self,
        device: Unprovisioned,
        storage: &mut S,
        order: &Order<'_>,
        secret: &LabelSecret,
    ) -> Result<Device<FactoryProvisioned>, FactoryError<S::FlashError>> {
        let identity = NewIdentity::Generate;
        self.provision_with_identity(device, storage, order, secret, identity).await
    }

    /// The same, with an identity key of the line's choice: for lines that must inject one.
    ///
    /// # Errors
    ///
    /// [`FactoryError`]: do not ship the device.
    ///
    /// # Power loss
    ///
    /// Provisioned whole or not at all.
    pub async fn provision_with_identity<S: Storage>(
        &mut self,
        device: Unprovisioned,
        storage: &mut S,
        order: &Order<'_>,
        secret: &LabelSecret,
        identity: NewIdentity<'_>,
    ) -> Result<Device<FactoryProvisioned>, FactoryError<S::FlashError>> {
        let (crypto, policy) = (self.crypto, &order.policy);
        let secret_kept = secret.as_secret();
        let verifier = label_verifier(crypto, self.root_key, self.entropy, policy, secret_kept)?;
        let name = DeviceName::new(&order.model, &order.serial);
        let pake = label_pake_record(crypto, self.entropy, policy, name.as_bytes(), secret_kept)?;
        let window = emit_window(WINDOW_ATTEMPTS);
        let equipment = Equipment {
            model: order.model,
            serial: order.serial,
            secret,
            verifier: &verifier,
            public: order.public,
            identity,
            also: &[Change::put(&LABEL_PAKE, pake.expose()), Change::put(&SET_UP_WINDOW, &window)],
        };
        let made =
            device.provision(storage, crypto, self.entropy, self.fuse, self.events, &equipment);
        Ok(made.await?)
    }
}
