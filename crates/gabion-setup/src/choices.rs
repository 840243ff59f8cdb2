//! What the owner decides.

use gabion_auth::Authorized;
use gabion_storage::{Storage, StorageError};

use crate::CHOICES;
use crate::format::{CHOICES_LEN, emit, parse};

/// How updates are installed (EN 303 645 5.3-4A, 5.3-4B, 5.3-6A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Updates {
    /// By themselves. Recommended, and what set-up proposes.
    Automatic,
    /// The owner is told and says when.
    Ask,
}

/// The owner's decisions. There are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Choices {
    /// How updates are installed.
    pub updates: Updates,
    /// Whether the device tells its maker about faults.
    pub fault_reports: bool,
}

impl Choices {
    /// What set-up proposes: whoever only ever says "next" ends here.
    pub const RECOMMENDED: Self = Self { updates: Updates::Automatic, fault_reports: false };
    /// What holds as long as nobody was asked: nothing runs by itself and nothing is sent without consent.
    pub const UNASKED: Self = Self { updates: Updates::Ask, fault_reports: false };

    /// Reads the decisions; `None` as long as nobody was asked, or when what is stored means nothing. Then
    /// [`Choices::UNASKED`] holds and the questions are due.
    ///
    /// # Errors
    ///
    /// [`StorageError`], except for damage, which counts as not asked.
    pub async fn load<S: Storage>(
        storage: &mut S,
    ) -> Result<Option<Self>, StorageError<S::FlashError>> {
        let mut bytes = [0; CHOICES_LEN];
        match storage.get_public(&CHOICES, &mut bytes).await {
            Ok(Some(len)) => Ok(bytes.get(..len).and_then(parse)),
            Ok(None) | Err(StorageError::Damaged | StorageError::BufferTooSmall(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Stores the decisions. Only the owner decides.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; the old decisions then hold.
    pub async fn save<S: Storage>(
        self,
        storage: &mut S,
        by: Authorized<gabion_auth::Owner>,
    ) -> Result<(), StorageError<S::FlashError>> {
        let _ = by;
        storage.put(&CHOICES, &emit(self)).await
    }
}
