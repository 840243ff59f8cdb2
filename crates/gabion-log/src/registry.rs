//! What the log registers (`gabion-profile`).

use gabion_profile::{Backing, Class, Mechanism, Origin, Parameter, parameters};

parameters! {
    /// The parameters of the log; numbers `0xfa0` to `0xfbf`.
    pub const PARAMETERS: {
        /// The newest head of both lanes that the device vouched for, to see a cut-off end at the next start.
        LOG_ANCHOR: Critical {
            class: Class::Factory, number: 0xfa0, max_len: 48, origin: Origin::Firmware,
            purpose: "newest known end of the event log, so that a cut-off end is seen",
        };
        /// Whether the user agreed to optional events; see [`OptionalEvents`](crate::OptionalEvents).
        LOG_OPTIONAL: Critical {
            class: Class::Configuration, number: 0xfa1, max_len: 1, origin: Origin::User,
            purpose: "whether the user agreed to optional events in the log",
        };
    }
}

const _: &[Parameter] = PARAMETERS;

/// What the log does for which provisions.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "log.forward-secure-chain",
        &["5.10-1", "5.4-1"],
        "security events sealed and chained under keys that are destroyed as they are used up",
        Backing::Hardware,
        "gabion-log tests/attacks.rs",
    ),
    Mechanism::new(
        "log.closed-catalogue",
        &["5.10-1", "6-4", "6-5"],
        "events have no room for text, names, addresses or identifiers",
        Backing::Software,
        "gabion-log src/queue.rs, tests/catalogue.rs",
    ),
    Mechanism::new(
        "log.rate-and-share",
        &["5.10-1", "5.9-1"],
        "critical events have pages and a rate of their own; losses are counted inside the chain",
        Backing::Software,
        "gabion-log tests/api.rs",
    ),
    Mechanism::new(
        "log.detectors",
        &["5.10-1", "5.7-2"],
        "guessing, restart loops, refused updates, tampering, clock changes, refused and new peers and password spraying are noticed on the device",
        Backing::Software,
        "gabion-log src/detector.rs",
    ),
    Mechanism::new(
        "log.signed-bundles",
        &["5.10-1", "5.5-1"],
        "exports signed by the device key, verified on the host, truncation and replay detected",
        Backing::Software,
        "gabion-log tests/attacks.rs",
    ),
];
