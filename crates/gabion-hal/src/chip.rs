//! Debug port, watchdog, reset reason.

/// Tells and sets whether the debug port is open (EN 303 645 5.6-4).
pub trait DebugPort {
    /// What can go wrong in the hardware.
    type Error: core::fmt::Debug;

    /// Reads the state back from the hardware; never a remembered one.
    ///
    /// # Errors
    ///
    /// Fails when the registers or fuses cannot be read.
    fn state(&mut self) -> Result<DebugPortState, Self::Error>;

    /// Locks the port until the next full erase of the chip and reads the lock back.
    ///
    /// # Errors
    ///
    /// Fails when the hardware refuses or the read-back shows the port still open.
    ///
    /// # Security
    ///
    /// Never called by an example unless it is told to: on some chips it cannot be undone.
    fn lock(&mut self) -> Result<(), Self::Error>;
}

/// The state of a debug port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DebugPortState {
    /// Anyone with a probe can read and write the chip.
    Open,
    /// Closed for this boot by software; a reset may open it.
    LockedUntilReset,
    /// Closed by configuration that survives a reset.
    Locked,
}

/// A timer that resets the chip unless it is fed (EN 303 645 5.9).
pub trait Watchdog {
    /// Starts the timer. A running one keeps its first time-out: most hardware cannot change it.
    fn start(&mut self, timeout_ms: u32);

    /// Feeds it.
    fn feed(&mut self);
}

/// Takes the signs of life of tasks, each known by its number (EN 303 645 5.9).
///
/// # Implementer notes
///
/// [`alive`](SignsOfLife::alive) never blocks and takes `&self`, so that tasks on several executors share one.
pub trait SignsOfLife {
    /// Takes the sign of life of a task at a powered time in milliseconds, as [`Clock::uptime_ms`](crate::Clock::uptime_ms)
    /// tells it. An unknown number is ignored: it keeps nobody alive.
    fn alive(&self, task: u8, uptime_ms: u64);
}

impl<T: SignsOfLife + ?Sized> SignsOfLife for &T {
    fn alive(&self, task: u8, uptime_ms: u64) {
        (**self).alive(task, uptime_ms);
    }
}

/// Tells whether the supply is about to fail: a comparator above the brown-out level (EN 303 645 5.9).
pub trait PowerMonitor {
    /// Returns true while the voltage is too low to begin a write or an erase of flash.
    fn is_failing(&mut self) -> bool;
}

impl<T: PowerMonitor + ?Sized> PowerMonitor for &mut T {
    fn is_failing(&mut self) -> bool {
        (**self).is_failing()
    }
}

/// Tells why the chip started.
pub trait ResetCause {
    /// Returns the reason of this boot. The same answer however often it is asked within a boot.
    fn reset_reason(&mut self) -> ResetReason;
}

/// Why a chip started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum ResetReason {
    /// Not told by the hardware.
    Unknown = 0,
    /// Power came.
    PowerOn = 1,
    /// The reset pin.
    Pin = 2,
    /// The supply sagged.
    BrownOut = 3,
    /// The watchdog was not fed.
    Watchdog = 4,
    /// Software asked for it.
    Software = 5,
    /// A lock-up or a fault.
    Fault = 6,
    /// Woken from deep sleep.
    Wake = 7,
    /// The debug port.
    Debug = 8,
}
