//! `cargo xtask fleet`: the tests of `fleet/`, a workspace of its own whose engine takes minutes to build.

use std::path::Path;

use anyhow::Result;

use crate::process::{cargo, stream};
use crate::totals::Totals;

/// Runs the tests. DuckDB, the second engine, comes from `cargo xtask setup`; without it its test says that it was skipped.
///
/// # Errors
///
/// When cargo cannot be run.
pub fn run(root: &Path) -> Result<Totals> {
    let mut totals = Totals::default();
    let mut command = cargo(root);
    command.args(["test", "--locked", "--manifest-path", "fleet/Cargo.toml"]);
    let success = stream(&mut command, |line| {
        if let Some(counts) = Totals::from_libtest(line) {
            totals += counts;
        }
    })?;
    if !success && totals.failed == 0 {
        totals.failed = 1;
    }
    Ok(totals)
}
