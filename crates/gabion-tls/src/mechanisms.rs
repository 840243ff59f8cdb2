//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "tls.client",
        &["5.5-1", "5.5-6", "5.5-7", "5.8-1"],
        "TLS 1.3 with one suite, one group and one signature algorithm; a server proves itself by a certificate path and a signature, or by a pre-shared key, before any application byte and before the device shows a certificate of its own; every departure from the expected order of messages ends the connection",
        Backing::Software,
        "gabion-tls tests/attacks.rs, tests/interop.rs, tests/fuzz.rs",
    ),
    Mechanism::new(
        "tls.bounds",
        &["5.9-3", "5.13-1"],
        "every wait has a deadline, every record and message a size limit, every key a number of records",
        Backing::Software,
        "gabion-tls tests/attacks.rs slow_*, oversized_*, endless_*",
    ),
];
