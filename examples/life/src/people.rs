//! The people of the story: what they type.

use anyhow::{Context, Result, anyhow};
use gabion::auth::{Auth, Config, Entered, Name, Policy};
use gabion::crypto::Software;

use crate::board::SimDevice;
use crate::handover::Handover;
use crate::profile::{self, APP_INTERFACE};
use crate::world::Session;

/// How the owner logs in.
pub(crate) const OWNER_NAME: &str = "robin";
/// What the owner chose.
pub(crate) const OWNER_SECRET: &str = "seven otters under a bridge";
/// What the owner would have liked to choose.
pub(crate) const WEAK_SECRET: &str = "password123";
/// What a guesser tries.
pub(crate) const GUESSES: [&str; 6] = [
    "letmein-please",
    "admin-admin-1",
    "correct horse battery",
    "LAMP-2 is mine",
    "summer of 2026",
    "one more guess",
];

/// Takes what someone typed.
pub(crate) fn entered(typed: &str) -> Result<Entered> {
    let mut typed = typed.as_bytes().to_vec();
    Entered::take(&mut typed).map_err(|e| anyhow!("typing: {e:?}"))
}

/// Opens the log-in of a started device.
pub(crate) async fn open_auth<'x>(
    device: &mut SimDevice<'_, '_>,
    facts: &'x [&'x [u8]],
) -> Result<Auth<'x, Software>> {
    let config = Config { interfaces: profile::interfaces(), facts, policy: Policy::STANDARD };
    let chip = &mut device.chip;
    Auth::open(Software, &mut chip.root_key, &mut device.store, &mut chip.clock, config)
        .await
        .map_err(|e| anyhow!("log-in does not open: {e}"))
}

/// Logs the owner in, after whatever wait the throttle asks for.
pub(crate) async fn log_in_owner(
    session: &mut Session<'_, '_>,
    auth: &mut Auth<'_, Software>,
    secret: &Entered,
) -> Result<gabion::auth::Session> {
    let name = Name::new(OWNER_NAME).context("the owner's name")?;
    log_in(session, auth, &name, secret).await
}

/// Logs somebody in, after whatever wait the throttle asks for.
pub(crate) async fn log_in(
    session: &mut Session<'_, '_>,
    auth: &mut Auth<'_, Software>,
    name: &Name,
    secret: &Entered,
) -> Result<gabion::auth::Session> {
    let wait = auth
        .wait_ms::<()>(&mut session.device.chip.clock, APP_INTERFACE, name)
        .map_err(|e| anyhow!("{e:?}"))?;
    session.lab.clock.advance_ms(u64::from(wait));
    let opened = auth
        .log_in(&mut session.device.ports(), APP_INTERFACE, name, secret)
        .await
        .map_err(|e| anyhow!("the log-in: {e}"))?;
    // What the work with the secret left on the stack.
    gabion::crypto::burn_stack::<8192>();
    Ok(opened)
}

impl Handover {
    /// What an attacker may know of the device: no secret may hold it.
    pub(crate) fn facts(&self) -> [Vec<u8>; 2] {
        [self.serial.clone().into_bytes(), profile::PROFILE.device.model.as_bytes().to_vec()]
    }
}
