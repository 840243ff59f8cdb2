//! The watchdog.

use embassy_nrf::pac::WDT;
use embassy_nrf::pac::wdt::regs::{Rr, Rren};
use embassy_nrf::pac::wdt::vals::{Halt, Sleep};
use embassy_nrf::{Peri, peripherals};
use gabion_hal::Watchdog;

/// Ticks of the watchdog's clock in a second.
const TICKS: u64 = 32_768;
/// The fewest that it takes.
const FEWEST: u32 = 15;
/// What a reload register wants to see.
const RELOAD: u32 = 0x6e52_4635;

/// The watchdog with one reload register. It runs through sleep and stops while a debugger holds the core.
///
/// It does not stop for a reset by software, so [`start`](Watchdog::start) only feeds one that runs already.
#[derive(Debug)]
pub struct Dog<'d>(core::marker::PhantomData<&'d ()>);

impl<'d> Dog<'d> {
    /// Takes the peripheral.
    #[must_use]
    pub fn new(_wdt: Peri<'d, peripherals::WDT>) -> Self {
        Self(core::marker::PhantomData)
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        WDT.runstatus().read().runstatus()
    }
}

impl Watchdog for Dog<'_> {
    fn start(&mut self, timeout_ms: u32) {
        if !self.is_running() {
            let ticks = u64::from(timeout_ms).saturating_mul(TICKS).checked_div(1000).unwrap_or(0);
            let ticks = u32::try_from(ticks).unwrap_or(u32::MAX).max(FEWEST);
            WDT.config().write(|w| {
                w.set_sleep(Sleep::Run);
                w.set_halt(Halt::Pause);
            });
            WDT.crv().write_value(ticks);
            WDT.rren().write_value(Rren(1));
            WDT.tasks_start().write_value(1);
        }
        self.feed();
    }

    fn feed(&mut self) {
        WDT.rr(0).write_value(Rr(RELOAD));
    }
}
