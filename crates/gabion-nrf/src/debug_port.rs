//! The debug port: how its state follows from registers, and the lock.

use gabion_hal::DebugPortState;

/// `UICR.APPROTECT` and `APPROTECT.DISABLE` of a chip that lets its firmware open the port.
const DISABLED: u8 = 0x5a;
/// `UICR.APPROTECT` of a locked chip of an older revision.
const ENABLED: u8 = 0x00;
/// The first build code of an nRF52840 on which hardware *and* software must open the port (revision 3).
const HARDENED_FROM: u8 = b'F';

/// The registers that decide over the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// `FICR.INFO.VARIANT`: four letters, such as `AAF0`.
    pub variant: u32,
    /// `UICR.APPROTECT`.
    pub uicr: u32,
    /// `APPROTECT.DISABLE`; not there on older revisions.
    pub disable: u32,
    /// `APPROTECT.FORCEPROTECT`: 0 after firmware forced the port shut; not there on older revisions.
    pub force: u32,
}

impl Protection {
    /// Whether the chip is of a revision on which the port is shut unless hardware and software both open it.
    #[must_use]
    pub const fn is_hardened(&self) -> bool {
        let [_, code, _, _] = self.variant.to_le_bytes();
        // An unreadable variant counts as old: the older rules call a port open more often.
        code >= HARDENED_FROM && code <= b'Z'
    }
}

/// Tells the state of the port from its registers (nRF52840 product specification, debug and trace, access port protection).
#[must_use]
pub const fn evaluate(registers: Protection) -> DebugPortState {
    let [uicr, ..] = registers.uicr.to_le_bytes();
    let [disable, ..] = registers.disable.to_le_bytes();
    let [force, ..] = registers.force.to_le_bytes();
    if !registers.is_hardened() {
        // Anything but fully locked is open: partly programmed words were opened by glitches.
        return if uicr == ENABLED { DebugPortState::Locked } else { DebugPortState::Open };
    }
    if uicr != DISABLED {
        return DebugPortState::Locked;
    }
    if disable == DISABLED && force != 0 {
        return DebugPortState::Open;
    }
    // The next firmware may open it.
    DebugPortState::LockedUntilReset
}

#[cfg(all(target_os = "none", feature = "nrf52840"))]
pub use chip::{ApProtect, LockError};

#[cfg(all(target_os = "none", feature = "nrf52840"))]
mod chip {
    use embassy_nrf::pac;
    use gabion_hal::{DebugPort, DebugPortState};

    use super::{ENABLED, Protection, evaluate};

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
        pub fn registers(self) -> Protection {
            Protection {
                variant: pac::FICR.info().variant().read(),
                uicr: pac::UICR.approtect().read().0,
                disable: pac::APPROTECT.disable().read().0,
                force: pac::APPROTECT.forceprotect().read().0,
            }
        }
    }

    impl DebugPort for ApProtect {
        type Error = LockError;

        fn state(&mut self) -> Result<DebugPortState, LockError> {
            Ok(evaluate(self.registers()))
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
