//! The provider over assembly for Cortex-M4, which no emulator of ours runs: compiled, so that the recipe stays true.

use std::path::Path;

use anyhow::Result;

use crate::embedded::embedded_cargo;
use crate::process::capture;
use crate::totals::Totals;

/// Compiles `examples/p256-cm4`; one test.
///
/// # Errors
///
/// When cargo could not be started.
pub(super) fn build(root: &Path) -> Result<Totals> {
    let mut command = embedded_cargo(root, "build", "thumbv7em-none-eabihf")?;
    command.current_dir(root.join("examples/p256-cm4")).args(["--quiet", "--release"]);
    let built = capture(&mut command)?;
    let name = "p256::the_provider_over_assembly_compiles";
    if built.success {
        println!("        PASS [Cortex-M4] {name}");
        return Ok(Totals { passed: 1, ..Totals::default() });
    }
    println!("        FAIL [Cortex-M4] {name}:\n{}", built.tail(20));
    Ok(Totals { failed: 1, ..Totals::default() })
}
