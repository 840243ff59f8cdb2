//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "privacy.inventory",
        &["6-1", "6-4", "5.8-3"],
        "every item of personal data is a constant with purpose, basis, retention, recipients and sensor; without one there is no key to store it under; notice, list of sensors and IXIT rows come from it",
        Backing::Software,
        "gabion-privacy tests/texts.rs",
    ),
    Mechanism::new(
        "privacy.consent",
        &["6-2", "6-3A", "6-3B"],
        "asked per purpose and version with no answer set before; append-only record; a withdrawal stops use at once and deletes, whatever the power does",
        Backing::Software,
        "gabion-privacy tests/power_cut.rs, tests/model.rs",
    ),
    Mechanism::new(
        "privacy.retention",
        &["6-6"],
        "what is past its time is deleted, by powered time and trusted clocks only: never early, never for ever",
        Backing::Software,
        "gabion-privacy tests/retention.rs, tests/model.rs",
    ),
    Mechanism::new(
        "privacy.confidential",
        &["5.8-1", "5.8-2"],
        "personal data leaves only over the channel whose policy the inventory names for its recipient",
        Backing::Software,
        "gabion-privacy tests/api.rs, compile-fail examples of PersonalData",
    ),
    Mechanism::new(
        "privacy.deletion",
        &["5.11-1", "5.11-2", "5.11-3", "5.11-4"],
        "deletion per person by destroying the key of their class, resumed after power cuts, with a signed receipt; requests to services kept until acknowledged; instructions and confirmations in plain words",
        Backing::Hardware,
        "gabion-privacy tests/power_cut.rs, tests/texts.rs",
    ),
    Mechanism::new(
        "privacy.aggregation",
        &["6-7", "6-8"],
        "totals and histograms that wipe each sample and hold back small groups; pseudonyms under a key that changes with each epoch",
        Backing::Software,
        "gabion-privacy tests/aggregate.rs",
    ),
];
