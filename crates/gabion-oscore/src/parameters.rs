//! What this crate stores.

use gabion_profile::{Class, Origin, parameters};

parameters! {
    /// What this crate stores.
    pub const PARAMETERS: {
        /// How far the numbers of a context were reserved, in both directions.
        OSCORE_STATE: Public { class: Class::DeviceSecret, number: 0xf60, max_len: 19, origin: Origin::Firmware,
            purpose: "no number of a protected message is used or accepted twice" };
    }
}
