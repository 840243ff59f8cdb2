//! Vulnerability disclosure (EN 303 645 5.2): one file of facts, and everything that is made from it.

pub mod advisory;
pub mod audit;
mod facts;
pub mod policy;
pub mod record;
pub mod sbom;
pub mod security_txt;

pub use facts::{Facts, Manufacturer, Product, Response, TEMPLATE};
