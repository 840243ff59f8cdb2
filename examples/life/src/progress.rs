//! How far the story is. Kept in the device's own sealed store, in a class that a factory reset leaves.

use anyhow::{Result, anyhow, bail};
use gabion::storage::Storage;
use serde_json::json;

use crate::profile::PROGRESS;
use crate::teller::Teller;
use crate::world::Session;

/// The last chapter.
pub(crate) const LAST: u8 = 13;

/// How far the story is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Progress {
    /// Which owner's time this is, from 1.
    pub(crate) round: u16,
    /// The last chapter that was told to its end.
    pub(crate) chapter: u8,
}

impl Progress {
    /// One number that only ever grows.
    pub(crate) fn number(self) -> u32 {
        u32::from(self.round) * 100 + u32::from(self.chapter)
    }
}

/// Reads how far the story is.
pub(crate) async fn load(session: &mut Session<'_, '_>) -> Result<Progress> {
    let mut bytes = [0; 3];
    match session.device.store.get_public(&PROGRESS, &mut bytes).await {
        Ok(Some(3)) => {
            Ok(Progress { round: u16::from_le_bytes([bytes[0], bytes[1]]), chapter: bytes[2] })
        }
        Ok(None) => Ok(Progress { round: 1, chapter: 0 }),
        Ok(Some(_)) => bail!("LOST: the progress of the story has a wrong length"),
        Err(e) => Err(anyhow!("LOST: the progress of the story: {e}")),
    }
}

/// Ends a chapter: stores it, then acknowledges it.
pub(crate) async fn done(
    session: &mut Session<'_, '_>,
    teller: &mut Teller,
    progress: Progress,
) -> Result<()> {
    let [low, high] = progress.round.to_le_bytes();
    let bytes = [low, high, progress.chapter];
    session.device.store.put(&PROGRESS, &bytes).await.map_err(|e| anyhow!("{e}"))?;
    teller.acknowledge("progress", &json!(progress.number()));
    Ok(())
}
