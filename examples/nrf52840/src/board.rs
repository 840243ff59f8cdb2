//! The board: the parts of the chip, in the hands of the stories.

use core::fmt::Write as _;
use core::marker::PhantomData;

use embassy_nrf::nvmc::Nvmc;
use embassy_time::Timer;
use gabion::boot::KeySet;
use gabion::crypto::{Secret, Software, SoftwareRootKey};
use gabion::flash::{Blocking, Journaled, Multiwrite, Shared};
use gabion::hal::{CounterError, MonotonicCounter, ResetCause, Watchdog};
use gabion::update::SlotId;
use gabion_nrf::{
    ApProtect, Dog, Flash, Guard, Noise, ResetReasons, SharedFlash, Uptime, config, guard,
};
use gabion_port::{Conditioned, FlashCounter, RootPage};
use gabion_stories::{Console, Hardware, Parts, Story};

use crate::keys::trusted;
use crate::map::{COUNTERS, FIRMWARE_AT, MAP, PLAN, ROOT_KEY};
use crate::uart::{Pins, Serial};

/// Bytes of a page.
const PAGE: u32 = 4096;
/// The watchdog's patience in milliseconds.
const PATIENCE: u32 = 8000;

/// The types of the board.
pub struct Nrf52840<'a>(PhantomData<&'a ()>);

/// The flash of the chip, as the async traits want it.
pub(crate) type Raw<'a> = Blocking<SharedFlash<'a, 'static>>;

impl<'a> Hardware for Nrf52840<'a> {
    type Flash = Journaled<Raw<'a>, Multiwrite>;
    type Raw = Raw<'a>;
    type RootKey = SoftwareRootKey<Software>;
    type Counter = FlashCounter<SharedFlash<'a, 'static>>;
    type Entropy = Conditioned<Noise<'static>, Software>;
    type Clock = Uptime;
    type DebugPort = ApProtect;
    type Console = Serial;

    fn restart() -> ! {
        cortex_m::peripheral::SCB::sys_reset()
    }

    async fn wait_ms(_console: &mut Serial, ms: u32) {
        Timer::after_millis(u64::from(ms)).await;
    }
}

/// Starts the chip and tells a story.
pub async fn tell(story: Story, spawner: embassy_executor::Spawner) {
    let p = embassy_nrf::init(config());
    let reason = ResetReasons::take().reset_reason();
    let pins = Pins { uarte: p.UARTE0, rxd: p.P0_08, txd: p.P0_06, cts: p.P0_07, rts: p.P0_05 };
    let mut console = Serial::new(pins);
    let mut dog = Dog::new(p.WDT);
    dog.start(PATIENCE);
    if let Ok(token) = feed(dog) {
        spawner.spawn(token);
    }
    let flash = Flash::new(Nvmc::new(p.NVMC));
    match prepare(flash.share(), Noise::new(p.RNG)).await {
        Ok(Prepared { root_key, entropy, counters: [factory, rollback, store] }) => {
            let mut serial = heapless::String::<16>::new();
            for n in 0..2 {
                let word = embassy_nrf::pac::FICR.deviceid(n).read();
                let _ = write!(serial, "{word:08X}");
            }
            let journal = Journaled::open_multiwrite(Blocking(flash.share()), MAP.journal).await;
            let Ok(journal) = journal else { return fail(&mut console, "erase journal").await };
            let keys = trusted(&Software);
            let parts: Parts<'_, Nrf52840<'_>> = Parts {
                map: &MAP,
                raw: Blocking(flash.share()),
                root_key: SoftwareRootKey::new(root_key, Software),
                store_counter: store,
                rollback_counter: rollback,
                factory_counter: factory,
                entropy,
                clock: Uptime,
                debug_port: ApProtect,
                console: &mut console,
                reason,
                serial: &serial,
                slot: running_slot(),
                keys: KeySet::new(&keys),
            };
            gabion_stories::run(story, parts, &mut Shared::new(journal), &PLAN).await;
        }
        Err(what) => fail(&mut console, what).await,
    }
}

