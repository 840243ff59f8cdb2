//! What is stored.

use gabion_profile::{Class, Origin, parameters};

parameters! {
    /// What this crate stores.
    pub const PARAMETERS: {
        /// Model and serial number; its presence says that the factory is done.
        FACTORY_RECORD: Public { class: Class::Factory, number: 0xf40, max_len: 39, origin: Origin::Factory,
            purpose: "names the device and closes the factory interface" };
        /// Private key of the device identity.
        IDENTITY_KEY: Critical { class: Class::DeviceSecret, number: 0xf41, max_len: 32, origin: Origin::GeneratedOnDevice,
            purpose: "proves the identity of the device" };
    }
}
