//! Shows receipts of factory resets (`docs/spec/erase.md`).

use core::fmt;

use gabion_erase::Receipt;
use gabion_profile::Class;
use serde::Serialize;

use crate::hex::hex;

/// A receipt in words.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// SHA-256 of the device's public key.
    pub device: String,
    /// Number of this reset in the life of the device; 0 when the count was lost.
    pub reset: u32,
    /// What ordered it.
    pub trigger: String,
    /// How often a power cut interrupted it.
    pub interruptions: u16,
    /// Classes whose keys were destroyed.
    pub classes: Vec<String>,
    /// Regions that were emptied and read back.
    pub regions: u8,
    /// Pages erased in the last run.
    pub pages: u32,
    /// Bytes read back.
    pub bytes: u32,
    /// Seconds since boot when it was finished.
    pub uptime_seconds: u32,
    /// Time of day when it was finished, if the device knew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unix_seconds: Option<u64>,
    /// SHA-256 over the plan that was carried out.
    pub plan: String,
}

impl Shown {
    /// Puts a verified receipt into words.
    #[must_use]
    pub fn of(receipt: &Receipt) -> Self {
        let classes = Class::ALL.into_iter().filter(|class| receipt.destroyed(*class));
        Self {
            device: hex(&receipt.device),
            reset: receipt.number,
            trigger: format!("{:?}", receipt.trigger).to_lowercase(),
            interruptions: receipt.resumed,
            classes: classes.map(|class| format!("{class:?}")).collect(),
            regions: receipt.regions,
            pages: receipt.count.pages,
            bytes: receipt.count.bytes,
            uptime_seconds: receipt.uptime_ds / 10,
            unix_seconds: receipt.wall.map(|wall| wall.unix_seconds),
            plan: hex(&receipt.plan),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "sound: factory reset number {} of device {}", self.reset, &self.device[..16])?;
        writeln!(f, "  ordered by      {}", self.trigger)?;
        writeln!(f, "  keys destroyed  {}", self.classes.join(", "))?;
        writeln!(
            f,
            "  regions         {} emptied: {} pages erased, {} bytes read back",
            self.regions, self.pages, self.bytes
        )?;
        writeln!(f, "  interrupted     {} time(s)", self.interruptions)?;
        writeln!(f, "  plan            {}", self.plan)
    }
}
