//! `gabion log`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use gabion_cli::hex::parse_hex;
use gabion_cli::keys::{Public, load_public};
use gabion_cli::log::{
    EXAMPLE_ENTERPRISE, Examined, Expectation, examine, otlp, parse_seed, syslog,
};
use gabion_crypto::P256PublicKey;

use crate::command::{ACCEPTED, REFUSED, log_fleet};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify bundles of one device, in the order of their export: signature, gaps, order, truncation, replay and, with the
    /// seed, whether the past was forged. Exit code 0 sound, 1 not (reason on stderr), 2 misuse.
    Verify(Input),
    /// Verify bundles and show their events.
    Show(Show),
    /// Verify the bundles of a fleet, write Parquet, run the detection rules, draw a report (runs gabion-fleet).
    Examine(log_fleet::Args),
    /// Make a labelled fleet to try that on (runs gabion-fleet).
    Simulate(log_fleet::Args),
}

#[derive(clap::Args)]
struct Input {
    /// Bundles, oldest first.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The device's public key, PEM.
    #[arg(long, value_name = "PEM")]
    pubkey: PathBuf,
    /// The seed that the factory keeps, 64 hexadecimal digits, or `@FILE` with them.
    #[arg(long, value_name = "HEX|@FILE")]
    seed: Option<String>,
    /// The nonce that the last bundle must answer, 32 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    nonce: Option<String>,
}

#[derive(clap::Args)]
struct Show {
    #[command(flatten)]
    input: Input,
    /// How to write them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The private enterprise number that marks our structured data in syslog; the default is for examples only.
    #[arg(long, value_name = "NUMBER", default_value_t = EXAMPLE_ENTERPRISE)]
    enterprise: u32,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// One event a line, for people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// RFC 5424, one message a line.
    Syslog,
    /// OpenTelemetry logs: one OTLP request in JSON.
    Otlp,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(input) => input.run(|examined| {
                gabion_cli::say!("sound: {}", examined.summary());
                Ok(())
            }),
            Command::Examine(args) => args.run("examine"),
            Command::Simulate(args) => args.run("simulate"),
            Command::Show(Show { input, format, json, enterprise }) => {
                if input.seed.is_none() {
                    bail!("events are sealed: give the seed that the factory keeps (--seed)");
                }
                input.run(|examined| {
                    match if json { Format::Json } else { format } {
                        Format::Json => {
                            gabion_cli::say!("{}", serde_json::to_string_pretty(&examined)?);
                        }
                        Format::Ndjson => {
                            for event in &examined.events {
                                gabion_cli::say!("{}", serde_json::to_string(event)?);
                            }
                        }
                        Format::Syslog => gabion_cli::tell!("{}", syslog(&examined, enterprise)),
                        Format::Otlp => gabion_cli::say!("{}", otlp(&examined)),
                        Format::Table => {
                            gabion_cli::tell!("{}", examined.table());
                            gabion_cli::complain!("{}", examined.summary());
                        }
                    }
                    Ok(())
                })
            }
        }
    }
}

impl Input {
    fn run(self, then: impl FnOnce(Examined) -> anyhow::Result<()>) -> anyhow::Result<ExitCode> {
        let read = |path: &PathBuf| {
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
        };
        let bundles = self.files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let seed = match self.seed.as_deref() {
            None => None,
            Some(text) => Some(match text.strip_prefix('@') {
                None => parse_seed(text)?,
                Some(path) => {
                    let text = std::fs::read_to_string(path);
                    parse_seed(&text.with_context(|| format!("cannot read {path}"))?)?
                }
            }),
        };
        let nonce = self.nonce.as_deref().map(parse_hex).transpose().context("--nonce")?;
        let expected = Expectation { key: p256(&self.pubkey)?, seed, nonce };
        match examine(&bundles, &expected) {
            Ok(examined) => {
                then(examined)?;
                Ok(ACCEPTED)
            }
            Err(refusal) => {
                let file = self.files.get(refusal.bundle).map(|path| path.display());
                let file = file.map_or_else(String::new, |path| format!("{path}: "));
                gabion_cli::complain!("refused: {file}{}", refusal.reason);
                Ok(ExitCode::from(REFUSED))
            }
        }
    }
}

/// Loads the key of a device's identity.
pub(crate) fn p256(path: &std::path::Path) -> anyhow::Result<P256PublicKey> {
    match load_public(path)? {
        Public::P256(key) => Ok(key),
        Public::Ed25519(_) => {
            bail!("{} holds an Ed25519 key; devices sign with P-256", path.display())
        }
    }
}
