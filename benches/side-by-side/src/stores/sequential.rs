//! sequential-storage's map with all its caches: raw, and with each value sealed by hand as many do it.

use std::cell::Cell;

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit};
use gabion_flash::block_on;
use sequential_storage::cache::Cache;
use sequential_storage::cache::key_pointers::ArrayKeyPointers;
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;
use sequential_storage::map::{MapConfig, MapStorage};

use crate::contender::{Answer, Contender, KEYS, Live, Value, text};
use crate::device::{Device, Handle, PAGE};

type Caches = Cache<ArrayPageStates<16>, ArrayPagePointers<16>, ArrayKeyPointers<u8, KEYS>, u8>;
type Map = MapStorage<u8, Handle, Caches>;

fn open(device: &Device) -> Map {
    let caches =
        Cache::new(ArrayPageStates::new(), ArrayPagePointers::new(), ArrayKeyPointers::new());
    MapStorage::new(device.flash.clone(), const { MapConfig::new(0..16 * PAGE as u32) }, caches)
}

fn fetch(map: &mut Map, key: usize) -> Result<Option<Vec<u8>>, String> {
    let mut buffer = [0; 128];
    let found = block_on(map.fetch_item::<&[u8]>(&mut buffer, &(key as u8))).map_err(text)?;
    Ok(found.map(<[u8]>::to_vec))
}

fn store(map: &mut Map, key: usize, value: &[u8]) -> Result<(), String> {
    block_on(map.store_item(&mut [0; 128], &(key as u8), &value)).map_err(text)
}

fn remove(map: &mut Map, key: usize) -> Result<(), String> {
    block_on(map.remove_item(&mut [0; 128], &(key as u8))).map_err(text)
}

/// The map as it is.
pub struct Sequential;

impl Contender for Sequential {
    fn name(&self) -> &'static str {
        "sequential-storage 8.0.2"
    }
    fn session(
        &self,
        device: &Device,
        _is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        act(&mut Raw(open(device)));
        Ok(())
    }
}

struct Raw(Map);

impl Live for Raw {
    fn get(&mut self, key: usize) -> Answer {
        match fetch(&mut self.0, key) {
            Ok(Some(value)) => Answer::of(&value),
            Ok(None) => Answer::Absent,
            Err(_) => Answer::Error,
        }
    }
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String> {
        store(&mut self.0, key, value)
    }
    fn remove(&mut self, key: usize) -> Result<(), String> {
        remove(&mut self.0, key)
    }
}

/// The map with AES-256-GCM around each value: a nonce of 12 bytes before, a tag of 16 behind.
pub struct Naive;

impl Contender for Naive {
    fn name(&self) -> &'static str {
        "+ naive sealing"
    }
    fn is_sealed(&self) -> bool {
        true
    }
    fn session(
        &self,
        device: &Device,
        _is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        let cipher = Aes256Gcm::new(&[7; 32].into());
        act(&mut Sealing { map: open(device), cipher });
        Ok(())
    }
}

struct Sealing {
    map: Map,
    cipher: Aes256Gcm,
}

thread_local! {
    /// Stands for a source of random numbers: each nonce once.
    static NONCE: Cell<u64> = const { Cell::new(0) };
}

impl Live for Sealing {
    fn get(&mut self, key: usize) -> Answer {
        let blob = match fetch(&mut self.map, key) {
            Ok(Some(blob)) => blob,
            Ok(None) => return Answer::Absent,
            Err(_) => return Answer::Error,
        };
        let Some((nonce, sealed)) = blob.split_first_chunk::<12>() else { return Answer::Error };
        self.cipher
            .decrypt(&(*nonce).into(), sealed)
            .map_or(Answer::Error, |value| Answer::of(&value))
    }
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String> {
        let number = NONCE.get();
        NONCE.set(number + 1);
        let mut nonce = [0xA5; 12];
        nonce[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        let sealed = self.cipher.encrypt(&nonce.into(), value.as_slice()).map_err(text)?;
        store(&mut self.map, key, &[nonce.as_slice(), &sealed].concat())
    }
    fn remove(&mut self, key: usize) -> Result<(), String> {
        remove(&mut self.map, key)
    }
}
