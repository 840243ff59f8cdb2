//! Panics.
use crate::totals::Totals;
use anyhow::Result;
use std::path::Path;
pub(super) fn search(_root: &Path) -> Result<Totals> {
    Ok(Totals::default())
}
