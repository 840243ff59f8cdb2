//! `cargo xtask setup`: gets what is missing and says so; a few seconds where nothing is.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::embedded::{self, Toolchain};
use crate::process::{cargo, find, stream, succeeds_within};
use crate::workspace::Workspace;

mod apt;
pub mod python;
pub use python::python;

/// The version of cargo-deny that `deny.toml` was written for.
const CARGO_DENY: &str = "0.20.2";
/// A download of one target takes seconds; past this the network is not answering.
const RUSTUP_LIMIT: Duration = Duration::from_secs(300);

/// What the person asked `setup` for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    deny: bool,
    debian: bool,
}

impl Options {
    /// Reads `--deny` and `--debian`.
    pub fn parse(args: &[String]) -> Self {
        let given = |flag: &str| args.iter().any(|a| a == flag);
        Self { deny: given("--deny"), debian: given("--debian") }
    }
}

/// Installs what is missing; returns whether everything is there afterwards.
///
/// # Errors
///
/// When a program that must exist cannot be started. What merely could not be installed is printed, one line
/// each, and makes the answer `false`.
pub fn run(root: &Path, options: Options) -> Result<bool> {
    let steps: [(&str, Result<()>); 6] = [
        ("rustfmt and clippy", components()),
        ("compiler for chips", chip_compiler(root, options.debian)),
        ("QEMU for Arm", apt::tool("qemu-system-arm", &["qemu-system-arm"])),
        (
            "QEMU for RISC-V",
            apt::tool("qemu-system-riscv32", &["qemu-system-misc", "qemu-system-riscv"]),
        ),
        ("Python packages", python::install(root)),
        ("cargo-deny", if options.deny { cargo_deny(root) } else { Ok(()) }),
    ];
    let mut complete = true;
    for (what, result) in steps {
        if let Err(error) = result {
            complete = false;
            println!("setup: {what} missing: {error:#}");
        }
    }
    if complete {
        println!("setup: everything is here");
    }
    Ok(complete)
}

/// Says what is about to be installed.
fn say(what: &str) {
    println!("setup: installing {what}");
}

fn components() -> Result<()> {
    for (tool, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let name = component.to_owned();
        let works =
            Command::new(tool).arg("--version").output().is_ok_and(|out| out.status.success());
        if works {
            continue;
        }
        say(&name);
        let mut rustup = Command::new("rustup");
        rustup.args(["component", "add", component]);
        if !succeeds_within(&mut rustup, RUSTUP_LIMIT).unwrap_or(false) {
            anyhow::bail!("run `rustup component add {component}`");
        }
    }
    Ok(())
}

fn chip_compiler(root: &Path, debian_wanted: bool) -> Result<()> {
    if debian_wanted {
        return chip_compiler_from_debian(root);
    }
    match Toolchain::find(root) {
        Ok(Toolchain::Rustup) => return Ok(()),
        Ok(Toolchain::Built(_)) if embedded::is_built(root) => return Ok(()),
        _ => {}
    }
    let missing = embedded::missing_from_rustup()?;
    if missing.is_empty() {
        return Ok(());
    }
    if find("rustup").is_some() {
        say(&format!("chip targets with rustup: {}", missing.join(" ")));
        let mut rustup = Command::new("rustup");
        rustup.args(["target", "add"]).args(&missing);
        if succeeds_within(&mut rustup, RUSTUP_LIMIT)?
            && embedded::missing_from_rustup()?.is_empty()
        {
            return Ok(());
        }
        println!("setup: rustup cannot add them here; building them from Debian's sources instead");
    }
    chip_compiler_from_debian(root)
}

fn chip_compiler_from_debian(root: &Path) -> Result<()> {
    let oldest = oldest_rust(root)?;
    if !embedded::debian_is_usable(oldest) {
        apt::install(&["rustc-web", "rust-web-src"])?;
    }
    if !embedded::debian_is_usable(oldest) {
        anyhow::bail!(
            "Debian's rustc is older than {}.{}, or its source is not here",
            oldest.0,
            oldest.1
        );
    }
    if embedded::is_built(root) {
        return Ok(());
    }
    say("core and alloc for the chip targets, built from source (about 2 minutes, once)");
    embedded::build(root)
}

/// The `rust-version` of the workspace.
fn oldest_rust(root: &Path) -> Result<(u64, u64)> {
    let workspace = Workspace::load(root)?;
    let version =
        workspace.manifest["workspace"]["package"]["rust-version"].as_str().unwrap_or("1.89");
    let mut numbers = version.split('.').map_while(|n| n.parse().ok());
    Ok((numbers.next().unwrap_or(1), numbers.next().unwrap_or(0)))
}

fn cargo_deny(root: &Path) -> Result<()> {
    if find("cargo-deny").is_some() {
        return Ok(());
    }
    say("cargo-deny (about 4 minutes of CPU)");
    let mut install = cargo(root);
    install.args(["install", "--locked", "--quiet", "cargo-deny", "--version", CARGO_DENY]);
    if stream(&mut install, |_| {})? {
        Ok(())
    } else {
        anyhow::bail!("`cargo install cargo-deny` failed")
    }
}
