//! A signed update, with the power failing in the middle of it.

use anyhow::{Context, Result, anyhow, bail};
use gabion::boot::{Header, KeySet, Policy};
use gabion::crypto::Software;
use gabion::update::{Mode, Rollback, Standing, UpdateError, Updater, UpdaterConfig};
use gabion_sim::{Cut, Fault};
use serde_json::json;

use crate::board::{self, SLOTS};
use crate::images::{self, Firmware};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::{Session, World};

/// Where a story-teller lets the power fail: after so many words of the new image.
const CUT_AFTER: u64 = 300;
/// Bytes per message from the server.
const MESSAGE: usize = 128;

/// What one session came to.
enum Came {
    /// Switch it on again.
    Reboot,
    /// The update is there.
    Done,
}

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(
        6,
        "An update arrives, and the power fails",
        "5.3-1, 5.3-2, 5.3-9, 5.3-10, 5.9-1",
    );
    let mut may_cut = progress.round == 1 && !world.has_cut();
    for _ in 0..8 {
        let mut fell = false;
        let came = world.session(async |session| {
            let result = step(session, teller, may_cut).await;
            fell = session.supply.fired().is_some_and(|(cut, _)| cut.fault == Fault::UndefinedWord);
            if !fell && matches!(result, Ok(Came::Done)) {
                progress::done(session, teller, progress).await?;
            }
            result
        });
        match came {
            _ if fell => {
                may_cut = false;
                teller.say("The power failed inside a flash word. It comes back:");
            }
            Ok(Came::Reboot) => {}
            Ok(Came::Done) => {
                teller.shows(
                    "5.3",
                    "signed A/B update, resumed after a power cut, tried, confirmed",
                    "gabion-update/src/updater.rs",
                );
                return Ok(());
            }
            Err(other) => return Err(other),
        }
    }
    bail!("the update does not come to an end")
}

/// Opens the updater of a session.
pub(crate) fn config<'k>(keys: &'k [gabion::boot::TrustedKey]) -> UpdaterConfig<'k, Software> {
    UpdaterConfig {
        map: &SLOTS,
        keys: KeySet::new(keys),
        policy: Policy::new(u32::MAX),
        provider: &Software,
        rollback: Rollback::Guarded,
        attempts: 3,
        revoke_older_keys: false,
    }
}

/// Cuts an image into what is decided first and the rest.
pub(crate) fn ends(firmware: Firmware) -> Result<(&'static [u8; 32], &'static [u8])> {
    let head: &[u8; 32] =
        firmware.bytes.first_chunk().context("an image shorter than its header")?;
    let header = Header::parse(head).map_err(|e| anyhow!("{}: {e}", firmware.file))?;
    let body_end = usize::from(header.hdr_size) + usize::try_from(header.img_size)?;
    Ok((head, firmware.bytes.get(body_end..).context("an image without its end")?))
}

async fn step(session: &mut Session<'_, '_>, teller: &mut Teller, may_cut: bool) -> Result<Came> {
    let keys = board::trusted_keys();
    let running = session.booted.slot;
    let version = session.booted.image.version();
    let mode = session.booted.mode;
    let counter = session.lab.rollback_counter.clone();
    let events = &mut session.device.events;
    let mut updater = Updater::open(&mut session.firmware, counter, running, config(&keys))
        .await
        .map_err(|e| anyhow!("{e:?}"))?;
    let status = updater.status().await.map_err(|e| anyhow!("{e:?}"))?;
    if let Mode::Trial { boot, of } = mode {
        teller.say(&format!(
            "Slot {running} runs version {version} on trial, boot {boot} of {of}. It works, so it is confirmed."
        ));
        updater.confirm(events).await.map_err(|e| anyhow!("{e:?}"))?;
        let mut counter = session.lab.rollback_counter.clone();
        let floor =
            gabion::hal::MonotonicCounter::read(&mut counter).map_err(|e| anyhow!("{e}"))?;
        teller.acknowledge("version", &json!(version.to_string()));
        teller.acknowledge("lowest security counter", &json!(floor));
        return Ok(Came::Done);
    }
    let (head, tail) = ends(images::UPDATE)?;
    let size = u32::try_from(images::UPDATE.bytes.len())?;
    match status.standing {
        Standing::Pending => return Ok(Came::Reboot),
        Standing::Confirmed | Standing::Reverted | Standing::Fallback | Standing::Unknown => {}
        other => bail!("an update is in a state that cannot be: {other:?}"),
    }
    match status.download {
        Some((0, of)) => teller.say(&format!(
            "The download of {of} bytes goes on; the first block of 4 KiB had not been complete."
        )),
        Some((at, of)) => {
            teller.say(&format!("{at} of {of} bytes are there already; the download goes on."));
        }
        None => {}
    }
    let mut download = match updater.begin(head, tail, events).await {
        Ok(download) => download,
        Err(UpdateError::AlreadyRunning) => {
            teller.say(&format!("Version {version} runs already: nothing to install."));
            return Ok(Came::Done);
        }
        Err(other) => bail!("the update is refused: {other:?}"),
    };
    if download.position() == 0 && status.download.is_none() {
        teller.say(&format!(
            "{} ({size} bytes): signature, policy and counter are judged before the slot is touched.",
            images::UPDATE.file
        ));
        if may_cut {
            session.supply.arm(Cut::new(CUT_AFTER, Fault::UndefinedWord, 0x5eed));
        }
    }
    while download.position() < size {
        let at = usize::try_from(download.position())?;
        let end = images::UPDATE.bytes.len().min(at + MESSAGE);
        download
            .write(&images::UPDATE.bytes[at..end], events)
            .await
            .map_err(|e| anyhow!("the download: {e:?}"))?;
    }
    let image = download.finish(events).await.map_err(|e| anyhow!("the download: {e:?}"))?;
    let staged = image.version();
    updater.install(image, events).await.map_err(|e| anyhow!("{e:?}"))?;
    teller.say(&format!("Version {staged} is verified on flash; the next boot tries it."));
    Ok(Came::Reboot)
}
