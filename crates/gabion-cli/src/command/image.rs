//! `gabion image`.

mod dump;
mod keygen;
mod sign;
mod verify;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Decide over an image as a device would: exit code 0 accepted, 1 refused (reason on stderr), 2 misuse.
    Verify(verify::Args),
    /// Show what an image says of itself. Nothing of it is checked.
    Dump(dump::Args),
    /// Sign a firmware binary; imgtool and MCUboot read the result.
    Sign(Box<sign::Args>),
    /// Make a P-256 signing key and show it as Rust source for the device.
    Keygen(keygen::Args),
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Verify(args) => args.run(),
            Command::Dump(args) => args.run(),
            Command::Sign(args) => args.run(),
            Command::Keygen(args) => args.run(),
        }
    }
}
