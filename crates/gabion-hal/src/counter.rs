//! The counter that never goes back.

/// Counts upwards for the whole life of the chip, whatever is written to flash.
///
/// # Power loss
///
/// An [`advance_to`](MonotonicCounter::advance_to) that was cut leaves the old or the new value, never another; after it
/// returned `Ok` every later [`read`](MonotonicCounter::read) gives at least the new value.
///
/// # Implementer notes
///
/// A counter in ordinary flash does not qualify against an attacker who writes flash: say so in the port's docs.
pub trait MonotonicCounter {
    /// What can go wrong in the hardware.
    type Error: core::fmt::Debug;

    /// Returns the present value.
    ///
    /// # Errors
    ///
    /// Fails when the hardware does, or when what it holds is not a value that this counter ever wrote.
    fn read(&mut self) -> Result<u32, CounterError<Self::Error>>;

    /// Raises the counter to `value`. Equal to the present value: nothing is written.
    ///
    /// # Errors
    ///
    /// [`CounterError::WouldDecrease`] below the present value, [`CounterError::Exhausted`] above what is left.
    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<Self::Error>>;

    /// Returns the highest value that can ever be reached.
    fn max(&self) -> u32;
}

/// Why a counter could not be read or raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CounterError<E> {
    /// The hardware failed. Retry once; then treat the counter as absent and refuse what depends on it.
    Hardware(E),
    /// What is stored is no counter value. Refuse: do not assume zero.
    Corrupt,
    /// The caller asked for less than the present value.
    WouldDecrease,
    /// The counter cannot go that high. Plan its budget before staging an update.
    Exhausted,
    /// The chip has no counter ([`NoCounter`]).
    Absent,
}

impl<E: core::fmt::Debug> core::fmt::Display for CounterError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Hardware(e) => write!(f, "counter hardware failed: {e:?}"),
            Self::Corrupt => f.write_str("counter holds no valid value"),
            Self::WouldDecrease => f.write_str("counter may not go back"),
            Self::Exhausted => f.write_str("counter has no such value left"),
            Self::Absent => f.write_str("chip has no monotonic counter"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for CounterError<E> {}

/// Stands for a chip without a monotonic counter: every use is [`CounterError::Absent`].
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCounter;

impl MonotonicCounter for NoCounter {
    type Error = core::convert::Infallible;

    fn read(&mut self) -> Result<u32, CounterError<Self::Error>> {
        Err(CounterError::Absent)
    }

    fn advance_to(&mut self, _value: u32) -> Result<(), CounterError<Self::Error>> {
        Err(CounterError::Absent)
    }

    fn max(&self) -> u32 {
        0
    }
}

impl<T: MonotonicCounter + ?Sized> MonotonicCounter for &mut T {
    type Error = T::Error;

    fn read(&mut self) -> Result<u32, CounterError<Self::Error>> {
        (**self).read()
    }

    fn advance_to(&mut self, value: u32) -> Result<(), CounterError<Self::Error>> {
        (**self).advance_to(value)
    }

    fn max(&self) -> u32 {
        (**self).max()
    }
}
