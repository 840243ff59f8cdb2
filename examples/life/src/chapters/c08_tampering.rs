//! Tampering: an attacker with a programmer, on a copy of this device's flash.

use anyhow::{Context, Result, anyhow, bail};
use gabion::crypto::Secret;
use gabion::storage::{Storage, StorageError};
use gabion::update::Mode;

use crate::board::{Off, SLOTS, STORE_SPAN};
use crate::chapters::c05_sealed_storage::WIFI;
use crate::profile::WIFI_PASSPHRASE;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{World, boot};

/// Where the firmware's region begins in the flash file.
const FIRMWARE_AT: usize = 0x2000;
/// Into the body of the image.
const INTO_BODY: usize = 0x500;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(
        8,
        "Somebody changes the flash with a programmer",
        "5.4-1, 5.7-1, 5.7-2, 5.10-1",
    );
    teller.say("On a copy of this device's flash, so that the story can go on:");
    let copy = || world.copy().context("the power is on");
    flipped_record(copy()?, teller)?;
    earlier_flash(copy()?, teller)?;
    flipped_firmware(copy()?, teller)?;
    world.session(async |session| progress::done(session, teller, progress).await)?;
    teller.shows(
        "5.4",
        "a flipped bit gives an error, never an older value; an earlier flash image is noticed",
        "gabion-storage/tests",
    );
    teller.shows(
        "5.7",
        "firmware changed in flash: the other slot runs, and it is told",
        "gabion-update/src/boot.rs",
    );
    Ok(())
}

/// Writes the passphrase twice, then flips single bits all over what was written last, and reads each time.
fn flipped_record(off: Off, teller: &mut Teller) -> Result<()> {
    let older = b"the passphrase before";
    let off = put(off, older)?;
    let before = off.medium.bytes()[STORE_SPAN].to_vec();
    let off = put(off, WIFI)?;
    let after = &off.medium.bytes()[STORE_SPAN];
    let written = (0..before.len()).filter(|at| before[*at] != after[*at]).step_by(23);
    let (mut noticed, mut harmless) = (0, 0);
    for at in written.collect::<Vec<_>>() {
        let mut flipped = off.clone();
        flipped.medium.flip_bit(STORE_SPAN.start + at, 3);
        let mut on = flipped.power_on(None);
        let read = boot(&mut on, async |session| {
            let mut out = Secret::<[u8; 63]>::zeroed();
            match session.device.store.get(&WIFI_PASSPHRASE, &mut out).await {
                Err(StorageError::Damaged) => Ok(false),
                Ok(Some(len)) if out.expose().get(..len) == Some(WIFI) => Ok(true),
                other => bail!("STALE: a flipped bit at {at:#x} of the store: {other:?}"),
            }
        });
        match read {
            Ok(false) => noticed += 1,
            Ok(true) => harmless += 1,
            Err(why) if why.to_string().contains("STALE") => return Err(why),
            // The bit was in something that the device needs to start, moved there by the collector.
            Err(_refused) => noticed += 1,
        }
    }
    if noticed == 0 {
        bail!("no flipped bit was noticed");
    }
    teller.refused(
        "single bits of the newest record flipped",
        &format!(
            "{noticed} times \"{}\", {harmless} times put right, never the older value",
            StorageError::<()>::Damaged
        ),
    );
    Ok(())
}

fn put(off: Off, value: &[u8]) -> Result<Off> {
    let mut on = off.power_on(None);
    boot(&mut on, async |session| {
        session.device.store.put(&WIFI_PASSPHRASE, value).await.map_err(|e| anyhow!("{e}"))
    })?;
    Ok(on.power_off())
}

/// Puts an earlier image of the whole flash back.
fn earlier_flash(off: Off, teller: &mut Teller) -> Result<()> {
    let earlier = off.medium.clone();
    let later = put(off, b"a passphrase that was changed")?;
    let mut on = Off::with(earlier, later.chip).power_on(None);
    match boot(&mut on, async |_session| Ok(())) {
        Err(why) if why.to_string().contains("counter") => {
            teller.refused("an earlier image of the whole flash", &why.to_string());
            Ok(())
        }
        Err(other) => Err(other),
        Ok(()) => bail!("an earlier flash was taken for the present one"),
    }
}

/// Flips a bit in the firmware that runs.
fn flipped_firmware(mut off: Off, teller: &mut Teller) -> Result<()> {
    let mut on = off.clone().power_on(None);
    let running = boot(&mut on, async |session| Ok(session.booted.slot))?;
    let at = FIRMWARE_AT + usize::try_from(SLOTS.span(running).start())? + INTO_BODY;
    off.medium.flip_bit(at, 0);
    let mut on = off.power_on(None);
    match boot(&mut on, async |session| Ok((session.booted.mode, session.booted.slot))) {
        Ok((Mode::Fallback | Mode::Reverted, slot)) if slot != running => {
            teller.refused(
                "one bit of the running firmware flipped",
                &format!("slot {slot} runs instead"),
            );
        }
        // The other slot holds a version below the floor, or none: better nothing than something changed.
        Err(why) => teller.refused("one bit of the running firmware flipped", &why.to_string()),
        Ok((mode, slot)) => bail!("changed firmware ran: slot {slot}, {mode:?}"),
    }
    Ok(())
}
