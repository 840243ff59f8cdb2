//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "setup.guide",
        &["5.12-1", "5.12-2"],
        "six pages, one password to choose, two questions with the secure answer proposed; plain language in English and German",
        Backing::Software,
        "gabion-setup tests/api.rs provision_5_12_1_*, provision_5_12_2_*",
    ),
    Mechanism::new(
        "setup.self-check",
        &["5.12-3"],
        "tells the owner whether the device is set up securely and what to do about it",
        Backing::Software,
        "gabion-setup tests/api.rs provision_5_12_3_*",
    ),
    Mechanism::new(
        "setup.update-consent",
        &["5.3-4B", "5.3-6A"],
        "asks at set-up whether updates install by themselves; nothing runs by itself before",
        Backing::Software,
        "gabion-setup tests/api.rs provision_5_3_4b_*",
    ),
];
