//! Sealed storage: what is kept is unreadable in the flash, and kept whole or not at all.

use anyhow::{Result, anyhow, bail};
use gabion::storage::{Change, Storage};
use gabion_sim::LeakScan;
use serde_json::json;

use crate::profile::{ROOM_NAME, WIFI_PASSPHRASE};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// The passphrase of the owner's Wi-Fi.
pub(crate) const WIFI: &[u8] = b"plums-and-gravel-1974";
/// The room that the device stands in.
pub(crate) const ROOM: &[u8] = b"kitchen";

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(5, "Secrets are sealed into the flash", "5.4-1");
    world.session(async |session| {
        let store = &mut session.device.store;
        store
            .commit(&[Change::put(&WIFI_PASSPHRASE, WIFI), Change::put(&ROOM_NAME, ROOM)])
            .await
            .map_err(|e| anyhow!("{e}"))?;
        teller.acknowledge("Wi-Fi passphrase", &json!("sealed"));
        teller.acknowledge("room", &json!("kitchen"));
        let (live, capacity) = store.usage();
        teller.say(&format!(
            "Two values in one commit, all or nothing. The store holds {live} of {capacity} bytes; commit {}.",
            store.commits()
        ));
        progress::done(session, teller, progress).await
    })?;
    let copy = world.copy().ok_or_else(|| anyhow!("the power is on"))?;
    let mut scan = LeakScan::new();
    scan.plant("Wi-Fi", WIFI);
    let found = scan.scan(copy.medium.bytes());
    if !found.is_empty() {
        bail!("a secret lies readable in the flash: {found:?}");
    }
    teller.say("A scan of the whole raw flash does not find the passphrase.");
    teller.shows(
        "5.4",
        "sealed store: unreadable in raw flash, several values in one commit",
        "gabion-storage/src/store.rs",
    );
    Ok(())
}
