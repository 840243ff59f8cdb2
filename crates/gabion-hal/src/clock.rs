//! Time, with its quality.

/// Tells powered time since boot and, when known, the time of day.
pub trait Clock {
    /// Returns milliseconds since this boot. It never goes back within a boot.
    fn uptime_ms(&mut self) -> u64;

    /// Returns the time of day, if the device has any idea of it.
    fn wall(&mut self) -> Option<WallTime>;
}

impl<T: Clock + ?Sized> Clock for &mut T {
    fn uptime_ms(&mut self) -> u64 {
        (**self).uptime_ms()
    }

    fn wall(&mut self) -> Option<WallTime> {
        (**self).wall()
    }
}

/// A time of day and how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: u64,
    /// Where it came from.
    pub quality: TimeQuality,
}

/// How far a [`WallTime`] can be trusted, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum TimeQuality {
    /// Not before: the build time of the firmware or the last time that was signed. A floor, not a clock.
    Floor = 0,
    /// From a network without authentication.
    Unauthenticated = 1,
    /// From an authenticated peer or a battery-backed clock set by one.
    Authenticated = 2,
}
