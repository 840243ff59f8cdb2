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

/// A firmware and the most that it may cost, in bytes.
struct Budget {
    name: &'static str,
    flash: u32,
    ram: u32,
}

const fn budget(name: &'static str, flash: u32, ram: u32) -> Budget {
    Budget { name, flash, ram }
}

/// A board: where its firmware is, for which target, and what each may cost.
struct Board {
    name: &'static str,
    chip: &'static str,
    folder: &'static str,
    target: &'static str,
    budgets: &'static [Budget],
    /// Firmware that only the tests run: it has no budget.
    tests: &'static [&'static str],
    /// The crate with the drivers, whose decisions are tested on the host.
    port: &'static str,
    /// Power cuts in CI; `--cuts` makes more.
    cuts: &'static str,
}

const NRF52840: Board = Board {
    name: "nrf52840",
    chip: "nRF52840",
    folder: "examples/nrf52840",
    target: "thumbv7em-none-eabihf",
    budgets: &[
        budget("verify_boot", 32 * 1024, 1024),
        budget("provision", 352 * 1024, 64 * 1024),
        budget("seal", 352 * 1024, 64 * 1024),
        budget("login", 352 * 1024, 64 * 1024),
        budget("log", 352 * 1024, 64 * 1024),
        budget("erase", 352 * 1024, 64 * 1024),
        budget("lockdown_report", 352 * 1024, 64 * 1024),
        budget("update", 352 * 1024, 64 * 1024),
        budget("device", 352 * 1024, 64 * 1024),
    ],
    tests: &["cuts"],
    port: "gabion-nrf",
    cuts: "200",
};

const ESP32C3: Board = Board {
    name: "esp32c3",
    chip: "ESP32-C3",
    folder: "examples/esp32c3",
    target: "riscv32imc-unknown-none-elf",
    budgets: &[
        budget("verify_boot", 64 * 1024, 8 * 1024),
        budget("provision", 480 * 1024, 8 * 1024),
        budget("seal", 480 * 1024, 8 * 1024),
        budget("login", 480 * 1024, 8 * 1024),
        budget("log", 480 * 1024, 8 * 1024),
        budget("erase", 480 * 1024, 8 * 1024),
        budget("lockdown_report", 480 * 1024, 8 * 1024),
        budget("device", 480 * 1024, 8 * 1024),
    ],
    tests: &[],
    port: "gabion-esp",
    cuts: "60",
};

