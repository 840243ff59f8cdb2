//! The life of a device, as types: what has not been reached cannot be named.

use core::marker::PhantomData;

use gabion_crypto::{EcdsaP256Sign, Secret};
use gabion_hal::{Entropy, Event, EventKind, EventSink, Severity, Source};
use gabion_profile::{CriticalKey, Parameter};
use gabion_storage::{Change, Storage, StorageError};

use crate::format::{RECORD_LEN, Record};
use crate::{
    FACTORY_RECORD, FactoryFuse, IDENTITY_KEY, Identity, LabelSecret, Model, ProvisionError, Serial,
};

/// A verifier shorter than this cannot be one.
const LEAST_CREDENTIAL: usize = 32;
/// Longest credential that is looked at.
const MOST_CREDENTIAL: usize = 256;

/// Where the two credentials live whose presence *is* the state of the life cycle.
#[derive(Debug, Clone, Copy)]
pub struct Credentials {
    /// The verifier of the label's secret. Its class survives a factory reset.
    pub factory: CriticalKey,
    /// The verifier of the owner's secret. Its class is destroyed by a factory reset.
    pub owner: CriticalKey,
}

impl Credentials {
    /// Names the two parameters.
    ///
    /// # Panics
    ///
    /// At compile time, when the factory's would not survive a reset or the owner's would.
    #[must_use]
    pub const fn new(factory: CriticalKey, owner: CriticalKey) -> Self {
        assert!(
            factory.parameter().class.survives_reset(),
            "the factory credential must survive a factory reset"
        );
        assert!(
            !owner.parameter().class.survives_reset(),
            "the owner's credential must not survive a factory reset"
        );
        Self { factory, owner }
    }
}

/// The state found at start-up.
#[derive(Debug)]
pub enum LifeCycle {
    /// Fresh from the line: the factory interface is open and nothing else is.
    Unprovisioned(Unprovisioned),
    /// Has an identity and a unique credential, but no owner.
    FactoryProvisioned(Device<FactoryProvisioned>),
    /// Has an owner who chose a secret.
    Owned(Device<Owned>),
}

impl LifeCycle {
    /// Reads the state. There is no stored state variable that could disagree with the facts: the state is which of the
    /// factory record, the factory credential and the owner's credential are there.
    ///
    /// # Errors
    ///
    /// [`ProvisionError::Inconsistent`] for every other combination, [`ProvisionError::FactoryClosed`] when the fuse is blown
    /// and the store is blank, [`ProvisionError::Storage`] when anything is damaged: start nothing that reaches a network.
    ///
    /// # Power loss
    ///
    /// A cut between the provisioning commit and the fuse is made good here.
    pub async fn open<S: Storage>(
        storage: &mut S,
        credentials: Credentials,
        fuse: &mut impl FactoryFuse,
    ) -> Result<Self, ProvisionError<S::FlashError>> {
        let mut bytes = [0; RECORD_LEN];
        let record = match storage.get_public(&FACTORY_RECORD, &mut bytes).await? {
            None => None,
            Some(len) => {
                let record = bytes.get(..len).and_then(Record::parse);
                Some(record.ok_or(ProvisionError::Inconsistent)?)
            }
        };
        let identity = is_there(storage, IDENTITY_KEY.parameter()).await?;
        let factory = is_there(storage, credentials.factory.parameter()).await?;
        let owner = is_there(storage, credentials.owner.parameter()).await?;
        let blown = fuse.is_blown().map_err(|_| ProvisionError::Fuse)?;
        match (record, identity, factory, owner) {
            (None, false, false, false) if blown == Some(true) => {
                Err(ProvisionError::FactoryClosed)
            }
            (None, false, false, false) => {
                Ok(Self::Unprovisioned(Unprovisioned { credentials, sealed: () }))
            }
            (Some(record), true, true, owned) => {
                if blown == Some(false) {
                    fuse.blow().map_err(|_| ProvisionError::Fuse)?;
                }
                Ok(if owned {
                    Self::Owned(Device::new(record, credentials))
                } else {
                    Self::FactoryProvisioned(Device::new(record, credentials))
                })
            }
            _ => Err(ProvisionError::Inconsistent),
        }
    }
}

