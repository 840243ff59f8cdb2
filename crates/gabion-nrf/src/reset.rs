//! Why the chip started.

use gabion_hal::ResetReason;

/// Bits of `POWER.RESETREAS` (product specification, POWER).
const PIN: u32 = 1 << 0;
const WATCHDOG: u32 = 1 << 1;
const SOFTWARE: u32 = 1 << 2;
const LOCKUP: u32 = 1 << 3;
const WAKE: u32 = 1 << 16 | 1 << 17 | 1 << 19 | 1 << 20;
const DEBUG: u32 = 1 << 18;

/// Tells the reason from the register. Several bits: the most serious one. None: power came, or the supply had sagged, which this
/// chip does not tell apart.
#[must_use]
pub const fn decode(resetreas: u32) -> ResetReason {
    if resetreas & LOCKUP != 0 {
        ResetReason::Fault
    } else if resetreas & WATCHDOG != 0 {
        ResetReason::Watchdog
    } else if resetreas & DEBUG != 0 {
        ResetReason::Debug
    } else if resetreas & PIN != 0 {
        ResetReason::Pin
    } else if resetreas & SOFTWARE != 0 {
        ResetReason::Software
    } else if resetreas & WAKE != 0 {
        ResetReason::Wake
    } else if resetreas == 0 {
        ResetReason::PowerOn
    } else {
        ResetReason::Unknown
    }
}

#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use chip::ResetReasons;

#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod chip {
    use embassy_nrf::pac::{POWER, power::regs::Resetreas};
    use gabion_hal::{ResetCause, ResetReason};

    /// Reads the register once and clears it, so that the next boot does not see the reasons of this one.
    #[derive(Debug, Clone, Copy)]
    pub struct ResetReasons(ResetReason);

    impl ResetReasons {
        /// Takes the reasons of this boot.
        #[must_use]
        pub fn take() -> Self {
            let register = POWER.resetreas().read();
            POWER.resetreas().write_value(Resetreas(register.0));
            Self(super::decode(register.0))
        }
    }

    impl ResetCause for ResetReasons {
        fn reset_reason(&mut self) -> ResetReason {
            self.0
        }
    }
}
