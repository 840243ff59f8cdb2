//! `gabion cbor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use gabion_cli::cbor::{BUDGET, diagnostic};
use gabion_codec::{CodecError, cbor::Document};

use crate::command::file::read_at_most;
use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Decide whether a file is one item of deterministic CBOR (RFC 8949 §4.2.1): exit code 0 yes, 1 no (place and reason on
    /// stderr), 2 misuse.
    Check(FileArgs),
    /// Show a file in diagnostic notation (RFC 8949 §8), deterministic or not.
    Diag(FileArgs),
}

#[derive(clap::Args)]
struct FileArgs {
    /// The file; - for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Check(FileArgs { file }) => {
                let verdict = Document::parse(&read(&file)?, BUDGET).map(|_| ());
                Ok(verdict.map_or_else(|error| refused(&file, &error), |()| ACCEPTED))
            }
            Command::Diag(FileArgs { file }) => match diagnostic(&read(&file)?) {
                Ok(text) => {
                    gabion_cli::say!("{text}");
                    Ok(ACCEPTED)
                }
                Err(error) => Ok(refused(&file, &error)),
            },
        }
    }
}

fn refused(file: &Path, error: &CodecError) -> ExitCode {
    gabion_cli::complain!("{}: {error}", file.display());
    ExitCode::from(REFUSED)
}

/// Reads no more than it takes to see that a file is too long.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(file, BUDGET.bytes.saturating_add(1) as u64)
}