async fn is_there<S: Storage>(
    storage: &mut S,
    parameter: &'static Parameter,
) -> Result<bool, StorageError<S::FlashError>> {
    let mut buffer = Secret::<[u8; MOST_CREDENTIAL]>::zeroed();
    Ok(storage.read(parameter, buffer.expose_mut()).await?.is_some())
}

/// The open factory interface. It exists only on a device that was never provisioned, and provisioning consumes it.
#[derive(Debug)]
pub struct Unprovisioned {
    credentials: Credentials,
    sealed: (),
}

impl Unprovisioned {
    /// Makes the device's identity and stores it with the factory record and the credential in one commit; then the factory
    /// interface is closed for good.
    ///
    /// # Errors
    ///
    /// See [`ProvisionError`]. The interface is gone in any case: call [`LifeCycle::open`] to learn what is so.
    ///
    /// # Power loss
    ///
    /// Provisioned whole or not at all.
    pub async fn provision<S: Storage>(
        self,
        storage: &mut S,
        crypto: &impl EcdsaP256Sign,
        entropy: &mut impl Entropy,
        fuse: &mut impl FactoryFuse,
        events: &mut impl EventSink,
        equipment: &Equipment<'_>,
    ) -> Result<Device<FactoryProvisioned>, ProvisionError<S::FlashError>> {
        let Self { credentials, sealed: () } = self;
        let Equipment { model, serial, secret, verifier, public, identity, also } = *equipment;
        if verifier.len() < LEAST_CREDENTIAL || verifier.len() > MOST_CREDENTIAL {
            return Err(ProvisionError::NoCredential);
        }
        secret.audit(&[model.as_bytes(), serial.as_bytes()]).map_err(ProvisionError::Weak)?;
        secret.audit(public).map_err(ProvisionError::Weak)?;
        let identity = match identity {
            NewIdentity::Generate => Identity::generate(crypto, entropy).inspect_err(|_| {
                let failed = EventKind::EntropyFailed;
                events.event(Event::new(failed, Severity::Critical, Source::Provision, 0));
            })?,
            NewIdentity::Injected(private) => Identity::injected(crypto, private)?,
        };
        let record = Record { model, serial };
        let bytes = record.emit();
        let own = [
            Change::put(&FACTORY_RECORD, &bytes),
            Change::put(&IDENTITY_KEY, identity.private_key().expose()),
            Change::put(&credentials.factory, verifier),
        ];
        let [a, b, c] = own;
        match *also {
            [] => storage.commit(&own).await?,
            [d] => storage.commit(&[a, b, c, d]).await?,
            [d, e] => storage.commit(&[a, b, c, d, e]).await?,
            _ => return Err(StorageError::TooLong.into()),
        }
        fuse.blow().map_err(|_| ProvisionError::Fuse)?;
        events.event(Event::new(EventKind::Provisioned, Severity::Info, Source::Provision, 0));
        Ok(Device::new(record, credentials))
    }
}

/// What the factory gives one device.
#[derive(Debug, Clone, Copy)]
pub struct Equipment<'a> {
    /// The model.
    pub model: Model,
    /// The serial number.
    pub serial: Serial,
    /// The label's secret, which is judged and not kept.
    pub secret: &'a LabelSecret,
    /// What the device keeps of it, made by `gabion_auth`.
    pub verifier: &'a [u8],
    /// Facts that an attacker can see, such as the MAC address.
    pub public: &'a [&'a [u8]],
    /// Where the identity key comes from.
    pub identity: NewIdentity<'a>,
    /// What else is stored with the same commit: two changes at most.
    pub also: &'a [Change<'a>],
}

