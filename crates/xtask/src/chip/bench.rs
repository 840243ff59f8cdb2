//! Counts per operation.
use super::board::Board;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) boards: Vec<&'static Board>,
    pub(super) json: Option<PathBuf>,
    pub(super) gate: bool,
    pub(super) save: bool,
}
pub(super) fn run(_root: &Path, _options: &Options) -> Result<()> {
    bail!("not yet")
}
