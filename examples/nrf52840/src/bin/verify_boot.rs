//! The boot loader: verifies what lies in the slots, and starts it.
//!
//! What it decided is left in `POWER.GPREGRET2`, which a reset by software keeps: 0x80 + mode, or the code of the refusal.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use embassy_nrf::nvmc::Nvmc;
use embassy_nrf::pac::POWER;
use embassy_nrf::pac::power::regs::Gpregret2;
use gabion::boot::{Image, KeySet, Policy, Verified};
use gabion::crypto::SmallSha256;
use gabion::flash::{Blocking, block_on};
use gabion::hal::{CounterError, MonotonicCounter, NoEvents};
use gabion::update::{Boot, BootError, Booted, Mode, Rollback, SlotId};
use gabion_nrf::{Flash, Guard, SharedFlash, guard};
use gabion_nrf52840::{COUNTERS, LOADER, LOADER_SLOTS, ROOT_KEY, trusted};
use gabion_p256::SmallLoader;
use gabion_port::{FlashCounter, RootPage};

/// What is left behind when the loader itself cannot go on.
const STUCK: u8 = 0x7f;

#[entry]
fn main() -> ! {
    // SAFETY: the loader is the only code that runs, and it takes the flash controller once.
    let nvmc = unsafe { embassy_nrf::peripherals::NVMC::steal() };
    let flash = Flash::new(Nvmc::new(nvmc));
    // From here to the next reset nothing on this core writes the loader.
    if guard(LOADER.start(), LOADER.len(), Guard::Write).is_err() {
        stop(STUCK);
    }
    match decide(flash.share()) {
        // The witness is checked once more: a fault that skipped the branch has nothing in its hands.
        Ok(booted) if booted.image.check().is_ok() => {
            leave(0x80 | mode(booted.mode));
            jump(&booted.image)
        }
        Ok(_) => stop(STUCK),
        Err(code) => stop(code),
    }
}

fn decide(flash: SharedFlash<'_, 'static>) -> Result<Booted, u8> {
    let [_, rollback, _] = COUNTERS;
    let mut counter = FlashCounter::open(flash, rollback).map_err(|_| STUCK)?;
    // A chip without a root key was never in the factory: its counter begins. On any other chip a blank counter is refused.
    if counter.read() == Err(CounterError::Corrupt)
        && matches!(RootPage::new(flash, ROOT_KEY).read(), Ok(None))
    {
        counter.begin().map_err(|_| STUCK)?;
    }
    let keys = trusted(&SmallSha256);
    let boot = Boot {
        map: &LOADER_SLOTS,
        keys: KeySet::new(&keys),
        policy: Policy::new(u32::MAX),
        provider: &SmallLoader,
        rollback: Rollback::Guarded,
    };
    block_on(boot.run(&mut Blocking(flash), &mut counter, &mut NoEvents)).map_err(|e| match e {
        BootError::NothingBootable(refusal) => refusal.code() as u8 & 0x7f,
        _ => STUCK,
    })
}

fn mode(mode: Mode) -> u8 {
    match mode {
        Mode::Confirmed => 1,
        Mode::Trial { .. } => 2,
        Mode::Reverted => 3,
        Mode::Fallback => 4,
        Mode::Recovered => 5,
        _ => 0,
    }
}

/// Leaves a byte for whoever runs next.
fn leave(code: u8) {
    POWER.gpregret2().write_value(Gpregret2(u32::from(code)));
}

/// Starts a verified image: stack and entry are the words that were verified, not what a second reading of the flash says, and they
/// are spoilt unless the witness is right.
fn jump(image: &Verified<Image>) -> ! {
    let slot = if image.slot() == SlotId::A as u8 { SlotId::A } else { SlotId::B };
    let header = u32::from(image.header().hdr_size);
    let table = LOADER_SLOTS.span(slot).start().saturating_add(header);
    let [s0, s1, s2, s3, e0, e1, e2, e3] = image.start();
    let (stack, entry) =
        (u32::from_le_bytes([s0, s1, s2, s3]), u32::from_le_bytes([e0, e1, e2, e3]));
    // SAFETY: these are the vector table, the stack and the entry of an image whose signature was verified in this boot.
    // Nothing of the loader runs any more: no interrupt was enabled, no peripheral is at work.
    unsafe {
        (*cortex_m::peripheral::SCB::PTR).vtor.write(table);
        cortex_m::asm::bootstrap(stack as *const u32, entry as *const u32)
    }
}

/// Nothing may run. The chip waits for its reset; a watchdog that runs brings it.
fn stop(code: u8) -> ! {
    leave(code);
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}
