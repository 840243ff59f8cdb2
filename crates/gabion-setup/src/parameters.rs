//! What is stored.

use gabion_profile::{Class, Origin, parameters};

parameters! {
    /// What this crate stores.
    pub const PARAMETERS: {
        /// What the owner decided at set-up.
        CHOICES: Public { class: Class::Configuration, number: 0xf80, max_len: 3, origin: Origin::User,
            purpose: "keeps the owner's decisions about updates and fault reports" };
    }
}
