//! A signed update over the serial port: the device asks for what it wants, so that a download goes on where it stopped.

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use gabion::boot::{Header, KeySet, Policy};
use gabion::crypto::Software;
use gabion::hal::{MonotonicCounter, NoEvents};
use gabion::update::{Rollback, SlotId, Standing, UpdateError, Updater, UpdaterConfig};

use crate::board::Hardware;
use crate::console::Console;
use crate::line::Line;
use crate::map::Map;
use crate::say;
use crate::session::{Failed, Session};

/// Bytes of an image's ends that are held in RAM: header, and all that follows the body.
const LONGEST_TAIL: usize = 1024;
/// Bytes of one message.
const MESSAGE: usize = 256;

fn config<'a, H: Hardware>(session: &Session<'_, 'a, H>) -> UpdaterConfig<'a, Software> {
    config_of(session.map, session.keys)
}

/// Writes the first state: the running image is kept, and the roll-back counter raised to its own. In the factory.
pub(crate) async fn begin_state<F: NorFlash, C: MonotonicCounter>(
    firmware: F,
    counter: C,
    map: &'static Map,
    running: SlotId,
    keys: KeySet<'_>,
) -> Result<(), Failed> {
    let mut updater = Updater::open(firmware, counter, running, config_of(map, keys))
        .await
        .map_err(Failed::because)?;
    updater.provision().await.map_err(Failed::because)?;
    // Nothing below the first image's security counter runs from now on.
    updater.confirm(&mut NoEvents).await.map_err(Failed::because)
}

fn config_of<'a>(map: &'static Map, keys: KeySet<'a>) -> UpdaterConfig<'a, Software> {
    UpdaterConfig {
        map: &map.slots,
        keys,
        policy: Policy::new(u32::MAX),
        provider: &Software,
        rollback: Rollback::Guarded,
        attempts: 3,
        revoke_older_keys: false,
    }
}

/// Asks the peer for bytes of the image.
async fn want<C: Console>(console: &mut C, at: u32, out: &mut [u8]) -> Result<(), Failed> {
    say!(*console, "want {at} {}", out.len());
    let line = Line::read(console, false).await.map_err(|_| Failed::because("line too long"))?;
    match line.unhex(out) {
        Some(len) if len == out.len() => Ok(()),
        _ => Err(Failed::because("not the bytes that were asked for; call update again to go on")),
    }
}

/// Tells which image runs and how it stands.
pub(crate) async fn status<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let Some(running) = session.slot else {
        say!(session.console, "no boot loader: this firmware was started by itself");
        return Ok(());
    };
    let config = config(session);
    let counter = session.rollback_counter.clone();
    let mut updater = Updater::open(session.firmware.reborrow(), counter, running, config)
        .await
        .map_err(Failed::because)?;
    let status = updater.status().await.map_err(Failed::because)?;
    let start = session.map.slots.span(running).start();
    let mut head = [0; 32];
    session.firmware.read(start, &mut head).await.map_err(Failed::because)?;
    let version = Header::parse(&head).map_err(|e| Failed::to("the running image", e))?.version;
    say!(session.console, "slot {running} runs version {version}: {:?}", status.standing);
    if let Some((at, of)) = status.download {
        say!(session.console, "a download stands at {at} of {of} bytes");
    }
    Ok(())
}

/// Keeps the running image.
pub(crate) async fn confirm<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let Some(running) = session.slot else { return Err(Failed::because("no boot loader")) };
    let config = config(session);
    let counter = session.rollback_counter.clone();
    let firmware = session.firmware.reborrow();
    let events = &mut session.device.events;
    let mut updater =
        Updater::open(firmware, counter, running, config).await.map_err(Failed::because)?;
    updater.confirm(events).await.map_err(Failed::because)?;
    let floor = session.rollback_counter.read().map_err(|e| Failed::to("counter", e))?;
    say!(session.console, "Confirmed. Nothing below security counter {floor} runs any more.");
    session.settle().await
}

/// Takes an image of `size` bytes, installs it for trial. The caller restarts the chip.
pub(crate) async fn take<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    size: u32,
) -> Result<bool, Failed> {
    let Some(running) = session.slot else { return Err(Failed::because("no boot loader")) };
    let config = config(session);
    let counter = session.rollback_counter.clone();
    let Session { firmware, console, device, .. } = session;
    let events = &mut device.events;
    let mut head = [0; 32];
    want(console, 0, &mut head).await?;
    let header = Header::parse(&head).map_err(|e| Failed::to("refused", e))?;
    let body_end = u32::from(header.hdr_size).saturating_add(header.img_size);
    let mut tail = [0; LONGEST_TAIL];
    let tail_len = size.checked_sub(body_end).and_then(|len| usize::try_from(len).ok());
    let Some(tail) = tail_len.and_then(|len| tail.get_mut(..len)) else {
        return Err(Failed::because("refused: the size does not fit the image"));
    };
    // What follows the body may be longer than a line.
    for (n, part) in tail.chunks_mut(MESSAGE).enumerate() {
        let offset = u32::try_from(n.saturating_mul(MESSAGE)).unwrap_or(u32::MAX);
        want(console, body_end.saturating_add(offset), part).await?;
    }
    let mut updater = Updater::open(firmware.reborrow(), counter, running, config)
        .await
        .map_err(Failed::because)?;
    if matches!(updater.status().await.map_err(Failed::because)?.standing, Standing::Pending) {
        say!(*console, "An image waits for its trial: restart.");
        return Ok(false);
    }
    let mut download = match updater.begin(&head, tail, events).await {
        Ok(download) => download,
        Err(UpdateError::Refused(refusal)) => return Err(Failed::to("refused", refusal)),
        Err(other) => return Err(Failed::because(other)),
    };
    let mut message = [0; MESSAGE];
    while download.position() < size {
        let left = usize::try_from(size.saturating_sub(download.position())).unwrap_or(MESSAGE);
        let Some(part) = message.get_mut(..left.min(MESSAGE)) else { break };
        want(console, download.position(), part).await?;
        download.write(part, events).await.map_err(Failed::because)?;
    }
    let image = download.finish(events).await.map_err(Failed::because)?;
    let version = image.version();
    updater.install(image, events).await.map_err(Failed::because)?;
    say!(*console, "Version {version} is verified on flash; the next start tries it.");
    session.settle().await?;
    Ok(true)
}
