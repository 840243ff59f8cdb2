//! No service before the port is locked.

use core::fmt;

use gabion_hal::{DebugPort, DebugPortState, Event, EventKind, EventSink, Severity, Source};

/// Shows that the debug port was read and found locked in this boot. Only [`require_locked`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct LockedPort {
    state: DebugPortState,
}

impl LockedPort {
    /// Returns how the port is locked.
    #[must_use]
    pub const fn state(&self) -> DebugPortState {
        self.state
    }
}

/// Why there is no [`LockedPort`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotLocked<E> {
    /// The port is open, or only locked until the next reset where more was asked. Lock it, or start without services.
    Open(DebugPortState),
    /// Registers or fuses could not be read. Treat it as open.
    Hardware(E),
}

impl<E> fmt::Display for NotLocked<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(DebugPortState::LockedUntilReset) => {
                "the debug port is locked only until the next reset"
            }
            Self::Open(_) => "the debug port is open",
            Self::Hardware(_) => "the state of the debug port could not be read",
        })
    }
}

impl<E: fmt::Debug> core::error::Error for NotLocked<E> {}

/// Reads the debug port and refuses unless it is locked for good (EN 303 645 5.6-4).
///
/// Call it before anything listens: a service that takes a [`LockedPort`] cannot start on a device with an open port. It locks
/// nothing; see [`DebugPort::lock`].
///
/// # Errors
///
/// [`NotLocked::Open`] when the port is open or locked only until the next reset; [`NotLocked::Hardware`] when it cannot be read.
/// Both raise [`EventKind::DebugPortOpen`].
pub fn require_locked<P: DebugPort>(
    port: &mut P,
    events: &mut impl EventSink,
) -> Result<LockedPort, NotLocked<P::Error>> {
    let refusal = match port.state() {
        Ok(state @ DebugPortState::Locked) => return Ok(LockedPort { state }),
        Ok(state) => NotLocked::Open(state),
        Err(error) => NotLocked::Hardware(error),
    };
    events.event(Event::new(EventKind::DebugPortOpen, Severity::Critical, Source::Lockdown, 0));
    Err(refusal)
}
