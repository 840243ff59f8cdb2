//! Powered time.

use embassy_time::Instant;
use gabion_hal::{Clock, WallTime};

/// Time since this boot from the chip's real-time counter; no time of day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uptime;

impl Clock for Uptime {
    fn uptime_ms(&mut self) -> u64 {
        Instant::now().as_millis()
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}
