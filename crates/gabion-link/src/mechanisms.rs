//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[Mechanism::new(
    "link.path-validation",
    &["5.5-1", "5.5-7"],
    "the peer's certificate has a valid path to a trusted authority (RFC 5280, P-256), its name is the one asked for, its time is judged against a clock or a floor, its key can be pinned with a backup",
    Backing::Software,
    "gabion-link tests/chains.rs, tests/attacks.rs",
)];
