//! `cargo xtask boards`: every example of a real board, built, run on the model of its chip, and measured.
//!
//! The model is `examples/emulators`, Python on unicorn; `cargo xtask setup` installs what it needs. The firmware is the one that
//! people flash, but for a signing key that is made for the run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::chip::elf::Elf;
use crate::embedded::{embedded_cargo, firmware_dir};
use crate::process::{cargo, stream, succeed};
use crate::setup::python::python;
use crate::totals::Totals;
use crate::workspace;

const TARGET: &str = "thumbv7em-none-eabihf";
/// The workspace of the board.
const BOARD: &str = "examples/nrf52840";
/// Power cuts in CI; `--cuts` makes more.
const CUTS: &str = "60";

/// A firmware and the most that it may cost, in bytes.
struct Budget {
    name: &'static str,
    flash: u32,
    ram: u32,
}

const fn budget(name: &'static str, flash: u32, ram: u32) -> Budget {
    Budget { name, flash, ram }
}

const BUDGETS: &[Budget] = &[
    budget("verify_boot", 32 * 1024, 1024),
    budget("provision", 352 * 1024, 64 * 1024),
    budget("seal", 352 * 1024, 64 * 1024),
    budget("login", 352 * 1024, 64 * 1024),
    budget("log", 352 * 1024, 64 * 1024),
    budget("erase", 352 * 1024, 64 * 1024),
    budget("lockdown_report", 352 * 1024, 64 * 1024),
    budget("update", 352 * 1024, 64 * 1024),
    budget("device", 352 * 1024, 64 * 1024),
];

/// Builds and runs everything. `--cuts N` power cuts instead of 60, `--seed S`, `--only-cuts`, `--save` writes `docs/sizes.md`.
///
/// # Errors
///
/// When something could not be built or started.
pub fn run(args: &[String]) -> Result<Totals> {
    let root = workspace::root();
    let (mut cuts, mut seed, mut only_cuts, mut save) = (CUTS.to_owned(), None, false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--cuts" => cuts = args.next().context("--cuts N")?.clone(),
            "--seed" => seed = Some(args.next().context("--seed S")?.clone()),
            "--only-cuts" => only_cuts = true,
            "--save" => save = true,
            other => bail!(
                "boards has no argument `{other}`; known: --cuts N, --seed S, --only-cuts, --save"
            ),
        }
    }
    let gabion = host_tool(&root)?;
    let keys = keys(&root, &gabion)?;
    let (a, b) = (build(&root, &keys, "a")?, build(&root, &keys, "b")?);
    let scripts = root.join("examples/emulators");
    let mut totals = Totals::default();
    if !only_cuts {
        totals += sizes(&root, &a, save)?;
        let mut stories = Command::new(python(&root));
        stories.arg(scripts.join("stories.py")).args([&a, &b, &gabion, &keys]);
        stories.arg(root.join("crates/gabion-boot/tests/data/images"));
        totals += tests(&mut stories)?;
    }
    let mut command = Command::new(python(&root));
    command.arg(scripts.join("cuts.py")).args([&a, &keys, &gabion]).args(["--cuts", &cuts]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed]);
    }
    totals += one("nrf52840::power_cuts", stream(&mut command, |_| ())?);
    Ok(totals)
}

fn one(name: &str, held: bool) -> Totals {
    println!("        {} {name}", if held { "PASS" } else { "FAIL" });
    Totals { passed: u64::from(held), failed: u64::from(!held), skipped: 0 }
}

/// Runs a script that announces its tests; those of which nothing was heard count as failed.
fn tests(command: &mut Command) -> Result<Totals> {
    let (mut announced, mut totals) = (0, Totals::default());
    stream(command, |line| {
        if let Some(count) = line.strip_prefix("running ").and_then(|l| l.strip_suffix(" tests")) {
            announced = count.parse().unwrap_or(0);
        } else if let Some((_, outcome)) =
            line.strip_prefix("test ").and_then(|l| l.split_once(" ... "))
        {
            if outcome == "ok" { totals.passed += 1 } else { totals.failed += 1 }
        }
    })?;
    totals.failed += u64::max(announced, 1).saturating_sub(totals.passed + totals.failed);
    Ok(totals)
}

/// The host tool, as a person would run it.
fn host_tool(root: &Path) -> Result<PathBuf> {
    succeed(cargo(root).args(["build", "--quiet", "--package", "gabion-cli"]))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    Ok(target.join("debug/gabion"))
}

/// A signing key for this machine's runs, made once.
fn keys(root: &Path, gabion: &Path) -> Result<PathBuf> {
    let folder = root.join("target/boards");
    fs::create_dir_all(&folder)?;
    if !folder.join("verify.pem").is_file() {
        let mut keygen = Command::new(gabion);
        keygen.args(["image", "keygen", "--out"]).arg(folder.join("signing.pem"));
        succeed(keygen.arg("--public").arg(folder.join("verify.pem")))?;
    }
    Ok(folder)
}

/// Builds every firmware, linked for a slot, and keeps it in a folder of its own: the next build overwrites it.
fn build(root: &Path, keys: &Path, slot: &str) -> Result<PathBuf> {
    let mut command = embedded_cargo(root, "build", TARGET)?;
    command.current_dir(root.join(BOARD)).args(["--quiet", "--release", "--locked"]);
    command.env("GABION_SLOT", slot).env("GABION_SAMPLE_KEYS", "1");
    succeed(command.env("GABION_PUBLIC_KEY", keys.join("verify.pem")))?;
    let built = firmware_dir(root).join(TARGET).join("release");
    let folder = keys.join(slot);
    fs::create_dir_all(&folder)?;
    for Budget { name, .. } in BUDGETS {
        fs::copy(built.join(name), folder.join(name)).with_context(|| format!("no {name}"))?;
    }
    Ok(folder)
}

/// Holds each firmware to its budget, and the table in `docs/sizes.md` to what was measured.
fn sizes(root: &Path, folder: &Path, save: bool) -> Result<Totals> {
    let mut table = String::from(HEAD);
    let mut over = Vec::new();
    for Budget { name, flash, ram } in BUDGETS {
        let elf = Elf::read(&folder.join(name))?;
        let (text, data) = (elf.text(), elf.ram());
        table += &format!("| `{name}` | {text} | {flash} | {data} | {ram} |\n");
        if text > *flash || data > *ram {
            over.push(*name);
        }
    }
    print!("{table}");
    if save {
        fs::write(root.join("docs/sizes.md"), &table)?;
    }
    for name in &over {
        println!("{name} is over its budget (crates/xtask/src/boards.rs)");
    }
    Ok(one("nrf52840::sizes_within_budgets", over.is_empty()))
}

const HEAD: &str = "\
# Sizes

Made by `cargo xtask boards --save`; the budgets fail the run. Bytes, release profile (opt-level s, LTO). Flash: code, constants,
initial values. RAM: static variables; the rest of 256 KiB is stack.

MCUboot, for comparison: 6.8 to 7.1 KiB without its cryptography (published figures in the same units); `verify_boot` holds
everything: driver, counter, slots, SHA-256, P-256.

| nRF52840 | flash | budget | static RAM | budget |
|---|--:|--:|--:|--:|
";
