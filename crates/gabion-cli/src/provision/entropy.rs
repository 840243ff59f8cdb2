//! The operating system's random source.

use gabion_crypto::Secret;
use gabion_hal::rand_core::{TryCryptoRng, TryRng};

/// Draws from the operating system, some thousand bytes at a time; each byte is given out once and then wiped.
pub struct SystemEntropy {
    pool: Secret<[u8; 4096]>,
    used: usize,
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self { pool: Secret::zeroed(), used: 4096 }
    }
}

impl TryRng for SystemEntropy {
    type Error = getrandom::Error;

    fn try_next_u32(&mut self) -> Result<u32, getrandom::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, getrandom::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), getrandom::Error> {
        for byte in out {
            if self.used >= self.pool.expose().len() {
                getrandom::fill(self.pool.expose_mut())?;
                self.used = 0;
            }
            *byte = core::mem::take(&mut self.pool.expose_mut()[self.used]);
            self.used += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for SystemEntropy {}
