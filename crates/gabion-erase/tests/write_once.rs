//! A reset on flash whose words can be programmed but once: nothing can be zeroed in place, pages must go.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{
    HEALTH, HEALTH_VALUE, JOURNAL, LISTS, MAP, NAME, NAME_VALUE, PAGE, PLAN, Told, Unsigned, WIFI,
    WIFI_VALUE,
};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{Secret, Software};
use gabion_erase::{Context, FlashRegion, NoVolatile, order, resume};
use gabion_flash::{Journaled, Region, Shared, block_on};
use gabion_hal::NoEvents;
use gabion_sim::{LeakScan, Off, PlainNor, Setup, SimCounter};
use gabion_storage::{Config, Storage, Store};

type Nor = PlainNor<8, PAGE>;
type Flash<'a> = Region<'a, NoopRawMutex, Journaled<&'a mut Nor>>;
type PlainStore<'a> = Store<Flash<'a>, Software, SimCounter, 12, { Config::record_size(184) }>;

const OLD_NAME: [u8; 32] = *b"name of a person who moved away.";

#[test]
fn a_reset_leaves_nothing_on_write_once_flash_either() {
    let mut scan = LeakScan::new();
    scan.plant("name", &NAME_VALUE).plant("old name", &OLD_NAME);
    let mut board = Off::<Nor>::new(Setup::new(14 * PAGE)).power_on(None);
    let mut chip = board.chip.clone();
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    for owner in 0..6 {
        {
            let journaled = block_on(Journaled::open(&mut board.flash, JOURNAL)).unwrap();
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [_, flash, cache] = shared.split(&MAP).unwrap();
            let config = Config::new(LISTS);
            let counter = chip.counter.clone();
            let (root, entropy) = (&mut chip.root_key, &mut chip.entropy);
            let mut store: PlainStore<'_> = block_on(async {
                if owner == 0 {
                    Store::format(flash, config, Software, counter, root, entropy, &mut NoEvents)
                        .await
                } else {
                    Store::open(flash, config, Software, counter, root, entropy, &mut NoEvents)
                        .await
                }
            })
            .unwrap();
            let finished = block_on(async {
                store.put(&NAME, &OLD_NAME).await.unwrap();
                store.put(&NAME, &NAME_VALUE).await.unwrap();
                store.put(&WIFI, &WIFI_VALUE).await.unwrap();
                store.put(&HEALTH, &HEALTH_VALUE).await.unwrap();
                let _ordered = order(&mut store, Told, &mut NoEvents).await.unwrap();
                let key = Secret::new([1; 32]);
                let context = Context {
                    provider: &Unsigned,
                    memory: &mut NoVolatile,
                    clock: &mut chip.clock,
                    events: &mut NoEvents,
                    device_key: Some(&key),
                };
                let mut regions = (FlashRegion::new("cache", cache, 0xff),);
                let clean = resume(&PLAN, &mut store, &mut regions, context).await.unwrap();
                let mut bytes = [0; 32];
                assert_eq!(store.get_public(&NAME, &mut bytes).await, Ok(None));
                assert_eq!(store.read(WIFI.parameter(), &mut bytes).await, Ok(None));
                clean.finished_reset()
            });
            assert!(finished);
        }
        assert!(board.flash.illegal_writes().is_empty());
        assert_eq!(scan.scan_medium(board.flash.medium()), [], "owner {owner}");
    }
}
