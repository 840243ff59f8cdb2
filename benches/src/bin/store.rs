//! Putting and getting a sealed value of 32 bytes, and beside it what the cipher and the flash alone cost.
#![no_std]
#![no_main]

use gabion_benches::traced::{Trace, Traced};
use gabion_benches::{Bench, pattern};
use gabion_crypto::{Aead, AeadKey, CryptoError, Secret, Software, SoftwareRootKey};
use gabion_flash::block_on;
use gabion_flash::hazmat::Unjournaled;
use gabion_hal::rand_core::{TryCryptoRng, TryRng};
use gabion_hal::{NoCounter, NoEvents};
use gabion_profile::{Class, Origin, parameters};
use gabion_qemu::gabion_testkit::RamFlash;
use gabion_storage::{Config, Storage, Store};

gabion_benches::bench_main!(run);

parameters! {
    /// What is stored.
    const REGISTRY: {
        /// A secret.
        SECRET: Critical { class: Class::UserSecret, number: 1, max_len: 32, origin: Origin::User, purpose: "bench" };
    }
}

const PAGE: usize = 4096;
const RECORD: usize = Config::record_size(32);
type Flash = RamFlash<{ 8 * PAGE }, PAGE>;

/// Counts up: enough for a bench.
struct Numbers(u8);

impl TryRng for Numbers {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 = self.0.wrapping_add(1);
        Ok(u32::from(self.0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}

fn run(bench: &Bench) -> bool {
    let mut root = SoftwareRootKey::new(Secret::new(pattern(1)), Software);
    let trace = Trace::default();
    // The journal costs at erases only, and a steady put erases nothing.
    let flash = Unjournaled::<_>::new(Traced::new(Flash::new(), &trace));
    let config = Config::new(&[REGISTRY]);
    let (entropy, events) = (&mut Numbers(0), &mut NoEvents);
    let made = block_on(Store::<_, _, _, 1, RECORD>::format(
        flash, config, Software, NoCounter, &mut root, entropy, events,
    ));
    let Ok(mut store) = made else { return false };
    let value: [u8; 32] = pattern(2);
    let mut done = true;
    // The first puts expand the key and settle the page.
    for _ in 0..3 {
        done &= block_on(store.put(&SECRET, &value)).is_ok();
    }
    trace.clear();
    bench.measure("store put 32 B", &mut || {
        done &= block_on(store.put(&SECRET, &value)).is_ok();
    });
    done &= trace.is_steady();
    let (ignored, bare) = (Trace::default(), Flash::new());
    let mut bare = Unjournaled::<_>::new(Traced::new(bare, &ignored));
    bench.measure("store put, bare flash", &mut || {
        done &= block_on(trace.replay(&mut bare));
    });

    trace.clear();
    let mut found = [0; 32];
    bench.measure("store get 32 B", &mut || {
        done &= block_on(store.read(SECRET.parameter(), &mut found)).is_ok();
    });
    done &= found == value && trace.is_steady();
    bench.measure("store get, bare flash", &mut || {
        done &= block_on(trace.replay(&mut bare));
    });

    let key = Software.aead_key(&Secret::new(pattern(3)));
    let (nonce, aad): ([u8; 12], [u8; 16]) = (pattern(4), pattern(5));
    let mut data = value;
    let mut tag = Err(CryptoError::Refused);
    bench.measure("store put, bare AEAD", &mut || tag = key.seal(&nonce, &aad, &mut data));
    let Ok(tag) = tag else { return false };
    bench.measure("store get, bare AEAD", &mut || {
        done &= key.unseal(&nonce, &aad, &mut data, &tag).is_ok();
    });
    done
}
