//! pending
use crate::progress::{self, Progress};
use crate::teller::Teller;
use crate::world::World;
use anyhow::Result;

/// Tells the chapter.
pub(crate) fn tell(world: &World, teller: &mut Teller, progress: Progress) -> Result<()> {
    teller.chapter(10, "The device is given away: factory reset", "5.11-1, 5.11-2");
    world.session(async |session| progress::done(session, teller, progress).await)
}
