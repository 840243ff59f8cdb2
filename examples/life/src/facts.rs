//! What is kept, read back at each start: what was acknowledged must be there.

use anyhow::{Result, anyhow, bail};
use gabion::crypto::{EcdsaP256Sign, Secret, Software};
use gabion::erase::{RECEIPT_LEN, Receipt, newest_receipt};
use gabion::hal::MonotonicCounter;
use gabion::log::Lane;
use gabion::privacy::Subject;
use gabion::provision::{IDENTITY_KEY, LifeCycle};
use gabion::setup::Choices;
use gabion::storage::Storage;
use serde_json::{Value, json};

use crate::chapters::c05_sealed_storage::{ROOM, WIFI};
use crate::chapters::c11_personal_data::{AT_HOME, GUEST};
use crate::handover::Handover;
use crate::home;
use crate::profile::{GETS_UP, LAST_AT_HOME, ROOM_NAME, WIFI_PASSPHRASE};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{Session, World};

/// Boots, checks that everything that the finished chapters acknowledged is there, and tells how far the story is.
pub(crate) fn check(world: &World, teller: &mut Teller) -> Result<Progress> {
    let handover = Handover::load(&world.path)?;
    world.session(async |session| {
        let (progress, facts) = read(session).await?;
        must(session, progress, &handover).await?;
        teller.data(json!({"resumed": progress.number(), "facts": facts}));
        if progress.chapter > 0 {
            teller.say(&format!(
                "The story goes on after chapter {} of round {}; all that was kept is there.",
                progress.chapter, progress.round
            ));
        }
        Ok(progress)
    })
}

/// Boots and tells what is kept.
pub(crate) fn tell(world: &World, teller: &mut Teller) -> Result<()> {
    if world.is_new() {
        teller.data(json!({"facts": Value::Null}));
        teller.say("A new chip: nothing is kept yet.");
        return Ok(());
    }
    world.session(async |session| {
        let (_, facts) = read(session).await?;
        if let Value::Object(map) = &facts {
            for (fact, value) in map {
                teller.say(&format!("{fact}: {value}"));
            }
        }
        teller.data(json!({"facts": facts}));
        Ok(())
    })
}

async fn read(session: &mut Session<'_, '_>) -> Result<(Progress, Value)> {
    let progress = progress::load(session).await?;
    let choices = Choices::load(&mut session.device.store).await.map_err(|e| anyhow!("{e}"))?;
    let mut floor = session.lab.rollback_counter.clone();
    let facts = json!({
        "progress": progress.number(),
        "life cycle": match &session.life_cycle {
            Some(LifeCycle::Unprovisioned(_)) => "unprovisioned",
            Some(LifeCycle::FactoryProvisioned(_)) => "factory-provisioned",
            Some(LifeCycle::Owned(_)) => "owned",
            None => "unknown",
        },
        "version": session.booted.image.version().to_string(),
        "lowest security counter": floor.read().map_err(|e| anyhow!("{e}"))?,
        "updates": choices.map(|c| format!("{:?}", c.updates)),
        "commits": session.device.store.commits(),
        "log records": session.device.log.head(Lane::Main).next,
        "critical log records": session.device.log.head(Lane::Critical).next,
        "boots": session.lab.state().boots,
    });
    Ok((progress, facts))
}

/// What each finished chapter promised.
async fn must(session: &mut Session<'_, '_>, at: Progress, handover: &Handover) -> Result<()> {
    let owned = matches!(session.life_cycle, Some(LifeCycle::Owned(_)));
    if matches!(session.life_cycle, Some(LifeCycle::Unprovisioned(_))) {
        bail!("LOST: the device has forgotten that it was provisioned");
    }
    if at.chapter >= 1 && handover.identity.is_none() {
        bail!("LOST: the hand-over names no identity");
    }
    // Chapter 12 orders the reset; the receipt says that it was done.
    let was_reset = at.chapter == 11 && !owned && receipt(session).await? >= u32::from(at.round);
    if (3..=11).contains(&at.chapter) && !owned && !was_reset {
        bail!("LOST: the owner");
    }
    if at.chapter >= 12 && owned {
        bail!("RESURRECTED: the owner is back after the factory reset");
    }
    let kept = (5..=11).contains(&at.chapter) && !was_reset;
    let gone = at.chapter >= 12 || at.chapter <= 2 || was_reset;
    let mut out = Secret::<[u8; 63]>::zeroed();
    let store = &mut session.device.store;
    let wifi = store.get(&WIFI_PASSPHRASE, &mut out).await.map_err(|e| anyhow!("LOST: {e}"))?;
    let wifi = wifi.and_then(|len| out.expose().get(..len)).map(<[u8]>::to_vec);
    let mut room = [0; 32];
    let len = store.get_public(&ROOM_NAME, &mut room).await.map_err(|e| anyhow!("LOST: {e}"))?;
    let room = len.and_then(|len| room.get(..len)).map(<[u8]>::to_vec);
    let home = home::look(session, LAST_AT_HOME, Subject::Household).await?;
    // What the guest had is gone with one deletion, and with it the answers: nobody was asked.
    if at.chapter >= 11 && session.home.permit(GETS_UP, GUEST).is_ok() {
        bail!("RESURRECTED: what the guest allowed");
    }
    let knows = at.chapter == 11 && !was_reset;
    for (name, found, wanted, kept) in [
        ("Wi-Fi passphrase", wifi, WIFI, kept),
        ("personal data", home, AT_HOME, knows),
        ("room", room, ROOM, kept),
    ] {
        match found {
            Some(found) if found != wanted => bail!("LOST: the {name} has another value"),
            Some(_) if gone => bail!("RESURRECTED: the {name} is there after a factory reset"),
            None if kept => bail!("LOST: the {name}"),
            _ => {}
        }
    }
    if (at.round > 1 || at.chapter >= 6) && session.booted.image.version().to_string() == "2.0.1+7"
    {
        bail!("LOST: the confirmed update; version 2.0.1 runs");
    }
    Ok(())
}

/// Returns the number of the newest receipt, 0 without one.
async fn receipt(session: &mut Session<'_, '_>) -> Result<u32> {
    let mut bytes = [0; RECEIPT_LEN];
    let len =
        newest_receipt(&mut session.device.store, &mut bytes).await.map_err(|e| anyhow!("{e}"))?;
    let Some(message) = len.and_then(|len| bytes.get(..len)) else { return Ok(0) };
    let mut key = Secret::<[u8; 32]>::zeroed();
    session.device.store.get(&IDENTITY_KEY, &mut key).await.map_err(|e| anyhow!("{e}"))?;
    let key = Software.p256_public_key(&key).map_err(|e| anyhow!("the identity: {e}"))?;
    Ok(Receipt::verify(&Software, message, &key).map_err(|e| anyhow!("the receipt: {e}"))?.number)
}
