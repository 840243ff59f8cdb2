//! Factory reset: ordered by the owner, cut by the power, finished at the next start, with a receipt.

use anyhow::{Context, Result, anyhow, bail};
use gabion::OwnersCommand;
use gabion::auth::Owner;
use gabion::crypto::Software;
use gabion::erase::{RECEIPT_LEN, Receipt, newest_receipt};
use gabion::provision::LifeCycle;
use gabion_sim::{Cut, Fault, LeakScan};
use serde_json::json;

use crate::chapters::c05_sealed_storage::{ROOM, WIFI};
use crate::chapters::c10_outage::SMOKE;
use crate::chapters::c11_personal_data::{AT_HOME, WAKE};
use crate::handover::Handover;
use crate::people::{OWNER_NAME, OWNER_SECRET, entered, log_in_owner, open_auth};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{World, boot};

/// Where the story-teller lets the power fail while everything is being erased.
const CUT_AFTER: u64 = 30;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(12, "The device is given away, and everything goes", "5.11-1, 5.11-4");
    let handover = Handover::load(&world.path)?;
    order(world, teller, &handover)?;
    if progress.round == 1 && !world.has_cut() {
        let cut = world.powered(|on| {
            on.supply.arm(Cut::new(CUT_AFTER, Fault::EraseTorn, 0x5eed));
            boot(on, async |_session| Ok(()))
        });
        if cut.is_err() {
            teller.say("The power fails inside a page erase. It comes back, and before anything else starts:");
        }
    }
    world.session(async |session| {
        match &session.life_cycle {
            Some(LifeCycle::FactoryProvisioned(_)) => {}
            other => bail!("the reset is not finished: {other:?}"),
        }
        let mut bytes = [0; RECEIPT_LEN];
        let len = newest_receipt(&mut session.device.store, &mut bytes)
            .await
            .map_err(|e| anyhow!("{e}"))?
            .context("LOST: there is no receipt")?;
        let message = bytes.get(..len).context("a receipt that is too long")?;
        let receipt = Receipt::verify(&Software, message, &handover.identity()?)
            .map_err(|e| anyhow!("the receipt: {e}"))?;
        std::fs::write(world.path.with_extension("receipt"), message)?;
        teller.say(&format!(
            "The reset is finished. Receipt {}, signed by the device: {} classes destroyed, {} values in clear removed, \
             taken up again {} times.",
            receipt.number,
            receipt.classes.count_ones(),
            receipt.values,
            receipt.resumed,
        ));
        teller.acknowledge("receipt", &json!(receipt.number));
        progress::done(session, teller, progress).await
    })?;
    let copy = world.copy().context("the power is on")?;
    let mut scan = LeakScan::new();
    for (name, secret) in [
        ("Wi-Fi", WIFI),
        ("personal data", AT_HOME),
        ("a guest's data", WAKE),
        ("a message that waited", SMOKE),
        ("room", ROOM),
        ("owner's name", OWNER_NAME.as_bytes()),
        ("owner's secret", OWNER_SECRET.as_bytes()),
    ] {
        scan.plant(name, secret);
    }
    let found = scan.scan(copy.medium.bytes());
    if !found.is_empty() {
        bail!("something of the owner is left in the flash: {found:?}");
    }
    teller.say("A scan of the whole raw flash finds nothing of the owner; the label's code opens it again.");
    teller.shows(
        "5.11",
        "factory reset: keys first, cut by the power, finished at the next start, signed receipt",
        "gabion-erase/src/reset.rs",
    );
    Ok(())
}

/// Lets the owner order the reset, unless that was done and the power failed since.
fn order(world: &World, teller: &mut Teller, handover: &Handover) -> Result<()> {
    let facts = handover.facts();
    let facts: Vec<&[u8]> = facts.iter().map(Vec::as_slice).collect();
    world.session(async |session| {
        if !matches!(session.life_cycle, Some(LifeCycle::Owned(_))) {
            teller.say("The reset was ordered before the power failed.");
            return Ok(());
        }
        let mut auth = open_auth(&mut session.device, &facts).await?;
        let opened = log_in_owner(session, &mut auth, &entered(OWNER_SECRET)?).await?;
        let by = auth
            .authorize::<Owner>(&mut session.device.chip.clock, &opened.token)
            .map_err(|e| anyhow!("the owner's session: {e}"))?;
        auth.end_sessions();
        let _ordered = session
            .device
            .order_reset(OwnersCommand::new(by))
            .await
            .map_err(|e| anyhow!("the reset: {e}"))?;
        teller.acknowledge("reset", &json!("ordered"));
        Ok(())
    })
}
