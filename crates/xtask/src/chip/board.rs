//! The emulated boards: how firmware for them is compiled and how it is run.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::embedded::{embedded_cargo, firmware_dir};
use crate::process::{self, find, line};

/// An emulated board.
#[derive(Debug)]
pub(super) struct Board {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// Its name in a table.
    pub(super) title: &'static str,
    /// What the compiler calls it.
    pub(super) target: &'static str,
    /// Whether CI tests on it.
    pub(super) in_ci: bool,
    emulator: &'static str,
    machine: &'static [&'static str],
    /// The argument before the firmware's name.
    load: &'static str,
}

/// Every board. The Cortex-M0 is code for ARMv6-M on the same machine as the M4: the same instructions, no timing.
pub(super) const BOARDS: &[Board] = &[
    Board {
        name: "m4",
        title: "Cortex-M4",
        target: "thumbv7em-none-eabihf",
        in_ci: true,
        emulator: "qemu-system-arm",
        machine: &["-machine", "mps2-an386"],
        load: "-kernel",
    },
    Board {
        name: "rv",
        title: "RV32IMC",
        target: "riscv32imc-unknown-none-elf",
        in_ci: true,
        emulator: "qemu-system-riscv32",
        machine: &["-machine", "virt"],
        load: "-bios",
    },
    Board {
        name: "m0",
        title: "Cortex-M0",
        target: "thumbv6m-none-eabi",
        in_ci: false,
        emulator: "qemu-system-arm",
        machine: &["-machine", "mps2-an386"],
        load: "-kernel",
    },
];

/// No display, no serial port: text comes out by semihosting.
const QUIET: &[&str] = &[
    "-nographic",
    "-monitor",
    "none",
    "-serial",
    "none",
    "-semihosting-config",
    "enable=on,target=native",
];

/// How a firmware run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It said that all was well.
    Success,
    /// It said otherwise, faulted, or the emulator failed.
    Failure,
    /// It did not end in time and was ended.
    TimeOut,
}

impl Board {
    /// Compiles binaries of a package of the firmware workspace; returns the folder that holds them.
    ///
    /// # Errors
    ///
    /// When there is no compiler for chips, or it fails.
    pub(super) fn build(
        &self,
        root: &Path,
        package: &str,
        profile: &str,
        binaries: &[&str],
    ) -> Result<PathBuf> {
        lock(root)?;
        let mut command = embedded_cargo(root, "build", self.target)?;
        command.current_dir(root.join("examples/qemu"));
        command.args(["--quiet", "--package", package, "--profile", profile]);
        command.args(binaries.iter().flat_map(|binary| ["--bin", binary]));
        let built = process::capture(&mut command)?;
        if !built.success {
            bail!("`{}` failed:\n{}", line(&command), built.tail(60));
        }
        Ok(firmware_dir(root).join(self.target).join(profile))
    }

    /// Runs a firmware to its end and hands over each line as it comes.
    ///
    /// # Errors
    ///
    /// When the emulator cannot be started.
    pub(super) fn run(
        &self,
        firmware: &Path,
        extra: &[&str],
        limit: Duration,
        mut each: impl FnMut(&str),
    ) -> Result<End> {
        let mut running = self.start(firmware, extra)?;
        let start = Instant::now();
        loop {
            match running.lines.recv_timeout(limit.saturating_sub(start.elapsed())) {
                Ok(text) => each(&text),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    running.kill()?;
                    return Ok(End::TimeOut);
                }
            }
        }
        Ok(if running.child.wait()?.success() { End::Success } else { End::Failure })
    }

    /// Starts a firmware.
    ///
    /// # Errors
    ///
    /// When the emulator cannot be started.
    pub(super) fn start(&self, firmware: &Path, extra: &[&str]) -> Result<Running> {
        if find(self.emulator).is_none() {
            bail!("no {}: run `cargo xtask setup`", self.emulator);
        }
        let mut command = Command::new(self.emulator);
        command.args(self.machine).args(QUIET).args(extra).arg(self.load).arg(firmware);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}", line(&command)))?;
        let (sender, lines) = mpsc::channel();
        if let Some(pipe) = child.stdout.take() {
            let sender = sender.clone();
            thread::spawn(move || forward(pipe, &sender));
        }
        if let Some(pipe) = child.stderr.take() {
            thread::spawn(move || forward(pipe, &sender));
        }
        Ok(Running { child, lines })
    }
}

/// An emulator at work.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// What the firmware prints, line by line; ends with the emulator.
    pub(super) lines: Receiver<String>,
}

impl Running {
    /// Ends it as a power cut would: at once, wherever it is.
    ///
    /// # Errors
    ///
    /// When it cannot be ended.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// An emulator never outlives the test that started it: a firmware that stores for ever would do so for ever.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Gives the firmware workspace the versions of the root's lock file; cargo drops from the copy what it does not need.
/// A lock file of its own would go its own way.
fn lock(root: &Path) -> Result<()> {
    fs::copy(root.join("Cargo.lock"), root.join("examples/qemu/Cargo.lock"))
        .context("cannot copy Cargo.lock to examples/qemu")?;
    Ok(())
}

fn forward(pipe: impl std::io::Read, sender: &mpsc::Sender<String>) {
    for text in BufReader::new(pipe).lines().map_while(Result::ok) {
        if sender.send(text).is_err() {
            break;
        }
    }
}
