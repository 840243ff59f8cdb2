//! Sample images, and a builder for images that no signing tool writes.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::mod_module_files,
    reason = "shared by several tests"
)]

use std::fs;
use std::path::PathBuf;

use gabion_boot::{Image, KeySet, Policy, Slot, TrustedKey, Verified, VerifyError, verify};
use gabion_crypto::{P256PublicKey, Software};
use gabion_sim::{FlashError, Medium, Setup, SimFlash, Supply, block_on};

pub mod mint;

pub type Flash = SimFlash<4, 256>;

pub fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/images").join(name)
}

pub fn index() -> serde_json::Value {
    serde_json::from_slice(&fs::read(data("index.json")).unwrap()).unwrap()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub struct Sample {
    pub id: String,
    pub bytes: Vec<u8>,
    pub keys: Vec<TrustedKey>,
    pub policy: Policy<'static>,
    pub json: serde_json::Value,
}

pub fn trusted(index: &serde_json::Value, name: &str, mode: &str) -> TrustedKey {
    let key = &index["trusted_key_material"][name];
    let hash = unhex(key["keyhash_sha256"].as_str().unwrap()).try_into().unwrap();
    if mode == "pubkey-hw" {
        return TrustedKey::by_hash(hash);
    }
    let trusted = match key["curve"].as_str().unwrap() {
        "secp256r1" => {
            let point = unhex(key["sec1_uncompressed_hex"].as_str().unwrap());
            TrustedKey::p256(&Software, P256PublicKey(point[1..].try_into().unwrap()))
        }
        _ => TrustedKey::ed25519(
            &Software,
            unhex(key["raw_hex"].as_str().unwrap()).try_into().unwrap(),
        ),
    };
    assert_eq!(*trusted.hash(), hash);
    trusted
}

pub fn samples() -> Vec<Sample> {
    let index = index();
    let images = index["images"].as_array().unwrap();
    let sample = |json: &serde_json::Value| {
        let wanted = &json["policy"];
        let mode = wanted["key_mode"].as_str().unwrap();
        let names = wanted["trusted_keys"].as_array().unwrap();
        let keys = names.iter().map(|name| trusted(&index, name.as_str().unwrap(), mode)).collect();
        let mut policy = Policy::new(wanted["max_image_size"].as_u64().unwrap() as u32);
        if let Some(floor) = wanted["security_counter_min"].as_u64() {
            policy = policy.min_counter(floor as u32);
        }
        Sample {
            id: json["id"].as_str().unwrap().to_owned(),
            bytes: fs::read(data(json["file"].as_str().unwrap())).unwrap(),
            keys,
            policy,
            json: json.clone(),
        }
    };
    images.iter().map(sample).collect()
}

pub fn sample(id: &str) -> Sample {
    samples().into_iter().find(|sample| sample.id == id).unwrap()
}

impl Sample {
    pub fn verify(&self) -> Result<Verified<Image>, VerifyError<FlashError>> {
        self.verify_as(&self.bytes)
    }

    /// Verifies other bytes under the sample's policy, in a slot of which the rest is erased.
    pub fn verify_as(&self, bytes: &[u8]) -> Result<Verified<Image>, VerifyError<FlashError>> {
        verify_in_slot(bytes, &self.keys, &self.policy)
    }
}

pub fn verify_in_slot(
    bytes: &[u8],
    keys: &[TrustedKey],
    policy: &Policy<'_>,
) -> Result<Verified<Image>, VerifyError<FlashError>> {
    let size = bytes.len().next_multiple_of(256) + 0x10000;
    let mut medium = Medium::new(Setup::new(size), 4, 256);
    medium.tamper(0, bytes);
    let mut flash = Flash::with_medium(medium, Supply::new());
    let slot = Slot { number: 0, offset: 0, size: size as u32 };
    block_on(verify(&mut flash, slot, KeySet::new(keys), policy, &Software, |_, _| ()))
}
