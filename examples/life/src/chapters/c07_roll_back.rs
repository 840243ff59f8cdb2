//! A roll-back attempt: an old image, rightly signed, with old weaknesses.

use anyhow::{Result, anyhow, bail};
use gabion::boot::Refusal;
use gabion::update::{UpdateError, Updater};

use crate::board;
use crate::chapters::c06_update::{config, ends};
use crate::images;
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(7, "An old version is offered, and refused", "5.3-9, 5.3-10");
    world.session(async |session| {
        let keys = board::trusted_keys();
        let counter = session.lab.rollback_counter.clone();
        let running = session.booted.slot;
        let events = &mut session.device.events;
        let mut updater = Updater::open(&mut session.firmware, counter, running, config(&keys))
            .await
            .map_err(|e| anyhow!("{e:?}"))?;
        for (offer, wanted) in [(images::OLD, Some(Refusal::Rollback)), (images::STRANGER, None)] {
            let (head, tail) = ends(offer)?;
            match updater.begin(head, tail, events).await.map(|_download| ()) {
                Err(UpdateError::Refused(refusal))
                    if wanted.is_none_or(|wanted| wanted == refusal) =>
                {
                    teller.refused(offer.file, &refusal.to_string());
                }
                Err(other) => bail!("{}: refused for another reason: {other:?}", offer.file),
                Ok(()) => bail!("{} was taken", offer.file),
            }
        }
        progress::done(session, teller, progress).await
    })?;
    teller.shows(
        "5.3",
        "an older security counter refused although rightly signed",
        "gabion-update/tests/attacks.rs",
    );
    Ok(())
}
