//! Someone is there.

/// A button, a switch inside the case, a card: something that cannot be done from afar.
pub trait PresenceSensor {
    /// Whether someone shows presence right now. Debounce it, and let a button count only after it was held for seconds.
    fn is_present(&mut self) -> bool;
}

impl<T: PresenceSensor + ?Sized> PresenceSensor for &mut T {
    fn is_present(&mut self) -> bool {
        (**self).is_present()
    }
}

/// Witness that someone is at the device. Good for one use.
#[derive(Debug)]
#[must_use = "a witness opens the next door"]
pub struct PhysicalPresence(());

impl PhysicalPresence {
    /// Asks the sensor; `None` when nobody is there.
    pub fn confirm(sensor: &mut impl PresenceSensor) -> Option<Self> {
        sensor.is_present().then_some(Self(()))
    }
}
