//! A factory reset, between the parts that order it and those that it empties.

use gabion_auth::{Authorized, Owner};
use gabion_crypto::HmacSha256;
use gabion_erase::{Erasable, EraseCount, FlashRegion, RegionError, ResetTrigger, TriggerKind};
use gabion_flash::SafeFlash;
use gabion_hal::RootKey;
use gabion_log::{Log, LogConfig, LogError};

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

/// The event log as a region that forgets its records and keeps its key chain; one that does not open any more is erased.
pub(crate) struct LogRegion<'a, F, P, K> {
    pub(crate) flash: F,
    pub(crate) provider: &'a P,
    pub(crate) root_key: &'a mut K,
    pub(crate) config: &'a LogConfig,
}

impl<F: SafeFlash, P: HmacSha256 + Clone, K: RootKey> Erasable for LogRegion<'_, F, P, K> {
    type Error = LogError<F::Error>;

    fn name(&self) -> &'static str {
        LOG_REGION
    }

    async fn empty(&mut self) -> Result<EraseCount, RegionError<Self::Error>> {
        let provider = self.provider.clone();
        match Log::open(&mut self.flash, provider, self.root_key, self.config).await {
            Ok(mut log) => {
                log.wipe().await.map_err(RegionError::Hardware)?;
                Ok(EraseCount::default())
            }
            // A damaged log must not keep what an owner wants gone.
            Err(LogError::Blank | LogError::NoKey | LogError::Exhausted) => {
                FlashRegion::new(LOG_REGION, &mut self.flash, self.config.erased)
                    .empty()
                    .await
                    .map_err(|error| match error {
                        RegionError::Hardware(error) => {
                            RegionError::Hardware(LogError::Flash(error))
                        }
                        _ => RegionError::NotBlank,
                    })
            }
            Err(other) => Err(RegionError::Hardware(other)),
        }
    }
}
