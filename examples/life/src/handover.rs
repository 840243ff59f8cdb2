//! What leaves the factory beside the device: its label, and what the back end is told. Kept in a file next to the flash.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gabion::crypto::{P256PublicKey, Secret};
use gabion_cli::hex::hex;
use serde::{Deserialize, Serialize};

/// Label and hand-over of one device. In a product the label is printed and the rest is encrypted to the back end.
#[derive(Serialize, Deserialize)]
pub(crate) struct Handover {
    /// The text of the label's QR code.
    pub(crate) label: String,
    /// The serial number.
    pub(crate) serial: String,
    /// What opens the device's log on the host; the device keeps nothing of it.
    log_seed: String,
    /// The public key of the device's identity, once it is known.
    pub(crate) identity: Option<String>,
}

impl Handover {
    /// Puts a hand-over together.
    pub(crate) fn new(label: &str, serial: &str, log_seed: &Secret<[u8; 32]>) -> Self {
        Self {
            label: label.to_owned(),
            serial: serial.to_owned(),
            log_seed: hex(log_seed.expose()),
            identity: None,
        }
    }

    /// Returns the file beside a flash file.
    pub(crate) fn path(flash: &Path) -> PathBuf {
        flash.with_extension("handover.json")
    }

    /// Writes the file: beside it first, then in its place, so that a kill leaves the old one or the new one.
    pub(crate) fn save(&self, flash: &Path) -> Result<()> {
        let path = Self::path(flash);
        let draft = path.with_extension("json.new");
        std::fs::write(&draft, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&draft, &path).with_context(|| format!("writing {}", path.display()))
    }

    /// Reads the file.
    pub(crate) fn load(flash: &Path) -> Result<Self> {
        let path = Self::path(flash);
        let text = std::fs::read(&path).with_context(|| {
            format!("reading {}: without it the label of the device is lost", path.display())
        })?;
        serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))
    }

    /// Returns the log's seed.
    pub(crate) fn log_seed(&self) -> Result<Secret<[u8; 32]>> {
        let mut seed = Secret::zeroed();
        unhex(&self.log_seed, seed.expose_mut())?;
        Ok(seed)
    }

    /// Returns the device's public key.
    pub(crate) fn identity(&self) -> Result<P256PublicKey> {
        let mut key = [0; 64];
        unhex(self.identity.as_deref().context("the identity is not known yet")?, &mut key)?;
        Ok(P256PublicKey(key))
    }
}

fn unhex(text: &str, out: &mut [u8]) -> Result<()> {
    anyhow::ensure!(text.len() == out.len() * 2 && text.is_ascii(), "wrong number of digits");
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[at * 2..at * 2 + 2], 16)?;
    }
    Ok(())
}
