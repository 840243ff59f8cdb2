//! A factory reset, between the parts that order it and those that it empties.

use gabion_auth::{Authorized, Owner};
use gabion_crypto::HmacSha256;
use gabion_erase::{Erasable, EraseCount, RegionError, ResetTrigger, TriggerKind};
use gabion_flash::SafeFlash;
use gabion_log::{Log, LogError};

/// The name of the log's region in a plan.
pub const LOG_REGION: &str = "log";

/// The owner's word that everything of theirs shall go. Only a log-in or a live session makes the witness inside.
#[derive(Debug)]
pub struct OwnersCommand(Authorized<Owner>);

impl OwnersCommand {
    /// Takes the witness.
    pub const fn new(by: Authorized<Owner>) -> Self {
        Self(by)
    }
}

impl ResetTrigger for OwnersCommand {
    fn kind(&self) -> TriggerKind {
        let Self(_by) = self;
        TriggerKind::Command
    }
}

/// The event log as a region that forgets its records and keeps its key chain.
pub(crate) struct LogRegion<'a, F, P>(pub(crate) &'a mut Log<F, P>);

impl<F: SafeFlash, P: HmacSha256> Erasable for LogRegion<'_, F, P> {
    type Error = LogError<F::Error>;

    fn name(&self) -> &'static str {
        LOG_REGION
    }

    async fn empty(&mut self) -> Result<EraseCount, RegionError<Self::Error>> {
        self.0.wipe().await.map_err(RegionError::Hardware)?;
        Ok(EraseCount::default())
    }
}