/// Builds and runs everything. `--cuts N` power cuts on each board instead of a few, `--seed S`, `--only-cuts`, `--save` writes `docs/sizes.md`.
///
/// # Errors
///
/// When something could not be built or started.
pub fn run(args: &[String]) -> Result<Totals> {
    let root = workspace::root();
    let (mut cuts, mut seed, mut only_cuts, mut save) = (None, None, false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--cuts" => cuts = Some(args.next().context("--cuts N")?.clone()),
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
    let (a, b) = (build(&root, &NRF52840, &keys, "a")?, build(&root, &NRF52840, &keys, "b")?);
    let esp = build(&root, &ESP32C3, &keys, "esp32c3")?;
    let script = |name: &str| {
        let mut command = Command::new(python(&root));
        command.arg(root.join("examples/emulators").join(name));
        command
    };
    let images = root.join("crates/gabion-boot/tests/data/images");
    let mut totals = Totals::default();
    if !only_cuts {
        totals += host_tests(&root, &NRF52840)?;
        totals += sizes(&root, &[(&NRF52840, &a), (&ESP32C3, &esp)], save)?;
        totals += tests(script("stories.py").args([&a, &b, &gabion, &keys, &images]))?;
        totals += tests(script("esp32c3_stories.py").args([&esp, &gabion, &images]))?;
    }
    let mut nrf_cuts = script("cuts.py");
    nrf_cuts.arg(&a);
    let mut esp_cuts = script("esp32c3_cuts.py");
    esp_cuts.arg(&esp);
    for (board, mut command) in [(NRF52840, nrf_cuts), (ESP32C3, esp_cuts)] {
        command.args(["--cuts", cuts.as_deref().unwrap_or(board.cuts)]);
        if let Some(seed) = &seed {
            command.args(["--seed", seed]);
        }
        totals += one(&format!("{}::power_cuts", board.name), stream(&mut command, |_| ())?);
    }
    let mut planted = script("cuts.py");
    planted.arg(&a).args(["--cuts", "100", "--seed", "7", "--plant"]);
    totals += one("nrf52840::planted_mistakes_are_found", stream(&mut planted, |_| ())?);
    Ok(totals)
}

/// Runs the tests of a port that need no chip. A port is a member of its firmware's workspace: no run of the others has it.
fn host_tests(root: &Path, board: &Board) -> Result<Totals> {
    let mut command = cargo(root);
    command.current_dir(root.join(board.folder)).args(["test", "--quiet", "--locked"]);
    command.args(["--package", board.port, "--tests", "--target-dir"]).arg(firmware_dir(root));
    let mut totals = Totals::default();
    let success = stream(&mut command, |line| {
        if let Some(counts) = Totals::from_libtest(line) {
            totals += counts;
        }
    })?;
    totals.failed += u64::from(!success && totals.failed == 0);
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

/// Builds every firmware of a board and keeps it in a folder of its own: the next build overwrites it. `slot` is where an
/// updatable one is linked for, on boards that have slots.
fn build(root: &Path, board: &Board, keys: &Path, slot: &str) -> Result<PathBuf> {
    let mut command = embedded_cargo(root, "build", board.target)?;
    command.current_dir(root.join(board.folder)).args(["--quiet", "--release", "--locked"]);
    command.env("GABION_SLOT", slot).env("GABION_SAMPLE_KEYS", "1");
    command.env_remove("GABION_FLASH_ROOT_KEY");
    succeed(command.env("GABION_PUBLIC_KEY", keys.join("verify.pem")))?;
    let built = firmware_dir(root).join(board.target).join("release");
    let folder = keys.join(slot);
    fs::create_dir_all(&folder)?;
    for name in board.budgets.iter().map(|budget| &budget.name).chain(board.tests) {
        fs::copy(built.join(name), folder.join(name)).with_context(|| format!("no {name}"))?;
    }
    Ok(folder)
}

/// Holds each firmware to its budget, and writes the tables of `docs/sizes.md` on demand.
fn sizes(root: &Path, boards: &[(&Board, &PathBuf)], save: bool) -> Result<Totals> {
    let mut tables = String::from(HEAD);
    let mut totals = Totals::default();
    for (board, folder) in boards {
        tables += &format!("\n| {} | flash | budget | static RAM | budget |\n", board.chip);
        tables += "|---|--:|--:|--:|--:|\n";
        let mut held = true;
        for Budget { name, flash, ram } in board.budgets {
            let elf = Elf::read(&folder.join(name))?;
            let (text, data) = (elf.text(), elf.ram());
            tables += &format!("| `{name}` | {text} | {flash} | {data} | {ram} |\n");
            if text > *flash || data > *ram {
                println!("{name} is over its budget (crates/xtask/src/boards.rs)");
                held = false;
            }
        }
        totals += one(&format!("{}::sizes_within_budgets", board.name), held);
    }
    print!("{tables}");
    if save {
        fs::write(root.join("docs/sizes.md"), &tables)?;
    }
    Ok(totals)
}

const HEAD: &str = "\
# Sizes

Made by `cargo xtask boards --save`; the budgets fail the run. Bytes, release profile (opt-level s, LTO). Flash: code, constants,
initial values. RAM: static variables, and on the ESP32-C3 the code that runs from RAM; the rest is stack. On the nRF52840 the device
lives in a task, which is a static variable; on the ESP32-C3 it lives on the stack.

MCUboot, for comparison: 6.8 to 7.1 KiB without its cryptography (published figures in the same units); `verify_boot` of the nRF52840
holds everything: driver, counter, slots, SHA-256, P-256.
";
