//! Verifies what lies in the slots, by the rules of the boot loader, and says what it would do.
//!
//! It starts nothing: on this chip the mask ROM and the ESP boot loader decide what runs (see README).
#![no_std]
#![no_main]

use esp_hal::peripherals::Peripherals;
use esp_storage::FlashStorage;
use gabion::boot::{KeySet, Policy};
use gabion::crypto::SmallSha256;
use gabion::flash::{Blocking, block_on};
use gabion::hal::{CounterError, MonotonicCounter, NoEvents, Watchdog};
use gabion::update::{Boot, BootError, Booted, Rollback};
use gabion_esp::{Dog, Flash, SharedFlash};
use gabion_esp32c3::{COUNTERS, LOADER_SLOTS, Serial, trusted};
use gabion_p256::SmallLoader;
use gabion_port::FlashCounter;
use gabion_stories::{Console, say};

esp_bootloader_esp_idf::esp_app_desc!();

/// The watchdog's patience in milliseconds.
const PATIENCE: u32 = 8000;

#[esp_hal::main]
fn main() -> ! {
    block_on(tell(esp_hal::init(esp_hal::Config::default())));
    esp_hal::system::software_reset()
}

async fn tell(p: Peripherals) {
    let mut dog = Dog::new(p.TIMG0);
    dog.start(PATIENCE);
    let Some(mut console) = Serial::new(p.UART0, p.GPIO20, p.GPIO21, dog) else { return };
    let flash = Flash::new(FlashStorage::new(p.FLASH));
    say!(console, "gabion verify_boot");
    match decide(flash.share()).await {
        // The witness is checked once more, as before a jump.
        Ok(Booted { image, mode, .. }) if image.check().is_ok() => {
            let header = image.header();
            say!(console, "accepted: slot {}, version {}, {mode:?}", image.slot(), header.version);
        }
        Ok(_) => say!(console, "refused: the witness does not hold"),
        Err(Stuck::Refused(why)) => say!(console, "refused: {why}"),
        Err(Stuck::Other(what)) => say!(console, "stuck: {what}"),
    }
    say!(console, "done");
    // A key starts it again.
    console.read().await;
}

enum Stuck {
    Refused(&'static str),
    Other(&'static str),
}

async fn decide(flash: SharedFlash<'_, 'static>) -> Result<Booted, Stuck> {
    let [_, rollback, _] = COUNTERS;
    let mut counter = FlashCounter::open(flash, rollback).map_err(|_| Stuck::Other("counter"))?;
    // Only a provisioned board has one.
    if counter.read() == Err(CounterError::Corrupt) {
        return Err(Stuck::Other("roll-back counter was never begun: tell `provision` first"));
    }
    let keys = trusted(&SmallSha256);
    let boot = Boot {
        map: &LOADER_SLOTS,
        keys: KeySet::new(&keys),
        policy: Policy::new(u32::MAX),
        provider: &SmallLoader,
        rollback: Rollback::Guarded,
    };
    boot.run(&mut Blocking(flash), &mut counter, &mut NoEvents).await.map_err(|e| match e {
        BootError::NothingBootable(refusal) => Stuck::Refused(refusal.name()),
        _ => Stuck::Other("flash or counter"),
    })
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    esp_hal::system::software_reset()
}
