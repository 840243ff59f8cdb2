//! The debug port: its registers, judged by `gabion-lockdown`, and the lock.

use gabion_hal::DebugPortState;
use gabion_lockdown::nrf::{Nrf52Words, evaluate52};

/// Tells the state of the port from its registers, by the rules of the chip's revision.
#[must_use]
pub fn evaluate(words: &Nrf52Words) -> DebugPortState {
    evaluate52(words).debug_port()
}

#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use chip::{ApProtect, LockError};

#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod chip {
    use embassy_nrf::pac;
    use gabion_hal::{DebugPort, DebugPortState};

    use super::{Nrf52Words, evaluate};

    /// `UICR.APPROTECT` of a locked chip.
    const ENABLED: u8 = 0x00;

    /// The debug port of the chip.
    ///
    /// [`lock`](DebugPort::lock) writes `UICR.APPROTECT`; the chip closes the port at its next reset, and `ERASEALL` over the
    /// debug port, which wipes the whole flash, is then the only way back.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct ApProtect;

    /// The lock did not take.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum LockError {
        /// `UICR.APPROTECT` does not read back as locked.
        NotTaken,
    }

    impl core::fmt::Display for LockError {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str("debug port lock does not read back")
        }
    }

    impl core::error::Error for LockError {}

    impl ApProtect {
        /// Reads the registers.
        #[must_use]
        pub fn registers(self) -> Nrf52Words {
            Nrf52Words {
                part: pac::FICR.info().part().read().0,
                variant: pac::FICR.info().variant().read(),
                uicr_approtect: pac::UICR.approtect().read().0,
                force_protect: pac::APPROTECT.forceprotect().read().0,
                disable: pac::APPROTECT.disable().read().0,
            }
        }
    }

    impl DebugPort for ApProtect {
        type Error = LockError;

        fn state(&mut self) -> Result<DebugPortState, LockError> {
            Ok(evaluate(&self.registers()))
        }

        fn lock(&mut self) -> Result<(), LockError> {
            use pac::nvmc::vals::Wen;
            use pac::uicr::regs::Approtect;
            let [lock, ..] = pac::UICR.approtect().read().0.to_le_bytes();
            if lock != ENABLED {
                pac::NVMC.config().write(|w| w.set_wen(Wen::Wen));
                while !pac::NVMC.ready().read().ready() {}
                // Every bit that can be cleared is: no half of the word says anything else.
                pac::UICR.approtect().write_value(Approtect(u32::from_le_bytes([ENABLED; 4])));
                while !pac::NVMC.ready().read().ready() {}
                pac::NVMC.config().write(|w| w.set_wen(Wen::Ren));
            }
            // For the rest of this boot, where the revision has it.
            pac::APPROTECT.forceprotect().write(|w| w.0 = 0);
            match self.state()? {
                DebugPortState::Locked => Ok(()),
                _ => Err(LockError::NotTaken),
            }
        }
    }
}
