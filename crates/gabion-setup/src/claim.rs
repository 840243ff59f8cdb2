//! The step from a device on a shelf to somebody's device.

use gabion_auth::{Auth, AuthError, Entered, Name, Ports, Session};
use gabion_crypto::{HmacSha256, PasswordHash};
use gabion_hal::{Clock, Entropy, EventSink};
use gabion_profile::Interface;
use gabion_provision::{Device, FactoryProvisioned, Owned, ProvisionError};
use gabion_storage::Storage;

/// What the person at set-up gave.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The label's secret, scanned or typed.
    pub label: &'a Entered,
    /// The name that the owner wants to log in with.
    pub name: &'a Name,
    /// The new secret.
    pub secret: &'a Entered,
}

/// Why the device has no owner yet.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClaimError<E> {
    /// Say why and ask again; the device is as it was.
    TryAgain(Device<FactoryProvisioned>, AuthError<E>),
    /// The state of the device is not known: open the life cycle again.
    Reopen(ProvisionError<E>),
}

impl<E: core::fmt::Debug> core::fmt::Display for ClaimError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TryAgain(_, why) => write!(f, "{why}"),
            Self::Reopen(why) => write!(f, "{why}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for ClaimError<E> {}

/// Makes the person at set-up the owner, who has to choose a secret to become one, and logs them in.
///
/// # Errors
///
/// [`ClaimError::TryAgain`] gives the device back.
///
/// # Power loss
///
/// The device has an owner or not. When it has, set-up goes on after log-in with the questions that are not answered
/// ([`Choices::load`](crate::Choices::load)).
pub async fn claim<P, S, R, C, E, const N: usize>(
    device: Device<FactoryProvisioned>,
    auth: &mut Auth<'_, P, N>,
    ports: &mut Ports<'_, S, R, C, E>,
    interface: &'static Interface,
    owner: Owner<'_>,
) -> Result<(Device<Owned>, Session), ClaimError<S::FlashError>>
where
    P: HmacSha256 + PasswordHash,
    S: Storage,
    R: Entropy,
    C: Clock,
    E: EventSink,
{
    let Owner { label, name, secret } = owner;
    let session = match auth.set_up_owner(ports, interface, label, name, secret).await {
        Ok(session) => session,
        Err(AuthError::Storage(why)) => return Err(ClaimError::Reopen(why.into())),
        Err(why) => return Err(ClaimError::TryAgain(device, why)),
    };
    let device = device.claimed(ports.storage, ports.events).await.map_err(ClaimError::Reopen)?;
    Ok((device, session))
}
