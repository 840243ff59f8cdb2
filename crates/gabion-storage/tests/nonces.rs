//! Goal N7: over many boots, cuts and restored images, with a dead random source, no two different messages are sealed under
//! one key and nonce.
//!
//! `GABION_SEALS=1000000` makes the run as long as the goal says; the default is a tenth of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test must stop loudly"
)]

mod device;

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use device::*;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use gabion_crypto::{Aead, AeadAlgorithm, AeadKey, CryptoError, HmacSha256, Secret, Software};
use gabion_flash::{Journaled, Layout, Shared, block_on};
use gabion_hal::{NoCounter, NoEvents};
use gabion_profile::Class;
use gabion_sim::{Cut, EntropyMode, Fault, Off, Rng};
use gabion_storage::{Config, Storage, Store};

/// Key and nonce, to a hash of associated data and message.
type Log = Rc<RefCell<HashMap<([u8; 32], [u8; 12]), u64>>>;

/// Software that remembers every message that it seals.
#[derive(Clone)]
struct Recorder {
    log: Log,
    reused: Rc<RefCell<u64>>,
    seals: Rc<RefCell<u64>>,
}

struct RecorderKey {
    inner: gabion_crypto::AesGcmKey,
    key: [u8; 32],
    recorder: Recorder,
}

impl HmacSha256 for Recorder {
    fn hmac_sha256(&self, key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        Software.hmac_sha256(key, parts)
    }
}

impl Aead for Recorder {
    type Key = RecorderKey;

    fn aead_algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn aead_key(&self, key: &Secret<[u8; 32]>) -> RecorderKey {
        RecorderKey { inner: Software.aead_key(key), key: *key.expose(), recorder: self.clone() }
    }
}

impl AeadKey for RecorderKey {
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], data: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        let mut hasher = DefaultHasher::new();
        (aad, &*data).hash(&mut hasher);
        let message = hasher.finish();
        let mut log = self.recorder.log.borrow_mut();
        *self.recorder.seals.borrow_mut() += 1;
        if *log.entry((self.key, *nonce)).or_insert(message) != message {
            *self.recorder.reused.borrow_mut() += 1;
        }
        self.inner.seal(nonce, aad, data)
    }

    fn unseal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), CryptoError> {
        self.inner.unseal(nonce, aad, data, tag)
    }
}

fn life(entropy: EntropyMode, seals: u64, seed: u64) -> Recorder {
    let log = Log::default();
    let recorder = Recorder { log, reused: Rc::default(), seals: Rc::default() };
    let mut rng = Rng::new(seed);
    let mut device = Device::new();
    let mut off: Off<Nor> = device.off.take().unwrap();
    off.chip.entropy = entropy;
    let mut images = vec![off.clone()];
    while *recorder.seals.borrow() < seals {
        // One boot in three starts from an image of the past.
        if rng.chance(1, 3) {
            off = images[rng.index(images.len())].clone();
        }
        let fault = Fault::ALL[rng.index(8)];
        let cut = rng.chance(1, 2).then(|| Cut::new(rng.below(400), fault, rng.next()));
        let mut board = off.power_on(cut);
        {
            let chip = &mut board.chip;
            let Ok(journaled) = block_on(Journaled::open_multiwrite(&mut board.flash, JOURNAL))
            else {
                off = images[0].clone();
                continue;
            };
            let layout = Layout::check(10 * PAGE as u32, PAGE as u32, [REGION]).unwrap();
            let mut shared = Shared::<NoopRawMutex, _>::new(journaled);
            let [flash] = shared.split(&layout).unwrap();
            let _cut = block_on(async {
                let mut store = Store::<_, _, _, 12, 160>::open(
                    flash,
                    Config::new(LISTS),
                    recorder.clone(),
                    NoCounter,
                    &mut chip.root_key,
                    &mut chip.entropy,
                    &mut NoEvents,
                )
                .await
                .ok()?;
                for _ in 0..rng.below(60) {
                    let key = KEYS_16[rng.index(4)];
                    // Few different values, so that equal places meet equal and different ones.
                    store.put(&key, &[rng.byte() & 3; 16]).await.ok()?;
                    if rng.chance(1, 60) {
                        store.put(&NAME, &[rng.byte(); 9]).await.ok()?;
                        let _ = store.rekey(Class::Configuration).await;
                    }
                }
                Some(())
            });
        }
        off = board.power_off();
        if images.len() < 64 {
            images.push(off.clone());
        } else {
            images[rng.index(64)] = off.clone();
        }
    }
    recorder
}

fn seals() -> u64 {
    std::env::var("GABION_SEALS").map_or(100_000, |n| n.parse().unwrap())
}

#[test]
fn a_dead_source_and_restored_images_repeat_no_nonce() {
    let recorder = life(EntropyMode::Dead, seals(), 11);
    assert_eq!(*recorder.reused.borrow(), 0);
    assert!(recorder.log.borrow().len() as u64 > seals() / 4);
}

#[test]
fn a_stuck_or_repeating_source_repeats_no_nonce() {
    for (mode, seed) in [(EntropyMode::Stuck, 12), (EntropyMode::Repeats, 13)] {
        let recorder = life(mode, seals() / 5, seed);
        assert_eq!(*recorder.reused.borrow(), 0, "{mode:?}");
    }
}
