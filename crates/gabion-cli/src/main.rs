#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gabion: {error:#}");
            ExitCode::from(command::MISUSE)
        }
    }
}
