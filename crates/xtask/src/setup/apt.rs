//! System packages, on machines that have `apt-get` and let us use it.

use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use super::say;
use crate::process::{capture, find, succeed};

/// Makes sure that `program` is on the PATH; tries each of `packages` until it is.
///
/// Debian has moved some programs between packages from release to release, hence several.
pub(super) fn tool(program: &str, packages: &[&str]) -> Result<()> {
    if find(program).is_some() {
        return Ok(());
    }
    let mut first = None;
    for package in packages {
        match install(&[package]) {
            Ok(()) if find(program).is_some() => return Ok(()),
            Ok(()) => {}
            Err(error) => first = first.or(Some(error)),
        }
    }
    match first {
        Some(error) => Err(error),
        None => bail!("no package brought `{program}`; put it on the PATH"),
    }
}

/// Installs `packages`, or says in one line what a person has to install.
pub(super) fn install(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let Some(prefix) = privilege() else {
        bail!(
            "install it yourself: apt-get install {names}, or your system's package of that name"
        );
    };
    say(&format!("{names} with apt-get"));
    refresh(prefix)?;
    let mut apt = apt_get(prefix);
    // --no-remove: setting up a test must not take another program away.
    apt.args(["install", "--yes", "--quiet", "--no-install-recommends", "--no-remove"])
        .args(packages);
    succeed(&mut apt).map(drop)
}

/// Brings the package lists up to date, once per run: without them a bare machine knows no package.
fn refresh(prefix: &[&str]) -> Result<()> {
    static DONE: OnceLock<()> = OnceLock::new();
    if DONE.get().is_none() {
        let mut apt = apt_get(prefix);
        succeed(apt.args(["update", "--quiet"]))?;
        let _ = DONE.set(());
    }
    Ok(())
}

fn apt_get(prefix: &[&str]) -> Command {
    let mut words = prefix.iter().chain(&["apt-get"]);
    let mut command = Command::new(words.next().unwrap_or(&"apt-get"));
    command
        .args(words)
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// How we may run `apt-get`: as root directly, through a `sudo` that asks nothing, or not at all.
fn privilege() -> Option<&'static [&'static str]> {
    find("apt-get")?;
    let root = capture(Command::new("id").arg("-u")).is_ok_and(|out| out.stdout.trim() == "0");
    if root {
        return Some(&[]);
    }
    let sudo = find("sudo").is_some()
        && capture(Command::new("sudo").args(["-n", "true"])).is_ok_and(|out| out.success);
    sudo.then_some(&["sudo", "-n"])
}
