//! The product of the stories on one page: what it keeps, what can reach it, what it does.

use gabion::LOG_REGION;
use gabion::erase::{Domain, Plan, Region};
use gabion::flash::Layout;
use gabion::log::LogConfig;
use gabion::profile::{
    Authenticator, Class, DeviceInfo, Exposure, Interface, Mechanism, Origin, Parameter, Profile,
    parameters,
};
use gabion::storage::Config;

parameters! {
    /// What the application keeps.
    pub(crate) const APPLICATION: {
        /// Passphrase of the owner's Wi-Fi.
        WIFI_PASSPHRASE: Critical { class: Class::UserSecret, number: 1, max_len: 63, origin: Origin::User,
            purpose: "joins the owner's Wi-Fi" };
        /// Name shown in the app.
        ROOM_NAME: Public { class: Class::Configuration, number: 2, max_len: 32, origin: Origin::User,
            purpose: "tells devices apart" };
        /// When somebody was last at home.
        LAST_AT_HOME: Critical { class: Class::PersonalData, number: 1, max_len: 32, origin: Origin::Firmware,
            purpose: "switches the light on in time" };
    }
}

/// The serial port, as the owner's interface. A real product's would be a radio or a network.
const SHELL: Interface = Interface::new(
    "shell",
    Exposure::Local,
    false,
    Authenticator::UserSecret,
    "set-up and daily use by its owner",
);

const INTERFACES: &[Interface; 1] = &[SHELL];

/// The shell as a registered value.
pub(crate) static SHELL_INTERFACE: &Interface = {
    let [shell] = INTERFACES;
    shell
};

const PARAMETERS: &[&[Parameter]] = &[
    APPLICATION,
    gabion::auth::PARAMETERS,
    gabion::provision::PARAMETERS,
    gabion::setup::PARAMETERS,
    gabion::log::PARAMETERS,
    gabion::erase::PARAMETERS,
];

const MECHANISMS: &[&[Mechanism]] = &[
    gabion::auth::MECHANISMS,
    gabion::provision::MECHANISMS,
    gabion::setup::MECHANISMS,
    gabion::log::MECHANISMS,
    gabion::erase::MECHANISMS,
    gabion::boot::MECHANISMS,
    gabion::update::MECHANISMS,
    gabion::storage::MECHANISMS,
];

/// The product.
pub const PROFILE: Profile = Profile::new(
    DeviceInfo {
        manufacturer: "Example Maker",
        model: "LAMP-2",
        security_contact: "mailto:security@example.invalid",
        policy_url: "https://example.invalid/vulnerability-policy",
        support_until: "2031-12-31",
    },
    PARAMETERS,
    INTERFACES,
    MECHANISMS,
);

/// Longest value that the device registers, in bytes.
const LONGEST: usize = 256;
/// Keys of the store.
pub const KEYS: usize = 32;
/// Bytes of the store's buffer.
pub const RECORD: usize = Config::record_size(LONGEST);

/// How the event log uses its flash.
pub(crate) const LOG_CONFIG: LogConfig = LogConfig::DEFAULT;

/// The interfaces that log-ins come over.
pub(crate) const fn interfaces() -> &'static [Interface] {
    INTERFACES
}

/// The store's configuration: what is registered can be stored, and superseded values are destroyed at once.
pub(crate) const fn store_config() -> Config {
    Config::new(PARAMETERS).scrub()
}

/// What becomes of each part of the flash at a factory reset.
pub const fn plan(layout: &'static Layout<4>) -> Plan<4> {
    Plan::new(
        layout,
        [
            Region::new("journal", Domain::Survives("numbers of pages, nothing else")),
            Region::new(
                "firmware",
                Domain::Survives("the maker's software and its roll-back state"),
            ),
            Region::new("store", Domain::Store),
            Region::new(
                LOG_REGION,
                Domain::Forgets("records go, the key chain and the numbers stay"),
            ),
        ],
        PARAMETERS,
    )
}
