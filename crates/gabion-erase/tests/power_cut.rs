//! The law of every crash test, for the reset: cut at every operation, and at every operation of what takes it up again, the
//! device is the user's or the factory's, and in the latter case nothing of the user is in the image.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::*;
use gabion_crypto::Secret;
use gabion_erase::{
    Context, Erasable, EraseCount, NoVolatile, RECEIPT_LEN, Receipt, RegionError, newest_receipt,
    order,
};
use gabion_hal::NoEvents;
use gabion_sim::{Board, Fault, LeakScan, Off, Rig, Subject};

#[derive(Clone, Debug)]
enum Op {
    /// A user moves in.
    LiveIn,
    /// A reset is ordered and run, without a restart in between.
    Reset,
}

/// How many of the user's values are there, whether the region holds something, number of the newest receipt.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    values: usize,
    cache: bool,
    resets: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// Regions are erased before the keys, and the order is written down last.
    IntentLast,
    /// A region says that it is empty and is erased after the receipt was written.
    Lazy,
}

struct ResetSubject(Bug);

/// A region that only claims to be empty.
struct Lazy;

impl Erasable for Lazy {
    type Error = core::convert::Infallible;

    fn name(&self) -> &'static str {
        "cache"
    }

    async fn empty(&mut self) -> Result<EraseCount, RegionError<Self::Error>> {
        Ok(EraseCount::default())
    }
}

impl Subject for ResetSubject {
    type Flash = Nor;
    type Live<'a> = Live<'a>;
    type Op = Op;
    type State = Seen;
    type Error = Failure;

    fn initial(&self) -> Seen {
        Seen { values: 0, cache: false, resets: 0 }
    }

    fn expect(&self, before: &Seen, op: &Op) -> Seen {
        match op {
            Op::LiveIn => Seen { values: 4, cache: true, ..*before },
            Op::Reset => Seen { values: 0, cache: false, resets: before.resets + 1 },
        }
    }

    async fn open<'a>(&'a self, board: &'a mut Board<Nor>) -> Result<Live<'a>, Failure> {
        let mut live = open(board)?;
        // What every boot does before anything starts.
        resume(&mut live).await?;
        Ok(live)
    }

    async fn apply(&self, live: &mut Self::Live<'_>, op: &Op) -> Result<(), Failure> {
        match (op, self.0) {
            (Op::LiveIn, _) => live_in(live).await,
            (Op::Reset, Bug::None) => {
                let _ordered = order(&mut live.store, Told, &mut NoEvents).await.map_err(text)?;
                resume(live).await.map(|_| ())
            }
            (Op::Reset, Bug::IntentLast) => {
                live.cache.empty().await.map_err(text)?;
                let _ordered = order(&mut live.store, Told, &mut NoEvents).await.map_err(text)?;
                resume(live).await.map(|_| ())
            }
            (Op::Reset, Bug::Lazy) => {
                let _ordered = order(&mut live.store, Told, &mut NoEvents).await.map_err(text)?;
                let key = Secret::new(IDENTITY_VALUE);
                let context = Context {
                    provider: &Unsigned,
                    memory: &mut NoVolatile,
                    clock: &mut live.clock,
                    events: &mut NoEvents,
                    device_key: Some(&key),
                };
                let run = gabion_erase::resume(&PLAN, &mut live.store, &mut (Lazy,), context).await;
                run.map_err(text)?;
                live.cache.empty().await.map(|_| ()).map_err(text)
            }
        }
    }

    async fn observe(&self, live: &mut Self::Live<'_>) -> Result<Seen, Failure> {
        use embedded_storage_async::nor_flash::ReadNorFlash;
        let mut bytes = [0; RECEIPT_LEN];
        let resets = match newest_receipt(&mut live.store, &mut bytes).await.map_err(text)? {
            None => 0,
            Some(len) => Receipt::verify(&Unsigned, &bytes[..len], &NOBODY).map_err(text)?.number,
        };
        let mut cache = [0; 3 * PAGE];
        live.cache.flash_mut().read(0, &mut cache).await.map_err(text)?;
        let cache = cache.windows(8).any(|bytes| bytes == &CACHE_VALUE[..8]);
        Ok(Seen { values: values(&mut live.store).await?, cache, resets })
    }

    fn judge(&self, old: &Seen, new: &Seen, seen: &Seen) -> Result<(), (String, String)> {
        // A user moves in step by step: any number of values in between is fine, but not after a reset was begun. Moving in
        // again rewrites the cache page by page, so that it may be there or not.
        let moving_in =
            new.values == 4 && seen.resets == old.resets && (old.values..=4).contains(&seen.values);
        if seen == old || seen == new || moving_in {
            return Ok(());
        }
        Err(("third state".into(), format!("seen {seen:?}, old {old:?}, new {new:?}")))
    }

    fn inspect(&self, off: &Off<Nor>, state: &Seen) -> Result<(), (String, String)> {
        if state.values > 0 || state.resets == 0 {
            return Ok(());
        }
        let mut scan = LeakScan::new();
        scan.plant("wifi", &WIFI_VALUE)
            .plant("old wifi", &OLD_WIFI_VALUE)
            .plant("name", &NAME_VALUE)
            .plant("health", &HEALTH_VALUE)
            .plant("setting", &SETTING_VALUE)
            .plant("cache", &CACHE_VALUE);
        match scan.scan_medium(&off.medium).first() {
            Some(leak) => Err(("leak".into(), leak.to_string())),
            None => Ok(()),
        }
    }
}

/// A rig on a device in which somebody lived before, so that the reset has old values and pages to deal with.
fn rig(bug: Bug) -> Rig<ResetSubject> {
    Rig::on(ResetSubject(bug), new_device()).max_erases(12).opens_write()
}

const LIFE: [Op; 2] = [Op::LiveIn, Op::Reset];

/// Every operation under every fault. With `GABION_SOAK` set, every operation of the next run too (half an hour); without, the
/// next test draws from those pairs.
#[test]
fn a_reset_cut_at_every_operation_leaves_nothing() {
    let rig = rig(Bug::None);
    if std::env::var_os("GABION_SOAK").is_some() {
        let twice = rig.named("reset, twice").faults(&[Fault::Clean]).seeds(1).recovery_cuts(1);
        twice.sweep(&LIFE).assert_clean();
    } else {
        rig.named("reset").seeds(2).recovery_cuts(0).sweep(&LIFE).assert_clean();
    }
}

#[test]
fn many_owners_and_random_cuts_leave_nothing() {
    let mut next = false;
    let report =
        rig(Bug::None).named("owners").recovery_cuts(4).sample(0x0065_7261_7365, 1_500, |_, _| {
            next = !next;
            if next { Op::LiveIn } else { Op::Reset }
        });
    report.assert_clean();
}

#[test]
fn planted_bug_regions_before_the_intent_is_caught() {
    rig(Bug::IntentLast)
        .named("planted: intent last")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&LIFE)
        .assert_caught();
}

#[test]
fn planted_bug_a_receipt_before_the_regions_is_caught() {
    rig(Bug::Lazy)
        .named("planted: lazy region")
        .seeds(1)
        .recovery_cuts(0)
        .sweep(&LIFE)
        .assert_caught();
}
