//! Sealed storage: what is kept is unreadable in the flash, and kept whole or not at all.

use anyhow::{Result, anyhow, bail};
use gabion::storage::{Change, Storage};
use gabion_sim::LeakScan;
use serde_json::json;

use crate::profile::{LAST_AT_HOME, ROOM_NAME, WIFI_PASSPHRASE};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// The passphrase of the owner's Wi-Fi.
pub(crate) const WIFI: &[u8] = b"plums-and-gravel-1974";
/// The room that the device stands in.
pub(crate) const ROOM: &[u8] = b"kitchen";
/// When somebody was last at home.
pub(crate) const AT_HOME: &[u8] = b"2026-11-24T07:15 at the door";

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(5, "Secrets are sealed into the flash", "5.4-1, 5.8-1");
    world.session(async |session| {
        let store = &mut session.device.store;
        store
            .commit(&[
                Change::put(&WIFI_PASSPHRASE, WIFI),
                Change::put(&ROOM_NAME, ROOM),
                Change::put(&LAST_AT_HOME, AT_HOME),
            ])
            .await
            .map_err(|e| anyhow!("{e}"))?;
        teller.acknowledge("Wi-Fi passphrase", &json!("sealed"));
        teller.acknowledge("room", &json!("kitchen"));
        let (live, capacity) = store.usage();
        teller.say(&format!(
            "Three values in one commit, all or nothing. The store holds {live} of {capacity} bytes; commit {}.",
            store.commits()
        ));
        progress::done(session, teller, progress).await
    })?;
    let copy = world.copy().ok_or_else(|| anyhow!("the power is on"))?;
    let mut scan = LeakScan::new();
    for (name, secret) in [("Wi-Fi", WIFI), ("personal data", AT_HOME)] {
        scan.plant(name, secret);
    }
    let found = scan.scan(copy.medium.bytes());
    if !found.is_empty() {
        bail!("a secret lies readable in the flash: {found:?}");
    }
    teller.say("A scan of the whole raw flash finds neither the passphrase nor the personal data.");
    teller.shows(
        "5.4",
        "sealed store: unreadable in raw flash, several values in one commit",
        "gabion-storage/src/store.rs",
    );
    teller.shows(
        "5.8",
        "personal data sealed under a class key of its own",
        "gabion-profile/src/parameter.rs",
    );
    Ok(())
}
