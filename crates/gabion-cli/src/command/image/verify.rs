//! `gabion image verify`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use gabion_boot::{KeySet, Policy};
use gabion_cli::image::{report, verify_slot_content};
use gabion_cli::keys;
use serde_json::json;

use crate::command::{ACCEPTED, REFUSED, number};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Trusted public keys, PEM (P-256 or Ed25519). A private key stands for its public half.
    #[arg(long, required = true, num_args = 1.., value_name = "PEM")]
    pubkey: Vec<PathBuf>,
    /// Lowest security counter that is accepted; without it, roll-back protection is off.
    #[arg(long, value_name = "N", value_parser = number::parse)]
    min_counter: Option<u32>,
    /// Largest offset at which the image may end, in bytes. Default: what the file holds and 4 KiB of erased flash.
    #[arg(long, value_name = "N", value_parser = number::parse)]
    max_size: Option<u32>,
    /// Address of the slot, for images that are linked for one.
    #[arg(long, value_name = "A", value_parser = number::parse)]
    slot_address: Option<u32>,
    /// Write the verdict to stdout as JSON.
    #[arg(long)]
    json: bool,
    /// Content of the slot from its start; what follows in the slot reads 0xFF.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(mut self) -> anyhow::Result<ExitCode> {
        // `--pubkey a.pem b.pem FILE`: the last one is the file.
        let file = match self.file.take().or_else(|| self.pubkey.pop()) {
            Some(file) if !self.pubkey.is_empty() => file,
            _ => bail!("a key and a file are needed: gabion image verify --pubkey KEY.pem FILE"),
        };
        let mut trusted = Vec::new();
        for path in &self.pubkey {
            trusted.push(keys::load_public(path)?.trust());
        }
        let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let default = u32::try_from(content.len()).unwrap_or(u32::MAX).saturating_add(0x1000);
        let mut policy = Policy::new(self.max_size.unwrap_or(default));
        if let Some(floor) = self.min_counter {
            policy = policy.min_counter(floor);
        }
        if let Some(address) = self.slot_address {
            policy = policy.slot_address(address);
        }
        if content.starts_with(b"-----BEGIN ") {
            bail!("{} is a key or certificate, not an image: is the file missing?", file.display());
        }
        match verify_slot_content(&content, KeySet::new(&trusted), &policy) {
            Ok(image) => {
                if self.json {
                    gabion_cli::say!(
                        "{}",
                        json!({ "verdict": "accepted", "image": report(&image) })
                    );
                } else {
                    gabion_cli::say!("accepted: version {}", image.version());
                }
                Ok(ACCEPTED)
            }
            Err(refusal) => {
                if self.json {
                    let (reason, code) = (refusal.name(), refusal.code());
                    let message = refusal.to_string();
                    gabion_cli::say!(
                        "{}",
                        json!({ "verdict": "refused", "reason": reason, "code": code, "message": message })
                    );
                }
                gabion_cli::complain!("refused: {}: {refusal}", refusal.name());
                Ok(ExitCode::from(REFUSED))
            }
        }
    }
}
