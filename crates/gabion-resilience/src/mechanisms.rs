//! What this crate registers (`gabion-profile`).

use gabion_profile::{Backing, Class, Mechanism, Origin, parameters};

parameters! {
    /// The parameters of this crate; numbers `0xfe0` to `0xfef`.
    pub const PARAMETERS: {
        /// The key of the offline queue. A factory reset destroys it, and with it every message that waits.
        QUEUE_KEY: Critical {
            class: Class::PersonalData, number: 0xfe0, max_len: 32, origin: Origin::GeneratedOnDevice,
            purpose: "seals the messages that wait for the network",
        };
    }
}

/// What this crate does for which provisions.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "resilience.local-first",
        &["5.9-1", "5.9-2"],
        "local functions are stepped before the link is polled and are given nothing to wait for; delays are measured and told (EN 18031 RLM)",
        Backing::Software,
        "gabion-resilience tests/local.rs",
    ),
    Mechanism::new(
        "resilience.offline-queue",
        &["5.9-1", "5.9-2"],
        "messages wait on flash in order, sealed, through power cuts, until they are acknowledged; losses are counted; erases are budgeted",
        Backing::Software,
        "gabion-resilience tests/power_cut.rs, tests/outages.rs",
    ),
    Mechanism::new(
        "resilience.back-off",
        &["5.9-3"],
        "full jitter from the random source, a cap, a stable period, Retry-After, and a fleet-wide spread after a power return from a keyed device id",
        Backing::Software,
        "gabion-resilience tests/connection.rs, tests/outages.rs",
    ),
    Mechanism::new(
        "resilience.no-weaker-fallback",
        &["5.5-1", "5.9-3"],
        "a peer that does not prove who it is makes a security event and a long pause; no outage changes what a peer must prove",
        Backing::Software,
        "gabion-resilience tests/connection.rs",
    ),
    Mechanism::new(
        "resilience.boot-guard",
        &["5.9-1", "5.9-2"],
        "crashes and unstable starts are counted on flash with bounded wear and lead to a safe mode with local functions, update and recovery",
        Backing::Software,
        "gabion-resilience tests/power_cut.rs, tests/boot.rs",
    ),
    Mechanism::new(
        "resilience.task-watchdog",
        &["5.9-1"],
        "the hardware watchdog is fed only while each task reports within its own window; the late one is named at the next start",
        Backing::Software,
        "gabion-resilience tests/tasks.rs",
    ),
    Mechanism::new(
        "resilience.request-limits",
        &["5.9-1", "5.6-2"],
        "requests are limited in fixed memory; strangers take no place in a table and cannot push established peers out (EN 18031 RLM)",
        Backing::Software,
        "gabion-resilience tests/attacks.rs",
    ),
    Mechanism::new(
        "resilience.power-fail",
        &["5.9-1"],
        "no write or erase of flash is begun while the supply is failing",
        Backing::Software,
        "gabion-resilience tests/boot.rs",
    ),
];
