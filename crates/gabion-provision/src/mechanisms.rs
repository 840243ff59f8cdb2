//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "provision.label-secret",
        &["5.1-1", "5.1-2"],
        "per-device secret of 14 unbiased random symbols (63.3 bits), checked against patterns and public facts of the device",
        Backing::Software,
        "gabion-provision tests/attacks.rs provision_5_1_2_*",
    ),
    Mechanism::new(
        "provision.life-cycle",
        &["5.1-1"],
        "no service that reaches a network can be made before a unique credential is stored; the factory interface closes for good",
        Backing::Software,
        "gabion-provision tests/attacks.rs provision_5_1_1_*",
    ),
    Mechanism::new(
        "provision.identity",
        &["5.1-2A", "5.4-4"],
        "P-256 identity key made on the device, with signing request, certificate, and replacement by a new key that takes over once it was seen to work",
        Backing::Software,
        "gabion-provision tests/certificate.rs, tests/rotation.rs",
    ),
];
