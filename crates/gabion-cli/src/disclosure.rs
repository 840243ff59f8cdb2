//! Vulnerability disclosure (EN 303 645 5.2): one file of facts, and everything that is made from it.

pub mod advisory;
pub mod audit;
mod facts;
pub mod policy;
pub mod record;
pub mod sbom;
pub mod security_txt;

use anyhow::Context;
use jiff::Timestamp;

pub use facts::{Facts, Manufacturer, Product, Response, TEMPLATE};

/// Reads an RFC 3339 date and time, with its fraction. Looser forms, which the library would take as well, are refused.
fn moment(text: &str) -> anyhow::Result<Timestamp> {
    crate::x509::time(text)?;
    text.to_ascii_uppercase().parse().with_context(|| format!("{text:?} is no RFC 3339 time"))
}
