//! What deletion registers (`gabion-profile`).

use gabion_profile::{Backing, Class, Mechanism, Origin, parameters};

parameters! {
    /// The parameters of deletion; numbers `0xfc0` to `0xfdf`.
    pub const PARAMETERS: {
        /// A reset that was ordered and is not finished. It survives the reset that it orders.
        ERASE_INTENT: Critical {
            class: Class::Factory, number: 0xfc0, max_len: 16, origin: Origin::Firmware,
            purpose: "a factory reset that is under way, so that a power cut cannot stop it",
        };
        /// The signed receipt of the newest reset.
        ERASE_RECEIPT: Public {
            class: Class::Factory, number: 0xfc1, max_len: 184, origin: Origin::Firmware,
            purpose: "signed proof of the last factory reset, for the next owner; no personal data",
        };
    }
}

/// What deletion does for which provisions.
pub const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "erase.factory-reset",
        &["5.11-1"],
        "factory reset: class keys destroyed first, every registered region erased and read back, resumed after power cuts",
        Backing::Hardware,
        "gabion-erase tests/power_cut.rs",
    ),
    Mechanism::new(
        "erase.receipt",
        &["5.11-1", "5.11-4"],
        "signed receipt of what was erased, without personal data, verified on the host",
        Backing::Software,
        "gabion-erase tests/vectors.rs",
    ),
    Mechanism::new(
        "erase.held-button",
        &["5.11-1"],
        "reset by a button that must be released, then held; a stuck contact or a clock that jumps does nothing",
        Backing::Software,
        "gabion-erase src/button.rs",
    ),
];
