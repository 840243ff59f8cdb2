//! Why the chip started.

use gabion_hal::ResetReason;

/// Tells the reason from the number that the mask ROM gives (technical reference manual, reset and clock, reset source).
///
/// 1 may also be a brown-out or the super watchdog on some boards: the ROM does not tell them apart.
#[must_use]
pub const fn decode(source: u32) -> ResetReason {
    match source {
        0x01 => ResetReason::PowerOn,
        0x03 | 0x0c => ResetReason::Software,
        0x05 => ResetReason::Wake,
        0x07 | 0x08 | 0x09 | 0x0b | 0x0d | 0x10 | 0x11 | 0x12 => ResetReason::Watchdog,
        0x0f => ResetReason::BrownOut,
        // Glitch detectors and a damaged fuse.
        0x13 | 0x14 | 0x17 => ResetReason::Fault,
        // The host at the USB connector: serial and JTAG.
        0x15 | 0x16 => ResetReason::Debug,
        _ => ResetReason::Unknown,
    }
}

#[cfg(target_os = "none")]
pub use chip::ResetReasons;

#[cfg(target_os = "none")]
mod chip {
    use gabion_hal::{ResetCause, ResetReason};

    /// The reason of this boot.
    #[derive(Debug, Clone, Copy)]
    pub struct ResetReasons(ResetReason);

    impl ResetReasons {
        /// Asks the mask ROM.
        #[must_use]
        pub fn take() -> Self {
            let source = esp_hal::system::reset_reason().map_or(0, |reason| reason as u32);
            Self(super::decode(source))
        }
    }

    impl ResetCause for ResetReasons {
        fn reset_reason(&mut self) -> ResetReason {
            self.0
        }
    }
}
