//! The lamp on one page: what it has, what it keeps, what can reach it, what it stands on.

use gabion::profile::{
    Access, Authentication, Authenticator, Backend, Backing, Category, Channel, Class, Component,
    Decision, Deletion, DeviceInfo, Exposure, Factor, Guarantees, Implementation, Integrity,
    Interface, InterfaceKind, LegalBasis, Mechanism, Need, Origin, Outage, PersonalData, Profile,
    Protection, Resilience, Resource, Retention, SecurityParameter, Sensitivity, Sensor, Service,
    Store, Subject, Target, Telemetry, UpdateMechanism, Updated, Validation, features, parameters,
};

const CONFIDENTIAL: Guarantees = Guarantees::CONFIDENTIALITY
    .and(Guarantees::INTEGRITY)
    .and(Guarantees::AUTHENTICITY)
    .and(Guarantees::FRESHNESS);
const SIGNED: Guarantees =
    Guarantees::INTEGRITY.and(Guarantees::AUTHENTICITY).and(Guarantees::FRESHNESS);

parameters! {
    /// What the lamp keeps, beside what the crates keep.
    pub const APPLICATION: {
        /// Passphrase of the owner's Wi-Fi.
        WIFI_PASSPHRASE: Critical { class: Class::UserSecret, number: 1, max_len: 63, origin: Origin::User,
            purpose: "joins the owner's Wi-Fi" };
        /// Name shown in the app.
        ROOM_NAME: Public { class: Class::Configuration, number: 2, max_len: 32, origin: Origin::User,
            purpose: "tells lamps apart" };
        /// When somebody was last at home.
        LAST_AT_HOME: Critical { class: Class::PersonalData, number: 1, max_len: 32, origin: Origin::Firmware,
            purpose: "switches the light on in time" };
    }
}

