//! The fault campaign of goal N13 in its short form: every instruction skipped, registers at every 40th.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::board::Board;
use crate::process::capture;
use crate::setup::python;
use crate::totals::Totals;

/// Disturbs the boot decision on an emulated board; one test.
///
/// # Errors
///
/// When the firmware could not be built or the interpreter could not be started.
pub(super) fn run(root: &Path, board: &Board) -> Result<Totals> {
    board.build(root, "gabion-qemu", "release", &["forged"])?;
    let mut campaign = Command::new(python(root));
    campaign.arg(root.join("examples/qemu/faults.py"));
    campaign.args(["--target", board.name, "--quick", "--no-build"]);
    let output = capture(&mut campaign).context("no Python packages: cargo xtask setup")?;
    let name = "boot::no_single_fault_boots_a_forged_image";
    let last = output.tail(1);
    if output.success {
        println!("        PASS [{:>9}] {name} ({})", board.title, last.trim());
        return Ok(Totals { passed: 1, ..Totals::default() });
    }
    println!("        FAIL [{:>9}] {name}", board.title);
    println!("{}", output.tail(20));
    Ok(Totals { failed: 1, ..Totals::default() })
}
