//! `gabion erase`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use gabion_cli::erase::Shown;
use gabion_cli::hex::parse_hex;
use gabion_crypto::{P256PublicKey, Software};
use gabion_erase::{Receipt, ReceiptError};
use gabion_privacy::{DeletionReceipt, ReceiptRefusal};

use crate::command::log::p256;
use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify the receipt of a factory reset, or of one person's deletion. Exit code 0 sound, 1 not (reason on stderr), 2 misuse.
    Verify(Verify),
}

#[derive(clap::Args)]
struct Verify {
    /// The receipt as the device gave it.
    receipt: PathBuf,
    /// The device's public key, PEM.
    #[arg(long, value_name = "PEM")]
    pubkey: PathBuf,
    /// The digest of the plan that the firmware should have carried out, 64 hexadecimal digits.
    #[arg(long, value_name = "SHA256")]
    plan: Option<String>,
    /// JSON instead of text.
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

impl Verify {
    fn run(self) -> anyhow::Result<ExitCode> {
        let bytes = std::fs::read(&self.receipt)
            .with_context(|| format!("cannot read {}", self.receipt.display()))?;
        let plan = self.plan.as_deref().map(parse_hex::<32>).transpose().context("--plan")?;
        let key = p256(&self.pubkey)?;
        let receipt = match Receipt::verify(&Software, &bytes, &key) {
            Ok(receipt) => receipt,
            Err(ReceiptError::NotAReceipt) if plan.is_none() => return self.deletion(&bytes, &key),
            Err(reason) => {
                gabion_cli::complain!("refused: {}: {reason}", self.receipt.display());
                return Ok(ExitCode::from(REFUSED));
            }
        };
        if plan.is_some_and(|plan| plan != receipt.plan) {
            gabion_cli::complain!(
                "refused: {}: another plan was carried out",
                self.receipt.display()
            );
            return Ok(ExitCode::from(REFUSED));
        }
        let shown = Shown::of(&receipt);
        if self.json {
            gabion_cli::say!("{}", serde_json::to_string_pretty(&shown)?);
        } else {
            gabion_cli::tell!("{shown}");
        }
        Ok(ACCEPTED)
    }

    /// The other kind of receipt.
    fn deletion(&self, bytes: &[u8], key: &P256PublicKey) -> anyhow::Result<ExitCode> {
        let receipt = match DeletionReceipt::verify(&Software, bytes, key) {
            Ok(receipt) => receipt,
            Err(reason) => {
                let reason = match reason {
                    ReceiptRefusal::NotAReceipt => ReceiptError::NotAReceipt.to_string(),
                    other => other.to_string(),
                };
                gabion_cli::complain!("refused: {}: {reason}", self.receipt.display());
                return Ok(ExitCode::from(REFUSED));
            }
        };
        let shown = gabion_cli::privacy::Shown::of(&receipt);
        if self.json {
            gabion_cli::say!("{}", serde_json::to_string_pretty(&shown)?);
        } else {
            gabion_cli::tell!("{shown}");
        }
        Ok(ACCEPTED)
    }
}
