//! What is stored.

use gabion_profile::{Class, CriticalKey, Origin, PublicKey, parameters};

parameters! {
    /// What this crate stores.
    pub const PARAMETERS: {
        /// Verifier of the label's secret; survives a factory reset.
        LABEL: Critical { class: Class::DeviceSecret, number: 0xf00, max_len: 87, origin: Origin::Factory,
            purpose: "checks the label's secret at first set-up" };
        /// How many attempts are outstanding; survives a factory reset, so that a reset gives no free attempts.
        THROTTLE: Public { class: Class::DeviceSecret, number: 0xf01, max_len: 27, origin: Origin::Firmware,
            purpose: "makes guessing of secrets impractical" };
        /// What proofs of the label's code are checked with; survives a factory reset.
        LABEL_PAKE: Critical { class: Class::DeviceSecret, number: 0xf02, max_len: 118, origin: Origin::Factory,
            purpose: "checks proofs of the label's code at first set-up over a link" };
        /// Verifier of the owner's secret.
        OWNER: Critical { class: Class::UserSecret, number: 0xf00, max_len: 87, origin: Origin::User,
            purpose: "checks the owner's secret" };
        /// Verifier of a user's secret.
        USER_1: Critical { class: Class::UserSecret, number: 0xf01, max_len: 87, origin: Origin::User,
            purpose: "checks a user's secret" };
        /// Verifier of a user's secret.
        USER_2: Critical { class: Class::UserSecret, number: 0xf02, max_len: 87, origin: Origin::User,
            purpose: "checks a user's secret" };
        /// Verifier of a user's secret.
        USER_3: Critical { class: Class::UserSecret, number: 0xf03, max_len: 87, origin: Origin::User,
            purpose: "checks a user's secret" };
        /// Public key of the maker's back end; survives a factory reset.
        BACK_END: Public { class: Class::Factory, number: 0xf00, max_len: 65, origin: Origin::Factory,
            purpose: "lets the maker's back end in" };
        /// Public key of a machine that the owner lets in.
        MACHINE_1: Public { class: Class::Configuration, number: 0xf00, max_len: 65, origin: Origin::User,
            purpose: "lets a machine of the owner's in" };
        /// Public key of a machine that the owner lets in.
        MACHINE_2: Public { class: Class::Configuration, number: 0xf01, max_len: 65, origin: Origin::User,
            purpose: "lets a machine of the owner's in" };
    }
}

/// The keys of machines, the back end's first.
pub(crate) static MACHINES: [PublicKey; 3] = [BACK_END, MACHINE_1, MACHINE_2];

/// The accounts of people, the owner first.
pub(crate) static ACCOUNTS: [CriticalKey; 4] = [OWNER, USER_1, USER_2, USER_3];
