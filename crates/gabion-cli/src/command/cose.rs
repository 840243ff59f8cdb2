//! `gabion cose`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use gabion_cli::cose::{describe, load_key, open, parse_algorithm, parse_hex};
use gabion_cose::{Algorithm, CoseError, Kind};

use crate::command::file::read_at_most;
use crate::command::{ACCEPTED, REFUSED};

/// Longest message that is read: 16 MiB.
const LIMIT: u64 = 1 << 24;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Decide whether a key opens a message, COSE_Sign1, COSE_Mac0 or COSE_Encrypt0: exit code 0 yes, 1 no (reason on stderr),
    /// 2 misuse.
    Verify(Verify),
    /// Show what a message claims. Nothing is checked.
    Show(Show),
}

#[derive(clap::Args)]
struct Verify {
    /// The key: a file with a P-256 key in PEM or a COSE_Key, or @FILE with a shared key in hex.
    #[arg(long, value_name = "KEY")]
    key: String,
    /// What a shared key is for, where it does not say so itself: hs256, hs256-64, a256gcm, chacha20-poly1305.
    #[arg(long, value_name = "NAME", value_parser = parse_algorithm)]
    algorithm: Option<Algorithm>,
    /// Data that is covered but not sent, in hex.
    #[arg(long, value_name = "HEX", default_value = "")]
    external: String,
    /// The payload (or ciphertext) of a message that came without it.
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// Where the payload is written when the message is accepted; - for standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The message; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(clap::Args)]
struct Show {
    /// The message; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(args) => args.run(),
            Command::Show(Show { file }) => match describe(&read(&file)?) {
                Ok(text) => {
                    gabion_cli::tell!("{text}");
                    Ok(ACCEPTED)
                }
                Err(error) => Ok(refused(&file, &error)),
            },
        }
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<ExitCode> {
        let key = load_key(&self.key, self.algorithm)?;
        let external = parse_hex(&self.external).context("--external")?;
        let payload = self.payload.as_deref().map(read).transpose()?;
        let message = read(&self.file)?;
        let opened = match open(&key, &message, &external, payload.as_deref()) {
            Ok(opened) => opened,
            Err(error) => return Ok(refused(&self.file, &error)),
        };
        let what = match opened.kind {
            Kind::Sign1 => "signature holds",
            Kind::Mac0 => "authentication code holds",
            Kind::Encrypt0 => "decrypted",
        };
        match self.out {
            Some(out) if out == Path::new("-") => {
                let mut to = std::io::stdout();
                to.write_all(&opened.payload).and_then(|()| to.flush()).context("cannot write")?;
            }
            Some(out) => {
                fs::write(&out, &opened.payload)
                    .with_context(|| format!("cannot write {}", out.display()))?;
                gabion_cli::say!("{what}: {} bytes in {}", opened.payload.len(), out.display());
            }
            None => gabion_cli::say!("{what}: {} bytes", opened.payload.len()),
        }
        Ok(ACCEPTED)
    }
}

fn refused(file: &Path, error: &CoseError) -> ExitCode {
    gabion_cli::complain!("{}: {error}", file.display());
    ExitCode::from(REFUSED)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let content = read_at_most(file, LIMIT + 1)?;
    anyhow::ensure!(content.len() as u64 <= LIMIT, "{} is over 16 MiB", file.display());
    Ok(content)
}
