//! The noise source.

use embassy_nrf::pac::RNG;
use embassy_nrf::{Peri, peripherals};
use gabion_port::RawSource;

/// Looks at the event register before a byte counts as missing. A byte takes 120 µs with bias correction, which is some
/// 2,000 looks; the specification gives no upper bound for a corrected byte.
const PATIENCE: u32 = 1 << 20;

/// The RNG peripheral with its bias correction on. Raw: put it behind `gabion_port::Conditioned`.
#[derive(Debug)]
pub struct Noise<'d>(core::marker::PhantomData<&'d ()>);

/// The peripheral gave no byte in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseError;

impl core::fmt::Display for NoiseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("random number generator gives nothing")
    }
}

impl core::error::Error for NoiseError {}

impl<'d> Noise<'d> {
    /// Takes the peripheral and switches its bias correction on.
    #[must_use]
    pub fn new(_rng: Peri<'d, peripherals::RNG>) -> Self {
        RNG.config().write(|w| w.set_dercen(true));
        Self(core::marker::PhantomData)
    }

    fn byte() -> Result<u8, NoiseError> {
        for _ in 0..PATIENCE {
            if RNG.events_valrdy().read() != 0 {
                RNG.events_valrdy().write_value(0);
                return Ok(RNG.value().read().value());
            }
        }
        Err(NoiseError)
    }
}

impl RawSource for Noise<'_> {
    type Error = NoiseError;

    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoiseError> {
        // Whoever changed the configuration meanwhile: corrected, or not at all.
        RNG.config().write(|w| w.set_dercen(true));
        RNG.tasks_start().write_value(1);
        let filled = out.iter_mut().try_for_each(|byte| {
            *byte = Self::byte()?;
            Ok(())
        });
        RNG.tasks_stop().write_value(1);
        filled
    }
}
