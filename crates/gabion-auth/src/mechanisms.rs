//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "auth.user-secret",
        &["5.1-1"],
        "the owner has to choose a secret at first set-up; no default, never empty, at least 10 characters, common and derived ones refused",
        Backing::Software,
        "gabion-auth tests/attacks.rs provision_5_1_1_*",
    ),
    Mechanism::new(
        "auth.verifier",
        &["5.1-3"],
        "salted PBKDF2-HMAC-SHA-256 or Argon2id over a key derived from the chip's root key; compared in constant time",
        Backing::Hardware,
        "gabion-auth tests/attacks.rs provision_5_1_3_*",
    ),
    Mechanism::new(
        "auth.change",
        &["5.1-4"],
        "changing the secret is one atomic call that ends every session",
        Backing::Software,
        "gabion-auth tests/attacks.rs provision_5_1_4_*",
    ),
    Mechanism::new(
        "auth.machine-key",
        &["5.1-2A", "5.1-3"],
        "machines sign a challenge with ECDSA on P-256; no call makes a password for a machine",
        Backing::Software,
        "gabion-auth tests/machine.rs provision_5_1_2a_*",
    ),
    Mechanism::new(
        "auth.throttle",
        &["5.1-5"],
        "every attempt is on flash before it is looked at; waits count powered time and start anew after a reboot; budgets per account, interface and device",
        Backing::Software,
        "gabion-auth tests/power_cut.rs, tests/throttle.rs",
    ),
];
