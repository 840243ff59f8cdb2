//! The fuses, read. Nothing here burns one.

use esp_hal::peripherals::EFUSE;
use gabion_hal::{CounterError, DebugPort, DebugPortState, MonotonicCounter};
use gabion_lockdown::esp::{Chip, FuseWords, evaluate};

use crate::secure_version::{PlanOnly, SECURE_VERSION_BITS, secure_version};

/// The chip that this crate was compiled for.
#[cfg(feature = "esp32c3")]
pub const CHIP: Chip = Chip::Esp32C3;
/// The chip that this crate was compiled for.
#[cfg(all(feature = "esp32c6", not(feature = "esp32c3")))]
pub const CHIP: Chip = Chip::Esp32C6;

/// Reads block 0, for `gabion_lockdown::esp::evaluate` and `plan`.
#[must_use]
pub fn fuses() -> FuseWords {
    let fuses = EFUSE::regs();
    FuseWords([
        fuses.rd_wr_dis().read().bits(),
        fuses.rd_repeat_data0().read().bits(),
        fuses.rd_repeat_data1().read().bits(),
        fuses.rd_repeat_data2().read().bits(),
        fuses.rd_repeat_data3().read().bits(),
        fuses.rd_repeat_data4().read().bits(),
    ])
}

/// JTAG on the pads and over USB, as the fuses say.
#[derive(Debug, Clone, Copy, Default)]
pub struct DebugFuses;

impl DebugPort for DebugFuses {
    type Error = PlanOnly;

    fn state(&mut self) -> Result<DebugPortState, PlanOnly> {
        Ok(evaluate(CHIP, &fuses()).debug_port())
    }

    /// Locks nothing: a lock is a burnt fuse.
    fn lock(&mut self) -> Result<(), PlanOnly> {
        match self.state()? {
            DebugPortState::Locked => Ok(()),
            _ => Err(PlanOnly),
        }
    }
}

/// The chip's own roll-back counter, which the ESP boot loader raises. Read only: raising it is [`PlanOnly`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SecureVersion;

impl MonotonicCounter for SecureVersion {
    type Error = PlanOnly;

    fn read(&mut self) -> Result<u32, CounterError<PlanOnly>> {
        secure_version(&fuses()).ok_or(CounterError::Corrupt)
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<PlanOnly>> {
        let present = self.read()?;
        if value < present {
            Err(CounterError::WouldDecrease)
        } else if value > SECURE_VERSION_BITS {
            Err(CounterError::Exhausted)
        } else if value == present {
            Ok(())
        } else {
            Err(CounterError::Hardware(PlanOnly))
        }
    }

    fn max(&self) -> u32 {
        SECURE_VERSION_BITS
    }
}
