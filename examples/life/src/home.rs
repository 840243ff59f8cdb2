//! What the device knows of people, between the crate that keeps it and the parts that it needs.

use anyhow::{Result, anyhow, bail};
use gabion::crypto::{Secret, Software};
use gabion::hal::EventSink;
use gabion::privacy::{Doubt, PersonalKey, Ports, Subject};
use gabion::provision::IDENTITY_KEY;
use gabion::storage::Storage;
use gabion_sim::SimClock;

use crate::board::SimDevice;
use crate::profile::{Home, INVENTORY};
use crate::world::Session;

/// Lends the parts.
pub(crate) fn ports<'x>(
    device: &'x mut SimDevice<'_, '_>,
    device_key: Option<&'x Secret<[u8; 32]>>,
) -> Ports<'x, impl Storage<FlashError: std::fmt::Debug>, Software, SimClock, impl EventSink> {
    Ports {
        storage: &mut device.store,
        provider: &device.chip.crypto,
        clock: &mut device.chip.clock,
        events: &mut device.events,
        device_key,
    }
}

/// Opens it, at every boot: deletions that a power cut interrupted are finished before anything else starts.
pub(crate) async fn open(
    device: &mut SimDevice<'_, '_>,
) -> Result<(Home, Option<Secret<[u8; 32]>>)> {
    let mut key = Secret::<[u8; 32]>::zeroed();
    let found = device.store.get(&IDENTITY_KEY, &mut key).await;
    let key = match found.map_err(|e| anyhow!("the identity: {e}"))? {
        Some(32) => Some(key),
        None => None,
        Some(_) => bail!("the identity has a wrong length"),
    };
    let home = Home::open(INVENTORY, Doubt::Keep, &mut ports(device, key.as_ref()))
        .await
        .map_err(|e| anyhow!("personal data: {e}"))?;
    Ok((home, key))
}

/// Reads an item, if there is a legal basis for it and something is kept.
pub(crate) async fn look(
    session: &mut Session<'_, '_>,
    key: PersonalKey,
    subject: Subject,
) -> Result<Option<Vec<u8>>> {
    let Ok(permit) = session.home.permit(key, subject) else { return Ok(None) };
    let mut ports = ports(&mut session.device, session.identity.as_ref());
    let found = session.home.get::<_, _, _, _, 32>(&mut ports, &permit).await;
    let found = found.map_err(|e| anyhow!("LOST: {e}"))?;
    Ok(found.map(|data| data.expose(&permit).map(|v| v.as_ref().to_vec())).transpose()?)
}
