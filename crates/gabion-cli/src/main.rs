#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
// A host tool: it may stop with a message where a device may not.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            gabion_cli::complain!("gabion: {error:#}");
            ExitCode::from(command::MISUSE)
        }
    }
}
