//! The Python packages of the emulators, of image signing and of a client of SMP, in `target/python`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{apt, say};
use crate::process::{capture, succeed};

const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// The interpreter that has the packages; it exists after `setup`.
pub fn python(root: &Path) -> PathBuf {
    root.join("target/python/bin/python")
}

/// Makes the virtual environment and installs the packages into it, unless it holds exactly these already.
pub(super) fn install(root: &Path) -> Result<()> {
    let dir = root.join("target/python");
    let stamp = dir.join("made-from");
    let works = capture(Command::new(python(root)).args([
        "-c",
        "import unicorn, elftools, imgtool, smpclient, serial, sectxt, csaf, cyclonedx, spdx_tools",
    ]))
    .is_ok_and(|out| out.success);
    if works && fs::read_to_string(&stamp).is_ok_and(|made| made == REQUIREMENTS) {
        return Ok(());
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let names: Vec<_> =
        REQUIREMENTS.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    say(&format!("Python packages into target/python: {}", names.join(" ")));
    apt::tool("python3", &["python3"])?;
    environment(&dir)?;
    let mut pip = Command::new(python(root));
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    succeed(pip.arg(root.join("crates/xtask/requirements.txt")))?;
    fs::write(stamp, REQUIREMENTS)?;
    Ok(())
}

/// Debian's Python makes no environments until `python3-venv` is there; other Pythons do.
fn environment(dir: &Path) -> Result<()> {
    let Err(before) = make_environment("python3", dir) else { return Ok(()) };
    apt::install(&["python3-venv"]).with_context(|| format!("{before:#}"))?;
    make_environment("/usr/bin/python3", dir)
}

fn make_environment(python: &str, dir: &Path) -> Result<()> {
    succeed(Command::new(python).args(["-m", "venv", "--clear"]).arg(dir)).map(drop)
}
