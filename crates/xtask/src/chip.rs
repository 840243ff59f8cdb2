//! Tests and counts on emulated chips.

use anyhow::{Result, bail};

use crate::totals::Totals;

/// Runs the on-chip tests and returns their counts.
///
/// # Errors
///
/// When the tests could not be built or the emulator could not be started.
pub fn run(_args: &[String]) -> Result<Totals> {
    bail!("no on-chip tests yet")
}

/// Counts instructions, text and stack per operation.
///
/// # Errors
///
/// When the benches could not be built or run.
pub fn bench(_args: &[String]) -> Result<()> {
    bail!("no on-chip bench yet")
}
