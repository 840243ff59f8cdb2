//! A fleet on disk (`docs/spec/fleet.md` §1): who there is, and what they sent.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use gabion_crypto::{P256PublicKey, Secret};
use serde::{Deserialize, Serialize};

/// One line of `devices.ndjson`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// First 8 bytes of the SHA-256 of the public key, hexadecimal: the name of the device's folder.
    pub device: String,
    /// The public key, x ‖ y, hexadecimal.
    pub key: String,
    /// The seed that the factory keeps, hexadecimal.
    pub seed: String,
}

impl Enrolled {
    /// Returns key and seed.
    pub fn keys(&self) -> anyhow::Result<(P256PublicKey, Secret<[u8; 32]>)> {
        let key = parse_hex(&self.key).context("key")?;
        Ok((P256PublicKey(key), Secret::new(parse_hex(&self.seed).context("seed")?)))
    }
}

/// Where the bundles of a device lie.
pub fn bundles_of(fleet: &Path, device: &str) -> PathBuf {
    fleet.join("bundles").join(device)
}

/// Reads `devices.ndjson`.
pub fn read_devices(fleet: &Path) -> anyhow::Result<Vec<Enrolled>> {
    let path = fleet.join("devices.ndjson");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut known = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{}, line {}", path.display(), index + 1);
        let device: Enrolled = serde_json::from_str(line).with_context(place)?;
        let sound =
            device.device.len() == 16 && device.device.bytes().all(|b| b.is_ascii_hexdigit());
        ensure!(sound, "{}: a device is named by 16 hexadecimal digits", place());
        ensure!(known.insert(device.device.clone()), "{}: {} twice", place(), device.device);
        device.keys().with_context(place)?;
        all.push(device);
    }
    ensure!(!all.is_empty(), "{} names no device", path.display());
    Ok(all)
}

/// Reads the bundles of a device in the order of their names.
pub fn read_bundles(fleet: &Path, device: &str) -> anyhow::Result<Vec<(PathBuf, Vec<u8>)>> {
    let folder = bundles_of(fleet, device);
    let mut paths = Vec::new();
    match std::fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries {
                paths.push(entry?.path());
            }
        }
        // A device that has sent nothing yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", folder.display()));
        }
    }
    paths.sort();
    let read = |path: PathBuf| {
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok((path, bytes))
    };
    paths.into_iter().map(read).collect()
}

/// Writes bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_hex<const N: usize>(text: &str) -> anyhow::Result<[u8; N]> {
    let sound = text.len() == 2 * N && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    ensure!(sound, "not {} hexadecimal digits", 2 * N);
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair)?, 16)?;
    }
    Ok(out)
}
