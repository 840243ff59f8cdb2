//! The accounts of people.

use gabion_crypto::Secret;
use gabion_profile::CriticalKey;
use gabion_storage::{Storage, StorageError};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::entered::Name;
use crate::format::{Cost, Record, VERIFIER_LEN};
use crate::parameters::ACCOUNTS;
use crate::{Policy, RoleKind};

/// What was found under a name: a real account, or one that nothing fits.
pub(crate) struct Found {
    pub(crate) record: Record,
    /// The number of the account; `ACCOUNTS.len()` for none.
    pub(crate) account: u8,
    known: Choice,
}

impl Found {
    pub(crate) fn is_known(&self) -> bool {
        self.known.into()
    }

    /// The role that the attempt aims at, for the event; `None` for an unknown name.
    pub(crate) fn role(&self) -> Option<RoleKind> {
        self.is_known().then_some(self.record.role)
    }
}

/// Reads one verifier. A record that is no verifier counts as damaged.
pub(crate) async fn read<S: Storage>(
    storage: &mut S,
    key: &CriticalKey,
) -> Result<Option<Record>, StorageError<S::FlashError>> {
    let mut bytes = Secret::<[u8; VERIFIER_LEN]>::zeroed();
    match storage.get(key, &mut bytes).await? {
        None => Ok(None),
        Some(len) => {
            let record = bytes.expose().get(..len).and_then(Record::parse);
            record.map(Some).ok_or(StorageError::Damaged)
        }
    }
}

/// Finds the account of a name. Every account is read and compared, whichever it is and whether there is one; for an unknown
/// name the result is a record that costs as much to check and that nothing fits.
pub(crate) async fn find<S: Storage>(
    storage: &mut S,
    name: &Name,
    policy: &Policy,
) -> Result<Found, StorageError<S::FlashError>> {
    let mut chosen = Record {
        role: RoleKind::User,
        cost: Cost::of(policy),
        salt: [0x5c; 16],
        hash: [0; 32],
        name_len: 0,
        name: [0; 32],
    };
    let mut account = u8::try_from(ACCOUNTS.len()).unwrap_or(u8::MAX);
    let mut known = Choice::from(0);
    for (number, key) in (0_u8..).zip(&ACCOUNTS) {
        let record = match read(storage, key).await {
            Ok(Some(record)) => record,
            // The others still work; this one lets nobody in.
            Ok(None) | Err(StorageError::Damaged) => continue,
            Err(other) => return Err(other),
        };
        let same = record.name.ct_eq(name.padded());
        assign(&mut chosen.salt, &record.salt, same);
        assign(&mut chosen.hash, &record.hash, same);
        chosen.cost.assign(record.cost, same);
        account.conditional_assign(&number, same);
        known |= same;
    }
    // The owner's account is the first; the role follows from the number, so that no record can name a higher one.
    if account == 0 {
        chosen.role = RoleKind::Owner;
    }
    Ok(Found { record: chosen, account, known })
}

fn assign(to: &mut [u8], from: &[u8], choice: Choice) {
    for (to, from) in to.iter_mut().zip(from) {
        to.conditional_assign(from, choice);
    }
}

/// Returns the number of an account that is free: one that holds nothing, or else one whose record is damaged, which lets
/// nobody in and which nobody could remove by its name.
pub(crate) async fn free<S: Storage>(
    storage: &mut S,
) -> Result<Option<(u8, &'static CriticalKey)>, StorageError<S::FlashError>> {
    let mut damaged = None;
    for (number, key) in (0_u8..).zip(&ACCOUNTS).skip(1) {
        match read(storage, key).await {
            Ok(None) => return Ok(Some((number, key))),
            Ok(Some(_)) => {}
            Err(StorageError::Damaged) => damaged = damaged.or(Some((number, key))),
            Err(other) => return Err(other),
        }
    }
    Ok(damaged)
}

/// Returns the key of an account.
pub(crate) fn key(account: u8) -> Option<&'static CriticalKey> {
    ACCOUNTS.get(usize::from(account))
}
