//! What was once wrong, each pinned.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
#![allow(clippy::arithmetic_side_effects, reason = "tests")]

mod double;

use std::fmt;

use double::*;
use gabion_auth::{AuthError, Owner, Ports, Session, USER_1, USER_2, USER_3};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_storage::Storage;

/// A source that dies after some draws.
struct Dying {
    good: Seeded,
    left: u32,
}

impl TryRng for Dying {
    type Error = fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, fmt::Error> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, fmt::Error> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), fmt::Error> {
        self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
        let Ok(()) = self.good.try_fill_bytes(out);
        Ok(())
    }
}

impl TryCryptoRng for Dying {}

/// Does something with a source that dies after `draws`.
fn with_dying<T>(
    device: &mut Device,
    draws: u32,
    act: impl AsyncFnOnce(
        &mut gabion_auth::Auth<'static, Counting>,
        &mut Ports<'_, MemoryStore, Dying, Uptime, Recorder>,
    ) -> T,
) -> T {
    let mut entropy = Dying { good: Seeded(5), left: draws };
    let mut ports = Ports {
        storage: &mut device.store,
        entropy: &mut entropy,
        clock: &mut device.clock,
        events: &mut device.events,
    };
    block_on(act(&mut device.auth, &mut ports))
}

/// The token was once drawn after the commit: a source that failed in between gave an error for an owner who was set.
#[test]
fn an_error_of_set_up_means_that_there_is_no_owner() {
    for draws in 0..4 {
        let mut device = Device::provisioned(POLICY);
        let outcome: Outcome<Session> = with_dying(&mut device, draws, async |auth, ports| {
            let (label, secret) = (entered(LABEL_SECRET), entered(GOOD));
            auth.set_up_owner(ports, APP, &label, &name("Ada"), &secret).await
        });
        let owned = block_on(device.auth.has_owner(&mut device.store)).unwrap();
        assert_eq!(outcome.is_ok(), owned, "{draws} draws");
        assert_eq!(owned, draws >= 2, "salt and token");
        if !owned {
            assert_eq!(outcome.unwrap_err(), AuthError::Entropy);
            device.clock.0 += 1_000_000;
            assert!(device.set_up(LABEL_SECRET, "Ada", GOOD).is_ok(), "nothing is in the way");
        }
    }
}

#[test]
fn an_error_of_a_change_means_that_the_old_secret_is_good() {
    for draws in 0..4 {
        let mut device = Device::owned(POLICY);
        let outcome: Outcome<Session> = with_dying(&mut device, draws, async |auth, ports| {
            let (old, new) = (entered(GOOD), entered(OTHER));
            auth.change_authenticator(ports, APP, &name("Ada"), &old, &new).await
        });
        device.clock.0 += 1_000_000;
        let good = if outcome.is_ok() { OTHER } else { GOOD };
        assert!(device.log_in("Ada", good).is_ok(), "{draws} draws");
        assert_eq!(outcome.is_ok(), draws >= 2);
    }
}

fn add(device: &mut Device, who: &str) -> Outcome<()> {
    device.clock.0 += 1_000_000;
    let session = device.log_in("Ada", GOOD).unwrap();
    let by = device.auth.authorize::<Owner>(&mut device.clock, &session.token).unwrap();
    let who = name(who);
    device.with(async |auth, ports| auth.add_user(ports, by, &who, &entered(OTHER)).await)
}

/// One damaged record once stopped the owner from ever adding anyone.
#[test]
fn a_damaged_account_does_not_stop_the_owner_from_adding_users() {
    let ids = [USER_1, USER_2, USER_3].map(|key| key.parameter().id.raw());
    for damaged in ids {
        let mut device = Device::owned(POLICY);
        device.store.damaged = Some(damaged);
        // The two sound places are taken first.
        for who in ["Bea", "Cyd"] {
            add(&mut device, who).unwrap();
            device.clock.0 += 1_000_000;
            assert!(device.log_in(who, OTHER).is_ok(), "{who}");
        }
        assert!(!device.store.values.contains_key(&damaged));
    }
    // And a record that is no verifier is written over, because nobody could remove it by its name.
    let mut device = Device::owned(POLICY);
    block_on(device.store.put(&USER_1, &[7; 20])).unwrap();
    for who in ["Bea", "Cyd", "Dot"] {
        add(&mut device, who).unwrap();
        device.clock.0 += 1_000_000;
        assert!(device.log_in(who, OTHER).is_ok(), "{who}");
    }
    assert_eq!(add(&mut device, "Eve"), Err(AuthError::NoRoom));
}
