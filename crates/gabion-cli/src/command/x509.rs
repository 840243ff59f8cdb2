//! `gabion x509`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context;
use clap::Subcommand;
use gabion_cli::x509::{self, Request};
use gabion_link::x509::{PinMatch, UnixTime};

use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge a server's certificates as a device would: exit code 0 accepted, 1 refused (reason on stderr), 2 misuse.
    Verify(Verify),
}

#[derive(clap::Args)]
struct Verify {
    /// A PEM file of trusted certificates; may hold several and be given several times.
    #[arg(long, value_name = "PEM", required = true, num_args = 1..)]
    root: Vec<PathBuf>,
    /// The DNS name or address of the server that is meant.
    #[arg(long, value_name = "NAME")]
    host: String,
    /// The time to judge at, in RFC 3339; else now.
    #[arg(long, value_name = "RFC3339")]
    time: Option<String>,
    /// SHA-256 of a public key (SubjectPublicKeyInfo), hexadecimal or base64, that must occur in the path; a second and
    /// later ones are backups. A self-signed certificate is accepted only if it is a root and pinned.
    #[arg(long, value_name = "SHA256")]
    pin: Vec<String>,
    /// The server's certificates in PEM, its own first.
    #[arg(value_name = "CHAIN.pem")]
    chain: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(args) => args.run(),
        }
    }
}

impl Verify {
    fn run(mut self) -> anyhow::Result<ExitCode> {
        let chain = match self.chain.take() {
            Some(chain) => chain,
            // `--root A.pem CHAIN.pem`: the list of roots has swallowed the chain.
            None if self.root.len() > 1 => self.root.pop().context("no chain was given")?,
            None => anyhow::bail!("no chain was given"),
        };
        let read = |path: &PathBuf| {
            let pem = std::fs::read(path).with_context(|| path.display().to_string())?;
            x509::certificates(&pem).with_context(|| path.display().to_string())
        };
        let roots: Vec<Vec<u8>> =
            self.root.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?.concat();
        let pins = self.pin.iter().map(|pin| x509::pin(pin)).collect::<anyhow::Result<Vec<_>>>()?;
        let time = match &self.time {
            Some(text) => x509::time(text)?,
            None => {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
                UnixTime(since.as_secs().try_into()?)
            }
        };
        let request =
            Request { roots: &roots, chain: &read(&chain)?, host: &self.host, time, pins: &pins };
        match request.judge()? {
            Ok(accepted) => {
                let end = match accepted.root {
                    Some(number) => format!("root {number}"),
                    None => "itself".to_owned(),
                };
                let pin = match accepted.pin {
                    None => "",
                    Some(PinMatch::Current) => ", pinned",
                    Some(PinMatch::Backup) => ", pinned by a backup",
                };
                gabion_cli::say!("accepted: {} certificate(s) to {end}{pin}", accepted.length);
                Ok(ACCEPTED)
            }
            Err(refused) => {
                gabion_cli::complain!("refused: {refused}");
                Ok(ExitCode::from(REFUSED))
            }
        }
    }
}
