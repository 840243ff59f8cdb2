//! Goals N3 and N5, counted: 64 keys of 32 bytes on 16 pages of 4 KiB, 10,000 random updates, the journal included.

#![allow(
    clippy::unwrap_used,
    clippy::needless_range_loop,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::Software;
use gabion_flash::{Journaled, Layout, Shared, Span, block_on};
use gabion_hal::NoCounter;
use gabion_profile::{Class, CriticalKey, Origin, Parameter, Protection};
use gabion_sim::{ChipState, Counters, Off, Rng, Setup, SimFlash};
use gabion_storage::{Change, Config, Storage, Store};

type Nor = SimFlash<4, 4096>;

static PARAMETERS: [Parameter; 65] = {
    let mut all = [parameter(0); 65];
    let mut number = 0;
    while number < 65 {
        all[number] = parameter(number as u16);
        number += 1;
    }
    all
};
static LISTS: [&[Parameter]; 1] = [&PARAMETERS];

const fn parameter(number: u16) -> Parameter {
    let (class, origin) = (Class::Configuration, Origin::Firmware);
    Parameter::new(class, number, Protection::Critical, 32, origin, "KEY", "costs")
}

fn key(number: usize) -> CriticalKey {
    CriticalKey::__registered(&PARAMETERS[number])
}

const PAGES: u32 = 16;
const JOURNAL: Span = Span::new(0, 2 * 4096);
const REGION: Span = Span::new(2 * 4096, PAGES * 4096);

/// Runs the store over a flash whose counters can be read between two calls.
fn with_store<T>(
    off: Off<Nor>,
    is_new: bool,
    act: impl AsyncFnOnce(&mut Live<'_>, &dyn Fn() -> Counters) -> T,
) -> (Off<Nor>, T) {
    let mut board = off.power_on(None);
    let counters = std::rc::Rc::new(std::cell::Cell::new(Counters::default()));
    let result = {
        let chip = &mut board.chip;
        let counted = Counted { flash: &mut board.flash, counters: counters.clone() };
        let journaled = block_on(async {
            let mut counted = counted;
            if is_new {
                Journaled::format(&mut counted, JOURNAL).await.unwrap();
            }
            Journaled::open_multiwrite(counted, JOURNAL).await.unwrap()
        });
        let layout = Layout::check((PAGES + 2) * 4096, 4096, [REGION]).unwrap();
        let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
        let [flash] = shared.split(&layout).unwrap();
        block_on(async {
            let config = Config::new(&LISTS);
            let (root, entropy, events) = (&mut chip.root_key, &mut chip.entropy, &mut chip.events);
            let store = if is_new {
                Live::format(flash, config, Software, NoCounter, root, entropy, events).await
            } else {
                Live::open(flash, config, Software, NoCounter, root, entropy, events).await
            };
            act(&mut store.unwrap(), &|| counters.get()).await
        })
    };
    (board.power_off(), result)
}

type Live<'a> = Store<
    gabion_flash::Region<'a, NoopRawMutex, Journaled<Counted<'a>, gabion_flash::Multiwrite>>,
    Software,
    NoCounter,
    65,
    92,
>;

/// Copies the counters of the flash out after each call.
struct Counted<'a> {
    flash: &'a mut Nor,
    counters: std::rc::Rc<std::cell::Cell<Counters>>,
}

mod counted {
    use embedded_storage_async::nor_flash::{
        ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash,
    };

    use super::{Counted, Nor};

    impl ErrorType for Counted<'_> {
        type Error = <Nor as ErrorType>::Error;
    }

    impl ReadNorFlash for Counted<'_> {
        const READ_SIZE: usize = <Nor as ReadNorFlash>::READ_SIZE;

        async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
            let done = ReadNorFlash::read(&mut *self.flash, offset, bytes).await;
            self.counters.set(self.flash.counters());
            done
        }

        fn capacity(&self) -> usize {
            self.flash.medium().capacity()
        }
    }

    impl NorFlash for Counted<'_> {
        const WRITE_SIZE: usize = <Nor as NorFlash>::WRITE_SIZE;
        const ERASE_SIZE: usize = <Nor as NorFlash>::ERASE_SIZE;

        async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
            let done = NorFlash::erase(&mut *self.flash, from, to).await;
            self.counters.set(self.flash.counters());
            done
        }

        async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
            let done = NorFlash::write(&mut *self.flash, offset, bytes).await;
            self.counters.set(self.flash.counters());
            done
        }
    }

    impl MultiwriteNorFlash for Counted<'_> {}
}

fn blank() -> Off<Nor> {
    Off::with(
        gabion_sim::Medium::new(Setup::new((PAGES as usize + 2) * 4096), 4, 4096),
        ChipState::default(),
    )
}

#[test]
fn ten_thousand_updates_cost_what_the_goals_allow() {
    let (off, _) = with_store(blank(), true, async |store, counters| {
        for number in 0..64 {
            store.put(&key(number), &[0; 32]).await.unwrap();
        }
        let mut rng = Rng::new(3);
        let start = counters();
        let mut worst = 0;
        for _ in 0..10_000 {
            let before = counters();
            let value: [u8; 32] = rng.bytes(32).try_into().unwrap();
            store.put(&key(rng.index(64)), &value).await.unwrap();
            worst = worst.max((counters() - before).read_bytes);
        }
        let spent = counters() - start;
        let ratio = spent.programmed_bytes as f64 / 320_000.0;
        let mut out = [0; 32];
        let before = counters();
        for number in 0..64 {
            assert_eq!(store.read(&PARAMETERS[number], &mut out).await, Ok(Some(32)));
        }
        let get = (counters() - before).read_bytes / 64;
        let before = counters();
        assert_eq!(store.read(&PARAMETERS[64], &mut out).await, Ok(None));
        let miss = (counters() - before).read_bytes;
        println!(
            "{ratio:.3} bytes programmed per payload byte, {} erases, {get} B read per get, {miss} per miss, \
             worst put reads {worst} B, {} copies",
            spent.erases,
            store.wear().copies,
        );
        assert!(ratio <= 2.26, "N3: {ratio}");
        assert!(get <= 72 && miss <= 72, "N5: {get} {miss}");
        assert!(worst <= 8_200, "N5: {worst}");
    });
    let ((_, opened), reads) = {
        let mut read = 0;
        let result = with_store(off, false, async |_, counters| counters());
        read += result.1.read_bytes;
        (result, read)
    };
    println!("open reads {reads} B and programs {} B", opened.programmed_bytes);
    assert!(reads <= 160_000, "open: {reads}");
}

/// The worst mix for the collector: most keys never change, a few change all the time.
#[test]
fn cold_keys_do_not_make_one_commit_pay_for_all() {
    with_store(blank(), true, async |store, counters| {
        for number in 0..64 {
            store.put(&key(number), &[1; 32]).await.unwrap();
        }
        let mut worst = 0;
        for round in 0..6_000_u32 {
            let before = counters();
            store.put(&key((round % 3) as usize), &[round as u8; 32]).await.unwrap();
            worst = worst.max((counters() - before).read_bytes);
        }
        println!("worst put reads {worst} B with cold keys");
        assert!(worst <= 8_200, "N5: {worst}");
        let batch = [Change::put(&key(5), &[5; 32]), Change::remove(&key(6))];
        store.commit(&batch).await.unwrap();
    });
}