/// The lamp as delivered.
pub const PROFILE: Profile = Profile::of(DeviceInfo {
    manufacturer: "Example Maker",
    model: "LAMP-2",
    security_contact: "mailto:security@example.invalid",
    policy_url: "https://example.invalid/vulnerability-policy",
    support_until: "2031-12-31",
})
.interfaces(&[
    Interface::new("wifi", Exposure::Local, true, Authenticator::UserSecret, "joins the owner's network")
        .kind(InterfaceKind::Network)
        .discloses("its hardware address, as every station does")
        .protection("WPA2 or WPA3; nothing is served before set-up but the set-up page"),
    Interface::new("app-api", Exposure::Local, false, Authenticator::UserSecret, "set-up and daily use by the owner")
        .over("wifi")
        .resilience("one request at a time; the rest waits or is refused"),
    Interface::new("disclosure-api", Exposure::Local, true,
        Authenticator::Public("a contact for reports must be easy to find"), "tells where to report a vulnerability")
        .over("wifi")
        .discloses("contact, policy, end of support, model")
        .resilience("answers at most once a second"),
    Interface::new("service-link", Exposure::Network, false, Authenticator::MachineKey, "talks to the maker's back end")
        .over("wifi")
        .resilience("waits longer after each failure, up to an hour, with a random part"),
    Interface::new("button", Exposure::Physical, true, Authenticator::PhysicalPresence, "switches the lamp; held for ten seconds: factory reset")
        .kind(InterfaceKind::Physical),
    Interface::new("swd", Exposure::Internal, false, Authenticator::Public("nobody is let in: the port is locked"), "debug port of the chip")
        .kind(InterfaceKind::Physical)
        .need(Need::Never)
        .debug()
        .disabled("locked in the factory, read back at every start; the network stays off while it is open"),
    Interface::new("app", Exposure::Local, false, Authenticator::UserSecret, "the owner's phone: set-up, light, updates, reset")
        .kind(InterfaceKind::User),
])
.services(&[
    Service::new("light", "app-api", "switches the lamp", "it is what the lamp is for", Access::Authenticated(&["owner", "label"])),
    Service::new("settings", "app-api", "changes network, password, update choice", "the owner has to be able to",
        Access::Authenticated(&["owner"])).configures("network, password, update choice"),
    Service::new("disclosure", "disclosure-api", "tells where to report a vulnerability", "EN 303 645 5.2-1",
        Access::Public("it holds nothing but what is printed in the manual as well")),
])
.authentications(&[
    Authentication::new("owner", Subject::User, Factor::ChosenPassword,
        "the owner logs in to the app; directly reachable over the local network; may do everything",
        "PBKDF2-HMAC-SHA-256, salted, over a key from the chip's root key; compared in constant time", &["OWNER"])
        .over_network("every attempt is on flash before it is looked at; growing waits that a restart does not shorten")
        .changed_by("in the app: one call with the old password"),
    Authentication::new("label", Subject::User,
        Factor::FactoryPassword("14 unbiased symbols out of 23 from the chip's random source, 63 bits, checked against patterns and public facts"),
        "first set-up with the code on the label; opens nothing once there is an owner",
        "as for the owner", &["LABEL"])
        .over_network("as for the owner")
        .changed_by("by choosing the owner's password, after which the label opens nothing"),
    Authentication::new("back-end", Subject::Machine, Factor::Key,
        "the maker's back end proves itself to the lamp", "ECDSA on P-256 over a fresh challenge", &["BACK_END"])
        .over_network("a signature cannot be guessed"),
])
.parameters(&[
    APPLICATION,
    gabion::auth::PARAMETERS,
    gabion::provision::PARAMETERS,
    gabion::setup::PARAMETERS,
    gabion::log::PARAMETERS,
    gabion::erase::PARAMETERS,
])
.security_parameters(&[
    SecurityParameter::stored(WIFI_PASSPHRASE.parameter()).sent_over(&["app-channel"]),
    SecurityParameter::new("root-key", Protection::Critical, "every storage key follows from it",
        "a fuse block that software cannot read; the chip's HMAC unit uses it", "burnt in the factory, never known outside",
        "the chip's random source, on the chip"),
    SecurityParameter::new("update-key", Protection::Public, "checks the signatures of updates",
        "in the boot stage, which the chip verifies", "compiled into the boot stage",
        "the maker's signing module; the private half never leaves it").checks_updates(),
    SecurityParameter::new("session-keys", Protection::Critical, "protect talk with the app and the back end",
        "in memory only, wiped at the end of a session", "agreed at each handshake",
        "ephemeral ECDH on P-256").protects_services(),
])
.channels(&[
    Channel::new("app-channel", "app-api", "the owner's phone", CONFIDENTIAL,
        "TLS 1.3, TLS_AES_128_GCM_SHA256, P-256", &["session-keys", "IDENTITY_KEY"])
        .resilience("ends idle sessions after five minutes"),
    Channel::new("service-channel", "service-link", "update checks and event bundles to the maker's back end", CONFIDENTIAL,
        "TLS 1.3, TLS_AES_128_GCM_SHA256, P-256, pinned authority", &["session-keys", "IDENTITY_KEY", "BACK_END"])
        .remote()
        .to_service()
        .resilience("waits longer after each failure, up to an hour, with a random part"),
])
.components(&[
    Component::new("application", "1.4.0", "the lamp, its network stack and the gabion crates", Updated::By(&["over-the-air"]))
        .cryptography("SHA-256, AES-256-GCM, ECDSA P-256, PBKDF2; algorithm numbers stand in every record, so an update reads old ones"),
    Component::new("boot", "1.1.0", "verifies the application at every start",
        Updated::ImmutableForSecurity("it is the root of trust of the update mechanism; the chip verifies it"))
        .cryptography("SHA-256 and ECDSA P-256; replacing them needs new hardware"),
])
.update_mechanisms(&[
    UpdateMechanism::new("over-the-air",
        "fetches a signed image into the second slot, verifies it, starts it on trial, keeps it once it has confirmed itself",
        SIGNED, "ECDSA P-256 over SHA-256, MCUboot's format; roll-back counter in the chip",
        "by itself at night when the owner agreed, else by one touch in the app", &["update-key"])
        .over_network()
        .automatic("off, notify, download or install; an installation can be put off", "after set-up, then daily at a random minute")
        .notices("in the app: that there is one, what it repairs, how long the lamp is dark"),
])
.implementations(&[
    Implementation::new("RustCrypto p256 0.14, sha2 0.11, aes-gcm 0.11", "all cryptography of the application",
        "test vectors of NIST and Wycheproof, run at every build", "docs/spec/crypto.md"),
    Implementation::new("gabion 0.1", "storage, boot, update, log, authentication",
        "power-cut sweeps, fuzzing, attack tests named after the attack", "docs/storage-tests.md"),
])
.integrity(&[
    Integrity::new("verified-boot", "the chip verifies the boot stage, the boot stage the application, at every start; the running image is hashed again in slices",
        SIGNED, "signature and hash do not match", "the light blinks red; an event goes into the log",
        "the other slot is started; without a good one only the red light runs, the network stays off"),
])
.personal_data(&[
    PersonalData::new("last-at-home", Category::Usage, Sensitivity::Ordinary, "the hour at which somebody was last at home",
        "switches the light on in time", "computed from the light sensor and the button, stored, overwritten daily; never sent",
        LegalBasis::Contract, Retention::UntilRemoved)
        .kept_in(Store::Parameter("LAST_AT_HOME"))
        .from_sensor("ambient-light"),
])
.sensors(&[Sensor::new("ambient-light", "brightness of the room, one value a minute", "switches the light on when it is dark")])
.resilience(&[
    Resilience::new("local-first", Outage::Network, "button and schedule work without a network", "the lamp is a lamp, always"),
    Resilience::new("power-cut-safe", Outage::Power, "every change on flash is there whole or not at all", "the state before or after, never another"),
])
.telemetry(&[
    Telemetry::new("event-log", "security events from a closed catalogue: log-ins, updates, restarts, damage", "finds attacks on the fleet",
        "detectors on the device; signed bundles are examined by the maker", &[]),
])
.deletions(&[
    Deletion::new("factory-reset", Target::Device, "destroys the keys of all of the owner's data, then the data, reads back",
        "button held for ten seconds, or in the app", "the light blinks white; a signed receipt in the app")
        .personal_data()
        .configuration()
        .keys(),
])
.decisions(&[
    Decision::new("password", "choose a password", &["a password of ten characters or more", "stop"], "stop", "first set-up"),
    Decision::new("updates", "install updates by themselves at night?", &["install", "tell me", "off"], "tell me", "first set-up, settings"),
    Decision::new("update-notices", "tell of new updates?", &["yes", "no"], "yes", "settings"),
    Decision::new("put-off", "put off this installation?", &["tonight", "in a week"], "tonight", "a downloaded update"),
])
.validations(&[
    Validation::new("strict-cbor", "bounded, deterministic CBOR; what is not expected is refused", &["app-api", "disclosure-api", "app-channel", "app"], "codec_cbor"),
    Validation::new("service-input", "certificates and images are read strictly, with a budget", &["service-link", "service-channel"], "link_x509, boot_image"),
])
.mechanisms(&[
    gabion::auth::MECHANISMS,
    gabion::provision::MECHANISMS,
    gabion::setup::MECHANISMS,
    gabion::log::MECHANISMS,
    gabion::erase::MECHANISMS,
    gabion::boot::MECHANISMS,
    gabion::update::MECHANISMS,
    gabion::storage::MECHANISMS,
    gabion_link::MECHANISMS,
    MECHANISMS,
])
.backends(&[
    Backend::new("fuse-key", Resource::RootKey, Backing::Hardware, "key block 0 of the fuses, used through the HMAC unit only"),
    Backend::new("fuse-counter", Resource::MonotonicCounter, Backing::Hardware, "64 fuse bits, one for each roll-back step"),
    Backend::new("noise", Resource::Entropy, Backing::Hardware, "the chip's random source, health-tested"),
    Backend::new("debug-fuse", Resource::DebugPort, Backing::Hardware, "fuse that locks the debug port"),
    Backend::new("rom", Resource::SecureBoot, Backing::Hardware, "the ROM verifies the boot stage"),
])
.features(&[features!["software", "qr"]]);

