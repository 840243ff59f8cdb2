//! What this crate does for the conformance statement.

use gabion_profile::{Backing, Mechanism, Resource};

/// The mechanisms of this crate.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "update.signed",
        &["5.3-1", "5.3-2", "5.3-7", "5.3-9", "5.3-10"],
        "an update is installed only with the witness of a verification; it is decided on before anything is erased",
        Backing::Software,
        "gabion-update tests/attacks.rs",
    ),
    Mechanism::new(
        "update.anti-rollback",
        &["5.3-9"],
        "the chip's counter is the floor at every boot; it is raised when an update is confirmed, never before",
        Backing::Hardware,
        "gabion-update tests/attacks.rs mcuboot_*",
    )
    .needs(&[Resource::MonotonicCounter]),
    Mechanism::new(
        "update.trial",
        &["5.3-2", "5.9-1"],
        "a new image has a number of boots to confirm itself, else the old one comes back; the power may fail at any step",
        Backing::Software,
        "gabion-update tests/power_cut.rs",
    ),
    Mechanism::new(
        "update.choice",
        &["5.3-3", "5.3-4", "5.3-4A", "5.3-4B", "5.3-5", "5.3-6", "5.3-6A", "5.3-6B"],
        "off, notify, download or install, with postponement, as the user chose; checks are spread by jitter",
        Backing::Software,
        "gabion-update tests/choice.rs",
    ),
    Mechanism::new(
        "update.postpone",
        &["5.3-12"],
        "a hook of the device's is asked before each installation and may put it off; nothing is lost by that",
        Backing::Software,
        "gabion-update tests/attacks.rs a_hook_puts_an_installation_off",
    ),
];
