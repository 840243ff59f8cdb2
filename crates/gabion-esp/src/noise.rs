//! The noise source.

use esp_hal::peripherals::{ADC1, RNG};
use esp_hal::rng::{Trng, TrngSource};
use gabion_port::RawSource;

/// The random number register, with the converter's noise switched on. Raw: put it behind `gabion_port::Conditioned`.
///
/// # Security
///
/// Without a radio or the converter the register is a pseudo-random sequence that no test can tell from noise. This type holds
/// the converter for as long as it lives; code that takes the converter away by force breaks it unseen.
pub struct Noise<'d> {
    // The generator goes first: the source may not be switched off while somebody draws from it.
    trng: Trng,
    _source: TrngSource<'d>,
}

impl core::fmt::Debug for Noise<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Noise")
    }
}

/// The converter's noise is not switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseError;

impl core::fmt::Display for NoiseError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("random number generator has no source of noise")
    }
}

impl core::error::Error for NoiseError {}

impl<'d> Noise<'d> {
    /// Takes the peripherals and switches the converter's noise on.
    ///
    /// # Errors
    ///
    /// [`NoiseError`] when the driver says that it is not on.
    pub fn new(rng: RNG<'d>, adc: ADC1<'d>) -> Result<Self, NoiseError> {
        let source = TrngSource::new(rng, adc);
        let trng = Trng::try_new().map_err(|_| NoiseError)?;
        Ok(Self { trng, _source: source })
    }
}

impl RawSource for Noise<'_> {
    type Error = NoiseError;

    fn fill(&mut self, out: &mut [u8]) -> Result<(), NoiseError> {
        if !TrngSource::is_enabled() {
            return Err(NoiseError);
        }
        self.trng.read(out);
        Ok(())
    }
}
