//! What this crate serves of EN 303 645.

use gabion_profile::{Backing, Mechanism};

/// The mechanisms of this crate, for the statement.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "lockdown.require-locked",
        &["5.6-4"],
        "no service starts before the debug port was read back as locked",
        Backing::Software,
        "gabion-lockdown tests/api.rs an_open_port_gives_no_witness_and_raises_an_event",
    ),
    Mechanism::new(
        "lockdown.report",
        &["5.6-3", "5.6-4", "5.7-1", "5.4-1"],
        "debug port, secure boot, flash encryption, download mode and fuse keys are judged from the chip's words",
        Backing::Software,
        "gabion-lockdown tests/esp.rs the_plan_closes_what_can_be_closed_by_bits",
    ),
    Mechanism::new(
        "lockdown.disclosure-record",
        &["5.2-1", "5.3-13", "5.3-16"],
        "the device tells whom to report to, where the policy is, its model and until when it is supported",
        Backing::Software,
        "gabion-lockdown tests/disclosure.rs the_example_of_the_specification_is_what_is_encoded",
    ),
];
