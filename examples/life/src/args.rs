//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// A device's whole life on a simulated chip: factory, verified boot, first set-up, log-in, sealed storage, signed update,
/// roll-back refused, tampering detected, log exported and verified, factory reset with receipt, conformance summary.
///
/// The flash lives in a file: stop the program at any point (Ctrl-C, kill -9) and run it again; it goes on where it was.
#[derive(Parser, Debug)]
#[command(name = "life", version)]
pub(crate) struct Args {
    /// The file that holds the flash and what the chip keeps without power.
    #[arg(long, value_name = "FILE", default_value = "life.flash")]
    pub(crate) flash: PathBuf,

    /// Waits for Enter before each chapter.
    #[arg(long)]
    pub(crate) step: bool,

    /// Cuts the power at the N-th flash step (a word, an erase, a counter) of this run. Run again to resume.
    #[arg(long, value_name = "N")]
    pub(crate) cut_after: Option<u64>,

    /// Tells the story as one JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,

    /// Starts with a new device: the flash file is made anew.
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Boots, tells what is kept on the flash, and stops.
    #[arg(long)]
    pub(crate) facts: bool,
}