/// The same lamp without telemetry: what changes in the statement, and nothing else, is what telemetry is about.
pub const WITHOUT_TELEMETRY: Profile = PROFILE.telemetry(&[]);

/// What the lamp itself does.
const MECHANISMS: &[Mechanism] = &[
    Mechanism::new(
        "lamp.endpoints",
        &["5.6-1", "5.6-5", "5.5-4"],
        "the table of endpoints is the only way in; what is not registered does not exist",
        Backing::Software,
        "ics-device tests/lamp.rs nothing_unregistered_answers",
    ),
    Mechanism::new(
        "lamp.debug-lock",
        &["5.6-4", "5.6-4A"],
        "the network services start only when the debug port reads locked",
        Backing::Hardware,
        "ics-device tests/lamp.rs an_open_debug_port_keeps_the_network_off",
    )
    .needs(&[Resource::DebugPort]),
    Mechanism::new(
        "lamp.no-secret-in-the-image",
        &["5.4-3"],
        "no registered secret is in the source: each is generated, given or agreed",
        Backing::Software,
        "ics-device tests/lamp.rs no_secret_is_in_source_or_image",
    ),
    Mechanism::new(
        "lamp.input",
        &["5.13-1", "5.13-1A", "5.13-1B"],
        "what comes in is CBOR read strictly, and typed: a value of the wrong form cannot be made",
        Backing::Software,
        "ics-device tests/lamp.rs a_room_name_is_validated; gabion-codec tests/cbor.rs",
    ),
    Mechanism::new(
        "lamp.data-economy",
        &["6-6", "6-4", "5.8-2", "6-3"],
        "one kind of personal data, with a purpose, overwritten daily, never sent, none of it on consent",
        Backing::Software,
        "ics-device tests/lamp.rs personal_data_is_stored_sealed_and_goes_to_nobody",
    ),
];
