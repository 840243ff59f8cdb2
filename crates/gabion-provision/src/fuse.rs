//! A mark outside flash that says, once and for good, that the factory is done.

use gabion_hal::{DebugPort, DebugPortState, MonotonicCounter};

/// Remembers outside of ordinary flash that the device was provisioned: whoever wipes the flash does not get the factory
/// interface back.
pub trait FactoryFuse {
    /// Tells whether the fuse was blown, or `None` where the chip has none.
    ///
    /// # Errors
    ///
    /// [`FuseError`] when it cannot be read; the device then refuses service.
    fn is_blown(&mut self) -> Result<Option<bool>, FuseError>;

    /// Blows the fuse. Blowing it twice is no error.
    ///
    /// # Errors
    ///
    /// [`FuseError`] when the hardware refuses.
    fn blow(&mut self) -> Result<(), FuseError>;
}

impl<T: FactoryFuse + ?Sized> FactoryFuse for &mut T {
    fn is_blown(&mut self) -> Result<Option<bool>, FuseError> {
        (**self).is_blown()
    }

    fn blow(&mut self) -> Result<(), FuseError> {
        (**self).blow()
    }
}

/// The fuse could not be read or blown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FuseError;

impl core::fmt::Display for FuseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the factory fuse failed")
    }
}

impl core::error::Error for FuseError {}

/// Stands for a chip without a fuse: the factory record in the sealed store is then the only lock.
///
/// # Security
///
/// Whoever can erase the whole flash gets the factory interface back, on a device that has lost its identity and every
/// secret. Where that matters use a chip with a counter or a fuse.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFuse;

impl FactoryFuse for NoFuse {
    fn is_blown(&mut self) -> Result<Option<bool>, FuseError> {
        Ok(None)
    }

    fn blow(&mut self) -> Result<(), FuseError> {
        Ok(())
    }
}

/// A monotonic counter as fuse: blown once it reached `threshold`. The counter must not be one that something else raises.
#[derive(Debug)]
pub struct CounterFuse<C> {
    counter: C,
    threshold: u32,
}

impl<C: MonotonicCounter> CounterFuse<C> {
    /// Takes a counter and the value, at least 1, from which on the fuse counts as blown.
    pub const fn new(counter: C, threshold: core::num::NonZeroU32) -> Self {
        Self { counter, threshold: threshold.get() }
    }
}

impl<C: MonotonicCounter> FactoryFuse for CounterFuse<C> {
    fn is_blown(&mut self) -> Result<Option<bool>, FuseError> {
        let value = self.counter.read().map_err(|_| FuseError)?;
        Ok(Some(value >= self.threshold))
    }

    fn blow(&mut self) -> Result<(), FuseError> {
        if self.is_blown()? == Some(true) {
            return Ok(());
        }
        self.counter.advance_to(self.threshold).map_err(|_| FuseError)?;
        // Read back: a counter that says yes and stays where it is must not pass.
        if self.is_blown()? == Some(true) { Ok(()) } else { Err(FuseError) }
    }
}

/// The lock of the debug port as fuse: whoever ends provisioning locks the port (EN 303 645 5.6-4), and on chips where only an
/// erase of everything opens it again, a locked port with a blank store tells of flash that was replaced.
///
/// # Security
///
/// Blowing it locks the debug port for good. Use it on devices that are meant to leave the factory.
#[derive(Debug)]
pub struct DebugPortFuse<D>(D);

impl<D: DebugPort> DebugPortFuse<D> {
    /// Takes the port.
    pub const fn new(port: D) -> Self {
        Self(port)
    }
}

impl<D: DebugPort> FactoryFuse for DebugPortFuse<D> {
    fn is_blown(&mut self) -> Result<Option<bool>, FuseError> {
        let state = self.0.state().map_err(|_| FuseError)?;
        Ok(Some(state == DebugPortState::Locked))
    }

    fn blow(&mut self) -> Result<(), FuseError> {
        if self.is_blown()? == Some(true) {
            return Ok(());
        }
        self.0.lock().map_err(|_| FuseError)?;
        if self.is_blown()? == Some(true) { Ok(()) } else { Err(FuseError) }
    }
}
