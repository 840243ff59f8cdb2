//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "oscore.messages",
        &["5.5-1", "5.5-6", "5.5-7"],
        "CoAP messages are encrypted and authenticated end to end by OSCORE (RFC 8613, AES-CCM-16-64-128, HKDF-SHA-256); a response belongs to one request",
        Backing::Software,
        "gabion-oscore tests/vectors.rs, tests/attacks.rs",
    ),
    Mechanism::new(
        "oscore.numbers",
        &["5.5-1", "5.4-1"],
        "no number of a message is used twice and no message is accepted twice, whenever the power fails: numbers are reserved in the sealed store before they are used",
        Backing::Software,
        "gabion-oscore tests/power_cut.rs",
    ),
];
