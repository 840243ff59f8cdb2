//! The commands: one module each, with its arguments and `run`.

mod cbor;
mod cose;
mod disclosure;
mod erase;
mod file;
mod ics;
mod image;
mod lockdown;
mod log;
mod log_fleet;
mod number;
mod privacy;
mod provision;
mod setup;
mod surface;
mod x509;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Accepted, done.
pub(crate) const ACCEPTED: ExitCode = ExitCode::SUCCESS;
/// Looked at and refused.
pub(crate) const REFUSED: u8 = 1;
/// Not looked at: wrong arguments, unreadable files. The argument parser exits with 2 as well.
pub(crate) const MISUSE: u8 = 2;

/// Images, factory, log and conformance from the host.
///
/// Exit codes of every command: 0 done or accepted, 1 refused, 2 misuse.
#[derive(Parser)]
#[command(name = "gabion", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check and show CBOR.
    Cbor(cbor::Args),
    /// Verify and show COSE messages.
    Cose(cose::Args),
    /// Make and check what vulnerability disclosure needs: security.txt, policy, advisories, bills of materials.
    Disclosure(disclosure::Args),
    /// Verify receipts of factory resets and of deletions.
    Erase(erase::Args),
    /// Make and check conformance statements of EN 303 645 from an image.
    Ics(ics::Args),
    /// Verify, show and sign firmware images; make keys.
    Image(image::Args),
    /// Judge debug port, secure boot and fuses by dumps of a chip's words.
    Lockdown(lockdown::Args),
    /// Verify and show event logs.
    Log(log::Args),
    /// Verify exports of personal data.
    Privacy(privacy::Args),
    /// Make what each device of a batch needs from the factory.
    Provision(provision::Args),
    /// Set a device up as a phone would.
    Setup(setup::Args),
    /// Look at a device as an attacker would: ports that listen, secrets in its firmware.
    Surface(surface::Args),
    /// Judge certificates as a device would.
    X509(x509::Args),
}

impl Cli {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Cbor(args) => args.run(),
            Command::Cose(args) => args.run(),
            Command::Disclosure(args) => args.run(),
            Command::Erase(args) => args.run(),
            Command::Ics(args) => args.run(),
            Command::Image(args) => args.run(),
            Command::Lockdown(args) => args.run(),
            Command::Log(args) => args.run(),
            Command::Privacy(args) => args.run(),
            Command::Provision(args) => args.run(),
            Command::Setup(args) => args.run(),
            Command::Surface(args) => args.run(),
            Command::X509(args) => args.run(),
        }
    }
}