/// Says what is wrong and stops. The watchdog task keeps the chip from starting over and over.
async fn fail(console: &mut Serial, what: &str) {
    console.write(b"FAILED: ").await;
    console.write(what.as_bytes()).await;
    console.write(b"\r\n").await;
}

/// Feeds the watchdog as long as the executor runs.
#[embassy_executor::task]
async fn feed(mut dog: Dog<'static>) {
    loop {
        dog.feed();
        Timer::after_secs(2).await;
    }
}

/// Where the vector table lies tells which slot runs; at 0 there was no boot loader.
fn running_slot() -> Option<SlotId> {
    let table = cortex_m::Peripherals::take()?.SCB.vtor.read();
    [SlotId::A, SlotId::B].into_iter().find(|slot| {
        let start = FIRMWARE_AT.saturating_add(MAP.slots.span(*slot).start());
        table >= start && table < start.saturating_add(MAP.slots.span(*slot).len())
    })
}

/// What has to be there before anything else.
pub(crate) struct Prepared<'a> {
    pub(crate) root_key: Secret<[u8; 32]>,
    pub(crate) entropy: Conditioned<Noise<'static>, Software>,
    pub(crate) counters: [FlashCounter<SharedFlash<'a, 'static>>; 3],
}

/// Opens counters and root key, and closes the key's page. What a new chip lacks is made, as long as the factory counter says
/// that nothing was made yet.
pub(crate) async fn prepare<'a>(
    flash: SharedFlash<'a, 'static>,
    noise: Noise<'static>,
) -> Result<Prepared<'a>, &'static str> {
    let mut entropy = Conditioned::start(noise, Software).map_err(|_| "random source")?;
    let open = |at| FlashCounter::open(flash, at).map_err(|_| "counter");
    let [factory, rollback, store] = COUNTERS;
    let (mut factory, mut rollback, mut store) = (open(factory)?, open(rollback)?, open(store)?);
    let mut page = RootPage::new(flash, ROOT_KEY);
    if is_blank(&mut factory)? {
        // It is the first thing that a new chip gets: without it there is nothing else, or something was taken away.
        if !matches!(page.read(), Ok(None)) || !is_blank(&mut store)? {
            return Err("factory counter is gone");
        }
        factory.begin().map_err(|_| "factory counter")?;
    }
    let nothing_made = factory.read() == Ok(0);
    if nothing_made {
        for counter in [&mut rollback, &mut store] {
            if is_blank(counter)? {
                counter.begin().map_err(|_| "counter")?;
            }
        }
        if Journaled::open_multiwrite(Blocking(flash), MAP.journal).await.is_err() {
            let made = Journaled::<Raw<'_>>::format(&mut Blocking(flash), MAP.journal).await;
            made.map_err(|_| "erase journal")?;
        }
    }
    let root_key = match page.read() {
        Ok(Some(key)) => key,
        Ok(None) if nothing_made => page.draw(&mut entropy).map_err(|_| "root key")?,
        // Its writing was cut: nothing was sealed under it yet.
        Err(_) if nothing_made => {
            page.erase().map_err(|_| "root key page")?;
            page.draw(&mut entropy).map_err(|_| "root key")?
        }
        _ => return Err("root key is gone"),
    };
    guard(ROOT_KEY, PAGE, Guard::ReadAndWrite).map_err(|_| "access list")?;
    Ok(Prepared { root_key, entropy, counters: [factory, rollback, store] })
}

/// Whether a counter was never begun.
fn is_blank(counter: &mut impl MonotonicCounter) -> Result<bool, &'static str> {
    match counter.read() {
        Ok(_) => Ok(false),
        Err(CounterError::Corrupt) => Ok(true),
        Err(_) => Err("counter"),
    }
}
