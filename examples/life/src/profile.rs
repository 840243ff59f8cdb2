//! The product of the story on one page: what it keeps, what can reach it, what it does.

use gabion::erase::{Domain, NoVolatile, Plan, Region};
use gabion::hal::ResetReason;
use gabion::privacy::{
    Basis, Category, Privacy, Purpose, Registered, Retention, Scope, Sensitivity, Shape, Words,
    personal_data,
};
use gabion::profile::{
    Authenticator, Class, Decision, DeviceInfo, Exposure, Interface, Mechanism, Origin, Parameter,
    PersonalData, Profile, parameters,
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
    }
}

/// Why it wants to know when somebody was at home.
pub(crate) const LIGHT_IN_TIME: Purpose = Purpose::new(
    0,
    1,
    "LIGHT_IN_TIME",
    Words::new(
        "to switch the light on when you come home",
        "um das Licht einzuschalten, wenn Sie heimkommen",
    ),
    Basis::Consent,
);
/// Why it wants to know when somebody gets up.
pub(crate) const WAKE_GENTLY: Purpose = Purpose::new(
    1,
    1,
    "WAKE_GENTLY",
    Words::new("to wake you with light", "um Sie mit Licht zu wecken"),
    Basis::Consent,
);

personal_data! {
    /// What the lamp knows of people. The store takes nothing else of theirs.
    pub(crate) const INVENTORY, sensors: [] => {
        /// When somebody was last at home.
        LAST_AT_HOME: {
            number: 1, max_len: 32, scope: Scope::Household,
            words: Words::new("when somebody was last at home", "wann zuletzt jemand zu Hause war"),
            category: Category::Presence, sensitivity: Sensitivity::Sensitive, purpose: LIGHT_IN_TIME,
            retention: Retention::Days(7), recipients: [], sensor: None, shape: Shape::Text,
        };
        /// When a person gets up.
        GETS_UP: {
            number: 1, max_len: 32, scope: Scope::Users(2),
            words: Words::new("when you get up", "wann Sie aufstehen"),
            category: Category::Usage, sensitivity: Sensitivity::Sensitive, purpose: WAKE_GENTLY,
            retention: Retention::UntilDeleted, recipients: [], sensor: None, shape: Shape::Text,
        };
    }
}

/// What the device may do with personal data.
pub(crate) type Home = Privacy<{ INVENTORY.buffer() }>;

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

const PARAMETERS: &[&[Parameter]] = INVENTORY.only_door(&[
    APPLICATION,
    INVENTORY.parameters(),
    gabion::privacy::PARAMETERS,
    gabion::privacy::USER_PARAMETERS[1],
    gabion::resilience::PARAMETERS,
    gabion::auth::PARAMETERS,
    gabion::provision::PARAMETERS,
    gabion::setup::PARAMETERS,
    gabion::log::PARAMETERS,
    gabion::erase::PARAMETERS,
]);

const MECHANISMS: &[&[Mechanism]] = &[
    gabion::auth::MECHANISMS,
    gabion::provision::MECHANISMS,
    gabion::setup::MECHANISMS,
    gabion::log::MECHANISMS,
    gabion::erase::MECHANISMS,
    gabion::boot::MECHANISMS,
    gabion::update::MECHANISMS,
    gabion::storage::MECHANISMS,
    gabion::resilience::MECHANISMS,
    gabion::privacy::MECHANISMS,
    gabion::lockdown::MECHANISMS,
];

const ITEMS: usize = INVENTORY.items().len();
const REGISTERED: Registered<ITEMS> = Registered::new(&INVENTORY);
const PERSONAL: [PersonalData; ITEMS] = REGISTERED.personal_data();
const DECISIONS: &[Decision] = &[LIGHT_IN_TIME.profile_decision(), WAKE_GENTLY.profile_decision()];

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
)
.personal_data(&PERSONAL)
.decisions(DECISIONS)
.deletions(gabion::privacy::DELETIONS);

/// The interfaces that log-ins come over.
pub(crate) const fn interfaces() -> &'static [Interface] {
    INTERFACES
}

/// The store's configuration: what is registered can be stored, and superseded values are destroyed at once.
pub(crate) const fn store_config() -> Config {
    Config::new(PARAMETERS).scrub()
}

/// What becomes of each part of the flash at a factory reset.
const PLAN: Plan<5> = Plan::new(
    &LAYOUT,
    [
        Region::new("journal", Domain::Survives("numbers of pages, nothing else")),
        Region::new("firmware", Domain::Survives("the maker's software and its roll-back state")),
        Region::new("store", Domain::Store),
        Region::new(LOG_REGION, Domain::Forgets("records go, the key chain and the numbers stay")),
        Region::new(
            "queue",
            Domain::Survives("sealed under QUEUE_KEY, which goes with the class of personal data"),
        ),
    ],
    PARAMETERS,
);

/// What the device is told at each start.
pub(crate) fn start(memory: &mut NoVolatile, reason: ResetReason) -> Start<'_, 5, NoVolatile> {
    Start { store: store_config(), log: &LOG_CONFIG, new_log: None, plan: &PLAN, memory, reason }
}
