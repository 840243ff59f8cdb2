//! Randomness from a noise source: tested, then conditioned.

use gabion_crypto::{Digest, Secret, Sha256};
use gabion_hal::rand_core::{TryCryptoRng, TryRng};

use crate::health::{HealthError, HealthTests, START_UP_SAMPLES};

/// Raw bytes that go into 32 bytes of output: at the 4 bits a byte that the health tests claim, the hash takes in as much
/// entropy as it gives out.
const RAW: usize = 64;
/// Bytes that the hash gives.
const BLOCK: usize = 32;

/// A noise source of a chip, as it comes.
pub trait RawSource {
    /// What can go wrong in the hardware: a source that gives nothing must say so and not hang.
    type Error: core::fmt::Debug;

    /// Fills `out` with raw bytes.
    ///
    /// # Errors
    ///
    /// When the source does not give them in time.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Self::Error>;
}

/// Why there is no randomness. Nothing may be made of what a buffer holds after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntropyError<E> {
    /// The source gave nothing in time.
    Source(E),
    /// What it gave is not random.
    Health(HealthError),
}

impl<E: core::fmt::Debug> core::fmt::Display for EntropyError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Source(e) => write!(f, "random source failed: {e:?}"),
            Self::Health(e) => write!(f, "{e}"),
        }
    }
}

impl<E: core::fmt::Debug> core::error::Error for EntropyError<E> {}

/// A noise source behind the health tests of SP 800-90B and a hash: 64 raw bytes make 32.
///
/// # Security
///
/// The claim behind the cut-offs is 4 bits of entropy in a byte. Nobody measured a particular chip: whoever certifies a product
/// must.
pub struct Conditioned<R: RawSource, P> {
    source: R,
    tests: HealthTests,
    provider: P,
    dead: Option<EntropyError<R::Error>>,
}

impl<R: RawSource, P> core::fmt::Debug for Conditioned<R, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Conditioned").field("dead", &self.dead.is_some()).finish_non_exhaustive()
    }
}

impl<R: RawSource<Error: Clone>, P: Sha256> Conditioned<R, P> {
    /// Takes a source and tests its first 1,024 bytes, which are then thrown away.
    ///
    /// # Errors
    ///
    /// [`EntropyError`]: this chip gives no randomness. Make no keys.
    pub fn start(source: R, provider: P) -> Result<Self, EntropyError<R::Error>> {
        let mut this = Self { source, tests: HealthTests::new(), provider, dead: None };
        let mut raw = [0; RAW];
        let mut tested = 0;
        while tested < START_UP_SAMPLES {
            this.raw(&mut raw)?;
            tested = tested.saturating_add(RAW as u16);
        }
        Ok(this)
    }

    fn raw(&mut self, out: &mut [u8; RAW]) -> Result<(), EntropyError<R::Error>> {
        if let Some(dead) = &self.dead {
            return Err(dead.clone());
        }
        let drawn = self.source.fill(out).map_err(EntropyError::Source).and_then(|()| {
            out.iter().try_for_each(|byte| self.tests.test(*byte)).map_err(EntropyError::Health)
        });
        if let Err(error) = &drawn {
            self.dead = Some(error.clone());
        }
        drawn
    }

    fn block(&mut self) -> Result<Secret<[u8; BLOCK]>, EntropyError<R::Error>> {
        let mut raw = Secret::<[u8; RAW]>::zeroed();
        self.raw(raw.expose_mut())?;
        let mut digest = self.provider.sha256_start();
        digest.update(raw.expose());
        Ok(Secret::new(digest.finish()))
    }
}

impl<R: RawSource<Error: Clone + core::error::Error>, P: Sha256> TryRng for Conditioned<R, P> {
    type Error = EntropyError<R::Error>;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(BLOCK) {
            let block = self.block()?;
            for (to, from) in chunk.iter_mut().zip(block.expose()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

impl<R: RawSource<Error: Clone + core::error::Error>, P: Sha256> TryCryptoRng
    for Conditioned<R, P>
{
}
