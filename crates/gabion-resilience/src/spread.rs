//! Where in a window of time a device of a fleet belongs, and chance.

use core::hash::Hasher;

use gabion_crypto::{HmacSha256, Secret};
use gabion_hal::Entropy;
use siphasher::sip::SipHasher24;

/// What tells this device apart from the others of its fleet: a key made from a device secret.
///
/// It spreads a fleet evenly over a window of time without any talk between the devices. Without the device's secret nobody can
/// tell which device comes when, or choose identities that all come at once.
pub struct Spread {
    key: Secret<[u8; 16]>,
}

impl core::fmt::Debug for Spread {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Spread(..)")
    }
}

impl Spread {
    /// Makes the key from a secret that every device has for itself, such as one from its root key. The secret is not revealed.
    #[must_use]
    pub fn new(hmac: &impl HmacSha256, device: &Secret<[u8; 32]>) -> Self {
        let full = Secret::new(hmac.hmac_sha256(device.expose(), &[b"gabion/1 fleet spread"]));
        let mut key = Secret::zeroed();
        key.expose_mut().iter_mut().zip(full.expose()).for_each(|(to, from)| *to = *from);
        Self { key }
    }

    /// Returns this device's place in a window: 0 to `window_ms`, the same each time.
    #[must_use]
    pub fn slot_ms(&self, window_ms: u64) -> u64 {
        scale(self.hash(0), window_ms)
    }

    fn hash(&self, number: u64) -> u64 {
        let mut hasher = SipHasher24::new_with_key(self.key.expose());
        hasher.write_u64(number);
        hasher.finish()
    }

    /// Draws from 0 to `most`. When the random source is dead the device's key and a number stand in: devices still differ.
    pub(crate) fn draw(&self, entropy: &mut impl Entropy, number: u32, most: u64) -> Drawn {
        match entropy.try_next_u64() {
            Ok(random) => Drawn { value: scale(random, most), degraded: false },
            Err(_) => {
                let hash = self.hash(u64::from(number).saturating_add(1));
                Drawn { value: scale(hash, most), degraded: true }
            }
        }
    }
}

pub(crate) struct Drawn {
    pub(crate) value: u64,
    /// Whether the random source failed.
    pub(crate) degraded: bool,
}

/// Maps 64 random bits to 0 to `most`, both possible. The bias is below 2^-32 for windows below 49 days.
fn scale(random: u64, most: u64) -> u64 {
    let product = u128::from(random).saturating_mul(u128::from(most).saturating_add(1));
    u64::try_from(product >> 64).unwrap_or(most)
}
