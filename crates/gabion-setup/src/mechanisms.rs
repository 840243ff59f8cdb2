//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "setup.label-proof",
        &["5.1-1", "5.1-3", "5.1-5", "5.5-1"],
        "first set-up over any link: SPAKE2+ (RFC 9383) with the label's code, owner and Wi-Fi inside the encrypted channel; each attempt is on flash before it is answered, ten of them until somebody shows presence",
        Backing::Software,
        "gabion-setup tests/link.rs, tests/power_cut.rs provision_5_1_5_*",
    ),
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
