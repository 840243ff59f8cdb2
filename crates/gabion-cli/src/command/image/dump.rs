//! `gabion image dump`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use gabion_cli::image::dump;

use crate::command::{ACCEPTED, REFUSED};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write JSON instead of text.
    #[arg(long)]
    json: bool,
    /// The image.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let content =
            fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let dump = match dump(&content) {
            Ok(dump) => dump,
            Err(refusal) => {
                gabion_cli::complain!("no image: {}: {refusal}", refusal.name());
                return Ok(ExitCode::from(REFUSED));
            }
        };
        if self.json {
            gabion_cli::say!("{}", serde_json::to_string_pretty(&dump)?);
        } else {
            gabion_cli::tell!("{dump}");
        }
        Ok(ACCEPTED)
    }
}
