//! Verified boot: what a trusted key signed runs, what was changed does not.

use anyhow::Result;
use gabion::boot::{KeySet, Policy, verify_bytes};
use gabion::crypto::Software;
use serde_json::json;

use crate::board;
use crate::images::{self, Firmware};
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(2, "Only what the maker signed runs", "5.7-1, 5.7-2");
    let keys = board::trusted_keys();
    let policy = Policy::new(0x1_0000);
    for Firmware { file, bytes } in [images::FLIPPED, images::STRANGER] {
        match verify_bytes(bytes, KeySet::new(&keys), &policy, &Software) {
            Err(refusal) => teller.refused(file, &refusal.to_string()),
            Ok(_) => anyhow::bail!("{file} was accepted: a forged image would run"),
        }
    }
    world.session(async |session| {
        let image = &session.booted.image;
        teller.say(&format!(
            "Slot {} runs version {}, signed with MCUboot's imgtool, verified at this very boot ({:?}).",
            session.booted.slot,
            image.version(),
            session.booted.mode
        ));
        teller.data(json!({"version": image.version().to_string()}));
        progress::done(session, teller, progress).await
    })?;
    teller.shows(
        "5.7",
        "verified boot of an imgtool image; a flipped bit and a stranger's signature refused",
        "gabion-boot/tests/vectors.rs",
    );
    Ok(())
}
