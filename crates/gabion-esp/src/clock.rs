//! Powered time.

use esp_hal::time::Instant;
use gabion_hal::{Clock, WallTime};

/// Time since this boot from the system timer; no time of day.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uptime;

impl Clock for Uptime {
    fn uptime_ms(&mut self) -> u64 {
        Instant::now().duration_since_epoch().as_millis()
    }

    fn wall(&mut self) -> Option<WallTime> {
        None
    }
}