/// Where a device's identity key comes from.
#[derive(Debug, Clone, Copy)]
pub enum NewIdentity<'a> {
    /// From the device's own random source. It has no copy anywhere.
    Generate,
    /// From the line, which has to forget it.
    ///
    /// # Security
    ///
    /// Whoever has a copy *is* the device. For lines that must: a chip without a good random source, or certificates that are
    /// made ahead. Carry it encrypted (`gabion provision batch --identity injected`).
    Injected(&'a Secret<[u8; 32]>),
}

/// Says of a [`Device`] that it has a unique credential but no owner.
#[derive(Debug)]
pub enum FactoryProvisioned {}

/// Says of a [`Device`] that its owner chose a secret.
#[derive(Debug)]
pub enum Owned {}

/// A device with a unique credential, in the state `S`.
#[derive(Debug)]
pub struct Device<S> {
    record: Record,
    credentials: Credentials,
    state: PhantomData<S>,
}

impl<S> Device<S> {
    const fn new(record: Record, credentials: Credentials) -> Self {
        Self { record, credentials, state: PhantomData }
    }

    /// Returns the model.
    #[must_use]
    pub const fn model(&self) -> Model {
        self.record.model
    }

    /// Returns the serial number.
    #[must_use]
    pub const fn serial(&self) -> Serial {
        self.record.serial
    }

    /// Permits services that reach a network, for as long as the device stays in this state.
    #[must_use]
    pub const fn network(&self) -> NetworkPermit<'_, S> {
        NetworkPermit { device: PhantomData }
    }
}

impl Device<FactoryProvisioned> {
    /// Goes on to [`Owned`] once the owner's secret is stored (`gabion_auth` stores it).
    ///
    /// # Errors
    ///
    /// [`ProvisionError::WrongState`] when it is not; [`ProvisionError::Storage`].
    pub async fn claimed<T: Storage>(
        self,
        storage: &mut T,
        events: &mut impl EventSink,
    ) -> Result<Device<Owned>, ProvisionError<T::FlashError>> {
        if !is_there(storage, self.credentials.owner.parameter()).await? {
            return Err(ProvisionError::WrongState);
        }
        events.event(Event::new(EventKind::SetUpFinished, Severity::Info, Source::Provision, 0));
        Ok(Device::new(self.record, self.credentials))
    }
}

impl Device<Owned> {
    /// Goes back to [`FactoryProvisioned`] after a factory reset. Every [`NetworkPermit`] of the owner's time must be gone by
    /// then: they borrow this value.
    ///
    /// # Errors
    ///
    /// [`ProvisionError::WrongState`] while the owner's secret is still there; [`ProvisionError::Storage`].
    pub async fn was_reset<T: Storage>(
        self,
        storage: &mut T,
    ) -> Result<Device<FactoryProvisioned>, ProvisionError<T::FlashError>> {
        if is_there(storage, self.credentials.owner.parameter()).await? {
            return Err(ProvisionError::WrongState);
        }
        Ok(Device::new(self.record, self.credentials))
    }
}

/// Witness that this device has a unique credential: what a service that reaches a network asks for when it is made.
///
/// A set-up service takes `NetworkPermit<'_, FactoryProvisioned>`, a service for the owner `NetworkPermit<'_, Owned>`, a
/// machine interface either. It cannot be made out of nothing:
///
/// ```compile_fail
/// use core::marker::PhantomData;
/// use gabion_provision::{NetworkPermit, Owned};
/// let permit: NetworkPermit<'_, Owned> = NetworkPermit { device: PhantomData };
/// ```
///
/// and it does not outlive the state that it speaks of:
///
/// ```compile_fail
/// use gabion_provision::{Device, Owned};
/// use gabion_storage::Storage;
/// async fn reset(device: Device<Owned>, storage: &mut impl Storage) {
///     let permit = device.network();
///     let reset = device.was_reset(storage).await;
///     let still_here = permit;
/// }
/// ```
#[derive(Debug)]
pub struct NetworkPermit<'a, S> {
    device: PhantomData<&'a Device<S>>,
}

impl<S> Clone for NetworkPermit<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for NetworkPermit<'_, S> {}
