//! esp-nvs: ESP-IDF's format of non-volatile storage, values as blobs.

use esp_nvs::error::Error;
use esp_nvs::platform::{Crc, software_crc32};
use esp_nvs::{Key, Nvs};

use crate::contender::{Answer, Contender, Live, Value, text};
use crate::device::{Device, Handle, PAGE};

impl Crc for Handle {
    fn crc32(init: u32, data: &[u8]) -> u32 {
        software_crc32(init, data)
    }
}

/// ESP-IDF's format.
pub struct EspNvs;

impl Contender for EspNvs {
    fn name(&self) -> &'static str {
        "esp-nvs 0.6.3"
    }
    fn session(
        &self,
        device: &Device,
        _is_new: bool,
        act: &mut dyn FnMut(&mut dyn Live),
    ) -> Result<(), String> {
        let nvs = Nvs::new(0, 16 * PAGE, device.flash.clone()).map_err(text)?;
        act(&mut Used(nvs));
        Ok(())
    }
}

const NAMESPACE: Key = Key::from_str("bench");

fn name(key: usize) -> Key {
    Key::from_str(&format!("key{key}"))
}

struct Used(Nvs<Handle>);

impl Live for Used {
    fn get(&mut self, key: usize) -> Answer {
        match self.0.get::<Vec<u8>>(&NAMESPACE, &name(key)) {
            Ok(value) => Answer::of(&value),
            Err(Error::KeyNotFound | Error::NamespaceNotFound) => Answer::Absent,
            Err(_) => Answer::Error,
        }
    }
    fn put(&mut self, key: usize, value: &Value) -> Result<(), String> {
        self.0.set(&NAMESPACE, &name(key), value.as_slice()).map_err(text)
    }
    fn remove(&mut self, key: usize) -> Result<(), String> {
        self.0.delete(&NAMESPACE, &name(key)).map_err(text)
    }
}
