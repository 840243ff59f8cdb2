//! What a reset costs: words, erases, and the time that they take on an nRF52840 by its data sheet.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use device::{LISTS, NAME, NAME_VALUE, Told, Unsigned, WIFI, WIFI_VALUE};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_storage_async::nor_flash::NorFlash;
use gabion_crypto::{Secret, Software};
use gabion_erase::{Context, Domain, FlashRegion, NoVolatile, Plan, Region, order, resume};
use gabion_flash::{Journaled, Layout, Multiwrite, Region as Part, Shared, Span, block_on};
use gabion_hal::NoEvents;
use gabion_sim::{Counters, Off, Setup, SimCounter, SimFlash};
use gabion_storage::{Config, Storage, Store};

type Nor = SimFlash<4, 4096>;
type Flash<'a> = Part<'a, NoopRawMutex, Journaled<&'a mut Nor, Multiwrite>>;
type BigStore<'a> = Store<Flash<'a>, Software, SimCounter, 12, { Config::record_size(184) }>;

const PAGE: u32 = 4096;
const STORE: u32 = 16;
const JOURNAL: Span = Span::new(0, 2 * PAGE);

const fn plan(pages: u32) -> Plan<3> {
    let map = Layout::new(
        (18 + pages) * PAGE,
        PAGE,
        [JOURNAL, Span::new(2 * PAGE, STORE * PAGE), Span::new(18 * PAGE, pages * PAGE)],
    );
    let regions = [
        Region::new("journal", Domain::Survives("numbers of pages, nothing else")),
        Region::new("store", Domain::Store),
        Region::new("cache", Domain::Erased),
    ];
    Plan::new(&map, regions, LISTS)
}

/// Fills store and region, resets, and returns what the reset cost.
fn measure(plan: &Plan<3>) -> Counters {
    let capacity = plan.layout().spans()[2].end();
    let off = Off::<Nor>::new(Setup::new(capacity as usize));
    let mut board = off.power_on(None);
    let mut chip = board.chip.clone();
    block_on(Journaled::format(&mut board.flash, JOURNAL)).unwrap();
    let counted = |board: &mut gabion_sim::Board<Nor>, chip: &mut gabion_sim::Chip, run: bool| {
        let before = board.flash.counters();
        {
            let journaled =
                block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL)).unwrap();
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [_, store, cache] = shared.split(plan.layout()).unwrap();
            let mut store = block_on(BigStore::open(
                store,
                Config::new(LISTS),
                Software,
                chip.counter.clone(),
                &mut chip.root_key,
                &mut chip.entropy,
                &mut NoEvents,
            ))
            .unwrap();
            let mut cache = FlashRegion::new("cache", cache, 0xff);
            if run {
                let _ordered = block_on(order(&mut store, Told, &mut NoEvents)).unwrap();
                let key = Secret::new([1; 32]);
                let context = Context {
                    provider: &Unsigned,
                    memory: &mut NoVolatile,
                    clock: &mut chip.clock,
                    events: &mut NoEvents,
                    device_key: Some(&key),
                };
                block_on(resume(plan, &mut store, &mut (&mut cache,), context)).unwrap();
            }
        }
        board.flash.counters() - before
    };
    {
        let journaled = block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL)).unwrap();
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let [_, store, mut cache] = shared.split(plan.layout()).unwrap();
        let mut store = block_on(BigStore::format(
            store,
            Config::new(LISTS),
            Software,
            chip.counter.clone(),
            &mut chip.root_key,
            &mut chip.entropy,
            &mut NoEvents,
        ))
        .unwrap();
        for _ in 0..400 {
            block_on(store.put(&WIFI, &WIFI_VALUE)).unwrap();
        }
        block_on(store.put(&NAME, &NAME_VALUE)).unwrap();
        for page in 0..plan.layout().spans()[2].len() / PAGE {
            block_on(cache.write(page * PAGE, &[0; 64])).unwrap();
        }
    }
    let opening = counted(&mut board, &mut chip, false);
    counted(&mut board, &mut chip, true) - opening
}

/// Milliseconds by the data sheet's typical figures: 85 ms for a page, 41 us for a word.
fn milliseconds(cost: &Counters) -> u64 {
    cost.erases * 85 + cost.words * 41 / 1000
}

#[test]
fn a_reset_of_64_kib_and_of_1_mib() {
    const SMALL: Plan<3> = plan(16);
    const LARGE: Plan<3> = plan(256);
    for (name, plan, pages) in [("64 KiB", SMALL, 16), ("1 MiB", LARGE, 256)] {
        let cost = measure(&plan);
        println!(
            "reset of {name} beside a store of 64 KiB: {} erases, {} words, {} bytes read, about {} ms",
            cost.erases,
            cost.words,
            cost.read_bytes,
            milliseconds(&cost)
        );
        // Each page of the region once; beyond that the vault once per class, and what removing values in clear collects.
        assert!(cost.erases >= pages && cost.erases <= pages + 40, "{cost:?}");
        assert!(cost.words < 60 * pages + 4_000, "{cost:?}");
    }
}
