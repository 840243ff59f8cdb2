//! What is so: always told from the slot that runs, never from the state alone.

use embedded_storage_async::nor_flash::NorFlash;
use gabion_boot::KeySet;

use crate::SlotId;
use crate::format::{
    ABANDONED, CONFIRMED, FIRST_ATTEMPT, FIRST_PROGRESS, KeyId, Kind, NO_KEY, PROGRESS, REVERTED,
};
use crate::log::{Log, LogError, Newest};

/// How the running image stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It is kept.
    Confirmed,
    /// It is on trial, with so many boots left before the other image comes back.
    Trial {
        /// Boots left after this one.
        boots_left: u8,
    },
    /// It is kept; the next boot tries the image in the other slot.
    Pending,
    /// It came back because the other image's trial ended without a confirmation.
    Reverted,
    /// It runs although the state asks for the other slot: that one's image did not verify.
    Fallback,
    /// There is no state: it was lost, or never written.
    Unknown,
}

/// What the updater knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The slot that runs.
    pub running: SlotId,
    /// How its image stands.
    pub standing: Standing,
    /// Bytes of a download that need not be sent again, and its size; `None` without a download.
    pub download: Option<(u32, u32)>,
}

/// The state of the newest record, marks included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// No record.
    None,
    /// `active` runs.
    Idle { active: SlotId },
    /// `active` runs; so many marks of progress are set for the other slot. `None`: given up.
    Staging { active: SlotId, progress: Option<u32> },
    /// The other slot is tried.
    Trial { old: SlotId, used: u8, verdict: Verdict },
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Open,
    Confirmed,
    Reverted,
}

impl State {
    pub(crate) async fn read<F: NorFlash>(
        log: &Log,
        flash: &mut F,
        newest: Option<Newest>,
    ) -> Result<Self, LogError<F::Error>> {
        let Some(Newest { record, place }) = newest else { return Ok(Self::None) };
        let active = record.active;
        Ok(match record.kind {
            Kind::Idle => Self::Idle { active },
            Kind::Staging if log.is_set(flash, place, ABANDONED).await? => {
                Self::Staging { active, progress: None }
            }
            Kind::Staging => {
                let progress = log.count(flash, place, FIRST_PROGRESS, PROGRESS).await?;
                Self::Staging { active, progress: Some(progress) }
            }
            Kind::Trial => {
                let attempts = u32::from(record.attempts);
                let used = log.count(flash, place, FIRST_ATTEMPT, attempts).await?;
                // Confirmed wins: after it the counter may have been raised, and the old image may be refused.
                let verdict = if log.is_set(flash, place, CONFIRMED).await? {
                    Verdict::Confirmed
                } else if log.is_set(flash, place, REVERTED).await? {
                    Verdict::Reverted
                } else {
                    Verdict::Open
                };
                let used = u8::try_from(used).unwrap_or(u8::MAX);
                Self::Trial { old: active, used, verdict }
            }
        })
    }

    pub(crate) fn standing(self, running: SlotId, attempts: u8) -> Standing {
        let right = |slot, standing| if running == slot { standing } else { Standing::Fallback };
        match self {
            Self::None => Standing::Unknown,
            Self::Idle { active } | Self::Staging { active, .. } => {
                right(active, Standing::Confirmed)
            }
            Self::Trial { old, verdict: Verdict::Confirmed, .. } => {
                right(old.other(), Standing::Confirmed)
            }
            Self::Trial { old, verdict: Verdict::Reverted, .. } => right(old, Standing::Reverted),
            Self::Trial { old, .. } if running == old => Standing::Pending,
            Self::Trial { used, .. } => {
                Standing::Trial { boots_left: attempts.saturating_sub(used) }
            }
        }
    }

    /// The key before which all are revoked. Of two, the one that `keys` lists later.
    pub(crate) fn oldest_key(self, newest: Option<Newest>, keys: KeySet<'_>) -> KeyId {
        let Some(Newest { record, .. }) = newest else { return NO_KEY };
        let later = keys.place_by_id(record.key) > keys.place_by_id(record.oldest_key);
        match self {
            Self::Trial { verdict: Verdict::Confirmed, .. } if later => record.key,
            _ => record.oldest_key,
        }
    }

    /// The keys that are not revoked. A key that this list does not have revokes nothing in it.
    pub(crate) fn trusted<'k>(self, newest: Option<Newest>, keys: KeySet<'k>) -> KeySet<'k> {
        let oldest = keys.place_by_id(self.oldest_key(newest, keys));
        keys.without_first(oldest.unwrap_or(0))
    }
}
