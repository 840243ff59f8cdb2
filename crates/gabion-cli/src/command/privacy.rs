//! `gabion privacy`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use gabion_cli::privacy::{LONGEST, verify_cbor, verify_json};
use serde_json::Value;

use crate::command::log::p256;
use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify an export of personal data. Exit code 0 sound, 1 not (reason on stderr), 2 misuse.
    Verify(Verify),
}

#[derive(clap::Args)]
struct Verify {
    /// The export as the device gave it: CBOR, or JSON together with `--signature`.
    export: PathBuf,
    /// The device's public key, PEM.
    #[arg(long, value_name = "PEM")]
    pubkey: PathBuf,
    /// The detached signature of an export in JSON.
    #[arg(long, value_name = "JWS")]
    signature: Option<PathBuf>,
    /// Print what is in it, as JSON, instead of a summary.
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(args) => args.run(),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("cannot read {}", path.display());
    if std::fs::metadata(path).with_context(context)?.len() > LONGEST as u64 {
        bail!("{} is longer than any export", path.display());
    }
    std::fs::read(path).with_context(context)
}

impl Verify {
    fn run(self) -> anyhow::Result<ExitCode> {
        let (bytes, key) = (read(&self.export)?, p256(&self.pubkey)?);
        let checked = match &self.signature {
            None => verify_cbor(&bytes, &key),
            Some(path) => verify_json(&bytes, &String::from_utf8_lossy(&read(path)?), &key),
        };
        let value = match checked {
            Ok(value) => value,
            Err(reason) => {
                gabion_cli::complain!("refused: {}: {reason}", self.export.display());
                if self.signature.is_none() && bytes.first() == Some(&b'{') {
                    gabion_cli::complain!("an export in JSON needs --signature");
                }
                return Ok(ExitCode::from(REFUSED));
            }
        };
        if self.json {
            gabion_cli::say!("{}", serde_json::to_string_pretty(&value)?);
        } else {
            summary(&value);
        }
        Ok(ACCEPTED)
    }
}

fn summary(value: &Value) {
    let device = value["device"].as_str().unwrap_or_default();
    gabion_cli::say!("sound: personal data from device {}", device.get(..16).unwrap_or(device));
    for subject in value["subjects"].as_array().into_iter().flatten() {
        let data = subject["data"].as_array().map_or(&[][..], Vec::as_slice);
        let held = data.iter().filter(|one| !one["value"].is_null() || one["hex"].is_string());
        let answers = subject["answers"].as_array().map_or(0, Vec::len);
        gabion_cli::say!(
            "  {}: {} of {} items held, {answers} answers on record",
            subject["subject"].as_str().unwrap_or_default(),
            held.count(),
            data.len()
        );
    }
}
