//! The watchdog.

use esp_hal::peripherals::TIMG0;
use esp_hal::time::Duration;
use esp_hal::timer::timg::{MwdtStage, Wdt};
use gabion_hal::Watchdog;

/// The main watchdog of timer group 0. It resets the whole chip. `esp_hal::init` switches it off at every start: start it next.
pub struct Dog<'d> {
    wdt: Wdt<TIMG0<'d>>,
}

impl core::fmt::Debug for Dog<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Dog")
    }
}

impl<'d> Dog<'d> {
    /// Takes the timer group.
    #[must_use]
    pub fn new(_group: TIMG0<'d>) -> Self {
        Self { wdt: Wdt::new() }
    }
}

impl Watchdog for Dog<'_> {
    fn start(&mut self, timeout_ms: u32) {
        self.wdt.set_timeout(MwdtStage::Stage0, Duration::from_millis(u64::from(timeout_ms)));
        self.wdt.enable();
        self.feed();
    }

    fn feed(&mut self) {
        self.wdt.feed();
    }
}
