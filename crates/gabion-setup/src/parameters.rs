//! What is stored.

use gabion_profile::{Class, Origin, parameters};

parameters! {
    /// What this crate stores.
    pub const PARAMETERS: {
        /// What the owner decided at set-up.
        CHOICES: Public { class: Class::Configuration, number: 0xf80, max_len: 3, origin: Origin::User,
            purpose: "keeps the owner's decisions about updates and fault reports" };
        /// How many proofs of the label's code are still looked at; survives a factory reset.
        SET_UP_WINDOW: Public { class: Class::DeviceSecret, number: 0xf80, max_len: 2, origin: Origin::Firmware,
            purpose: "bounds how often the label's code can be guessed over a link" };
        /// Name and passphrase of the owner's Wi-Fi.
        WIFI: Critical { class: Class::UserSecret, number: 0xf80, max_len: 98, origin: Origin::User,
            purpose: "joins the owner's Wi-Fi" };
    }
}
