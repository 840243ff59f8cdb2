//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism, Resource};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "storage.sealed",
        &["5.4-1", "5.8-1"],
        "every value sealed under a random key of its class, wrapped by a key that follows from the chip's root key",
        Backing::Hardware,
        "gabion-storage tests/attacks.rs",
    ),
    Mechanism::new(
        "storage.no-stale-value",
        &["5.4-1"],
        "a changed, cleared or replaced record is refused; an older value never comes back; replay noticed by the chip's counter",
        Backing::Hardware,
        "gabion-storage tests/attacks.rs",
    )
    .needs(&[Resource::RootKey, Resource::MonotonicCounter]),
    Mechanism::new(
        "storage.power-cut-safe",
        &["5.9-1"],
        "after a power cut at any instruction each commit is there whole or not at all",
        Backing::Software,
        "gabion-storage tests/power_cut.rs",
    ),
    Mechanism::new(
        "storage.crypto-erase",
        &["5.11-1"],
        "a class is erased by destroying its key; removed values are unrecoverable from the raw flash",
        Backing::Software,
        "gabion-storage tests/power_cut.rs",
    ),
];
