//! The board: the parts of the chip, in the hands of the stories.

use core::fmt::Write as _;
use core::marker::PhantomData;

use esp_hal::efuse::base_mac_address;
use esp_hal::time::{Duration, Instant};
use esp_storage::FlashStorage;
use gabion::boot::KeySet;
use gabion::crypto::Software;
use gabion::flash::{Blocking, Journaled, Multiwrite, Shared};
use gabion::hal::{CounterError, MonotonicCounter, ResetCause, Watchdog};
use gabion_esp::{
    CHIP, DebugFuses, Dog, Flash, Noise, ResetReasons, SecureVersion, SharedFlash, Uptime, fuses,
};
use gabion_lockdown::esp::evaluate;
use gabion_port::{Conditioned, FlashCounter, RootPage};
use gabion_stories::{Console, Hardware, Parts, Story, say};

use crate::keys::trusted;
use crate::map::{COUNTERS, MAP, PLAN, ROOT_KEY};
use crate::root_key::{BoardKey, IN_FLASH};
use crate::uart::Serial;

/// The watchdog's patience in milliseconds.
const PATIENCE: u32 = 8000;
/// The longest wait without feeding the watchdog, in milliseconds.
const NAP: u32 = 1000;

/// The types of the board.
pub struct Esp32C3<'a>(PhantomData<&'a ()>);

/// The flash of the chip, as the async traits want it.
type Raw<'a> = Blocking<SharedFlash<'a, 'static>>;
/// A random source that was tested.
type Tested = Conditioned<Noise<'static>, Software>;

impl<'a> Hardware for Esp32C3<'a> {
    type Flash = Journaled<Raw<'a>, Multiwrite>;
    type Raw = Raw<'a>;
    type RootKey = BoardKey;
    type Counter = FlashCounter<SharedFlash<'a, 'static>>;
    type Entropy = Tested;
    type Clock = Uptime;
    type DebugPort = DebugFuses;
    type Console = Serial;

    fn restart() -> ! {
        esp_hal::system::software_reset()
    }

    async fn wait_ms(console: &mut Serial, ms: u32) {
        console.flush();
        let mut left = ms;
        while left > 0 {
            let nap = left.min(NAP);
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(u64::from(nap)) {}
            console.write(&[]).await;
            left = left.saturating_sub(nap);
        }
    }

    async fn report(console: &mut Serial) {
        for finding in evaluate(CHIP, &fuses()).findings() {
            say!(*console, "{:<13} {}", finding.code, finding.what);
        }
        match SecureVersion.read() {
            Ok(version) => say!(*console, "fuse counter  {version} of 16; nothing here burns one"),
            Err(why) => say!(*console, "fuse counter  {why}"),
        }
    }
}

/// Starts the chip and tells a story. Returns when a key is pressed after it, for the next start.
pub async fn tell(story: Story) {
    let p = esp_hal::init(esp_hal::Config::default());
    let reason = ResetReasons::take().reset_reason();
    let mut dog = Dog::new(p.TIMG0);
    dog.start(PATIENCE);
    let Some(mut console) = Serial::new(p.UART0, p.GPIO20, p.GPIO21, dog) else { return };
    let flash = Flash::new(FlashStorage::new(p.FLASH));
    let prepared = match Noise::new(p.RNG, p.ADC1) {
        Ok(noise) => prepare(flash.share(), noise, p.HMAC).await,
        Err(_) => Err("random source"),
    };
    match prepared {
        Ok(Prepared { root_key, entropy, counters: [factory, rollback, store] }) => {
            let mut serial = heapless::String::<16>::new();
            for byte in base_mac_address().as_bytes() {
                let _ = write!(serial, "{byte:02X}");
            }
            let journal = Journaled::open_multiwrite(Blocking(flash.share()), MAP.journal).await;
            let Ok(journal) = journal else {
                return fail(&mut console, "erase journal").await;
            };
            let keys = trusted(&Software);
            let parts: Parts<'_, Esp32C3<'_>> = Parts {
                map: &MAP,
                raw: Blocking(flash.share()),
                root_key,
                store_counter: store,
                rollback_counter: rollback,
                factory_counter: factory,
                entropy,
                clock: Uptime,
                debug_port: DebugFuses,
                console: &mut console,
                reason,
                serial: &serial,
                // The ESP boot loader chose what runs: see README.
                slot: None,
                keys: KeySet::new(&keys),
            };
            gabion_stories::run(story, parts, &mut Shared::new(journal), &PLAN).await;
        }
        Err(what) => fail(&mut console, what).await,
    }
    console.read().await;
}

/// Says what is wrong.
async fn fail(console: &mut Serial, what: &str) {
    console.write(b"FAILED: ").await;
    console.write(what.as_bytes()).await;
    console.write(b"\r\n").await;
}

/// What has to be there before anything else.
struct Prepared<'a> {
    root_key: BoardKey,
    entropy: Tested,
    counters: [FlashCounter<SharedFlash<'a, 'static>>; 3],
}

/// Opens counters and root key. What a new chip lacks is made, as long as the factory counter says that nothing was made yet.
async fn prepare<'a>(
    flash: SharedFlash<'a, 'static>,
    noise: Noise<'static>,
    hmac: esp_hal::peripherals::HMAC<'static>,
) -> Result<Prepared<'a>, &'static str> {
    let mut entropy = Conditioned::start(noise, Software).map_err(|_| "random source")?;
    let in_fuse = BoardKey::in_fuse(hmac);
    if in_fuse.is_err() && !IN_FLASH {
        return Err("no root key in a fuse that only the HMAC peripheral reads");
    }
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
    let root_key = match in_fuse {
        Ok(key) => key,
        Err(_) => BoardKey::in_flash(match page.read() {
            Ok(Some(key)) => key,
            Ok(None) if nothing_made => page.draw(&mut entropy).map_err(|_| "root key")?,
            // Its writing was cut: nothing was sealed under it yet.
            Err(_) if nothing_made => {
                page.erase().map_err(|_| "root key page")?;
                page.draw(&mut entropy).map_err(|_| "root key")?
            }
            _ => return Err("root key is gone"),
        }),
    };
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
