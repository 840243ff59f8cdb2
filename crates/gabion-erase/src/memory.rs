//! What forgets only when told.

/// RAM that survives a reset, retained RAM domains, general-purpose retention registers, backup registers.
pub trait VolatileMemory {
    /// Overwrites what a user could have left there and reads it back; false when it does not read back.
    ///
    /// Called once the class keys are gone, at every run of a reset. A hardware reset should follow a reset in any case.
    fn wipe(&mut self) -> bool;
}

impl<T: VolatileMemory + ?Sized> VolatileMemory for &mut T {
    fn wipe(&mut self) -> bool {
        (**self).wipe()
    }
}

/// Stands for a chip that keeps nothing over a reset but its flash.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoVolatile;

impl VolatileMemory for NoVolatile {
    fn wipe(&mut self) -> bool {
        true
    }
}
