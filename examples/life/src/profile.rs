//! The product of the story on one page: what it keeps, what can reach it, what it does.

use gabion::erase::{Domain, NoVolatile, Plan, Region};
use gabion::hal::ResetReason;
use gabion::profile::{
    Authenticator, Class, DeviceInfo, Exposure, Interface, Mechanism, Origin, Parameter, Profile,
    parameters,
};
use gabion::storage::Config;
use gabion::{LOG_REGION, Start};

use crate::board::{LAYOUT, LOG_CONFIG};

parameters! {
    /// What the application keeps.
    pub(crate) const APPLICATION: {
        /// How far the story is: round and chapter.
        PROGRESS: Public { class: Class::Factory, number: 1, max_len: 3, origin: Origin::Firmware,
            purpose: "lets the story go on where it was" };
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

/// The app's interface on the local network.
pub(crate) const APP: Interface = Interface::new(
    "app",
    Exposure::Local,
    false,
    Authenticator::UserSecret,
    "set-up and daily use by its owner",
);
/// The set-up interface, open until the device has an owner.
pub(crate) const SET_UP: Interface = Interface::new(
    "set-up",
    Exposure::Local,
    true,
    Authenticator::UserSecret,
    "first set-up with the label's code",
);
/// The maker's contact, for everyone.
pub(crate) const DISCLOSURE: Interface = Interface::new(
    "disclosure",
    Exposure::Local,
    true,
    Authenticator::Public("a contact for vulnerability reports must be easy to find"),
    "tells where to report a vulnerability",
);

const INTERFACES: &[Interface] = &[APP, SET_UP, DISCLOSURE];

/// The app's interface, as a registered value.
pub(crate) static APP_INTERFACE: &Interface = &INTERFACES[0];
/// The set-up interface, as a registered value.
pub(crate) static SET_UP_INTERFACE: &Interface = &INTERFACES[1];

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
pub(crate) const PROFILE: Profile = Profile::new(
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

/// The interfaces that log-ins come over.
pub(crate) const fn interfaces() -> &'static [Interface] {
    INTERFACES
}

/// The store's configuration: what is registered can be stored, and superseded values are destroyed at once.
pub(crate) const fn store_config() -> Config {
    Config::new(PARAMETERS).scrub()
}

/// What becomes of each part of the flash at a factory reset.
const PLAN: Plan<4> = Plan::new(
    &LAYOUT,
    [
        Region::new("journal", Domain::Survives("numbers of pages, nothing else")),
        Region::new("firmware", Domain::Survives("the maker's software and its roll-back state")),
        Region::new("store", Domain::Store),
        Region::new(LOG_REGION, Domain::Forgets("records go, the key chain and the numbers stay")),
    ],
    PARAMETERS,
);

/// What the device is told at each start.
pub(crate) fn start(memory: &mut NoVolatile, reason: ResetReason) -> Start<'_, 4, NoVolatile> {
    Start { store: store_config(), log: &LOG_CONFIG, new_log: None, plan: &PLAN, memory, reason }
}
