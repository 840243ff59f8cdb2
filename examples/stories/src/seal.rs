//! Sealed storage: what is kept is unreadable in the flash, and kept whole or not at all.

use embedded_storage_async::nor_flash::ReadNorFlash;
use gabion::crypto::Secret;
use gabion::storage::{Change, Storage};

use crate::board::Hardware;
use crate::product::{LAST_AT_HOME, ROOM_NAME, WIFI_PASSPHRASE};
use crate::say;
use crate::session::{Failed, Session};

const WIFI: &[u8] = b"plums-and-gravel-1974";
const ROOM: &[u8] = b"kitchen";
const AT_HOME: &[u8] = b"2026-11-24T07:15 at the door";
/// Bytes that are looked at in one go.
const WINDOW: usize = 256;

/// Seals three values in one commit, reads one back, and looks for them in the raw flash.
pub(crate) async fn tell<H: Hardware>(session: &mut Session<'_, '_, H>) -> Result<(), Failed> {
    let store = &mut session.device.store;
    store
        .commit(&[
            Change::put(&WIFI_PASSPHRASE, WIFI),
            Change::put(&ROOM_NAME, ROOM),
            Change::put(&LAST_AT_HOME, AT_HOME),
        ])
        .await
        .map_err(|e| Failed::to("sealing", e))?;
    let mut out = Secret::<[u8; 63]>::zeroed();
    let len = store.get(&WIFI_PASSPHRASE, &mut out).await.map_err(|e| Failed::to("reading", e))?;
    if len != Some(WIFI.len()) || out.expose().get(..WIFI.len()) != Some(WIFI) {
        return Err(Failed::because("what was sealed does not read back"));
    }
    let (live, capacity) = store.usage();
    let commits = store.commits();
    say!(
        session.console,
        "Three values in one commit. The store holds {live} of {capacity} bytes."
    );
    say!(session.console, "commit {commits}");
    for (name, secret) in [("passphrase", WIFI), ("personal data", AT_HOME)] {
        if find(session, secret).await? {
            return Err(Failed::to("readable in the flash", name));
        }
    }
    say!(session.console, "Neither passphrase nor personal data can be read in the raw flash.");
    Ok(())
}

/// Looks for a value in the raw bytes of journal, store and log. The firmware itself holds the values of this story: its region
/// is left out.
async fn find<H: Hardware>(
    session: &mut Session<'_, '_, H>,
    needle: &[u8],
) -> Result<bool, Failed> {
    let Some(first) = needle.first_chunk::<8>() else { return Ok(false) };
    let [journal, _firmware, store, log] = *session.map.layout.spans();
    let mut window = [0; WINDOW];
    for span in [journal, store, log] {
        let mut at = span.start();
        // Windows overlap by the length that is looked for.
        while at < span.end() {
            let len = usize::try_from(span.end().saturating_sub(at)).unwrap_or(0).min(WINDOW);
            let Some(part) = window.get_mut(..len) else { break };
            session.raw.read(at, part).await.map_err(|_| Failed::because("raw flash"))?;
            if part.windows(first.len()).any(|found| found == first) {
                return Ok(true);
            }
            at = at.saturating_add(WINDOW as u32).saturating_sub(8);
        }
    }
    Ok(false)
}
