//! `gabion log examine` and `gabion log simulate`: the program for fleets is one of its own, because its engine is heavy to build.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};

/// The name of the program.
const PROGRAM: &str = if cfg!(windows) { "gabion-fleet.exe" } else { "gabion-fleet" };

/// Handed over as they are; `--help` too.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS OF gabion-fleet"
    )]
    rest: Vec<OsString>,
}

impl Args {
    /// Runs the program and takes over its exit code.
    pub(crate) fn run(self, command: &str) -> anyhow::Result<ExitCode> {
        let Some(program) = find() else {
            bail!(
                "{PROGRAM} is neither beside gabion nor on the PATH; build it: cargo build --release --manifest-path fleet/Cargo.toml"
            );
        };
        let status = Command::new(&program).arg(command).args(self.rest).status();
        let status = status.with_context(|| format!("cannot run {}", program.display()))?;
        // Ended by a signal, it has found nothing out.
        let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2);
        Ok(ExitCode::from(code))
    }
}

fn find() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(PROGRAM)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join(PROGRAM));
    beside.into_iter().chain(on_path).find(|file| file.is_file())
}
