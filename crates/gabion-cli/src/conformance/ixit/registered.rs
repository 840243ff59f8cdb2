//! The rows that the registries fill.

use super::{Filler, Line};
use crate::conformance::facts::reached;
use crate::conformance::profile::{
    Access, Authenticator, Factor, Interface, LegalBasis, PersonalData, Retention,
    SecurityParameter, Store, Updated,
};
use crate::conformance::standard::{Edition, Standard};

impl Filler<'_> {
    fn id(&self, number: u32, name: &str) -> String {
        let table = Standard::get().table(number);
        table.map_or_else(|| name.to_owned(), |t| format!("{}-{name}", t.name(self.edition)))
    }

    fn ids<'n>(&self, number: u32, names: impl IntoIterator<Item = &'n String>) -> String {
        let all: Vec<String> = names.into_iter().map(|name| self.id(number, name)).collect();
        if all.is_empty() { "none".to_owned() } else { all.join(", ") }
    }

    pub(super) fn registered(&self, number: u32) -> Vec<Line> {
        let p = self.profile;
        match number {
            1 => self.authentications(),
            6 => p
                .components
                .iter()
                .map(|c| {
                    let update = match &c.updated {
                        Updated::By(by) => self.ids(7, by),
                        Updated::ImmutableForSecurity(why) => {
                            format!("none; immutable for security: {why}")
                        }
                        Updated::Never(why) => format!("none: {why}"),
                    };
                    vec![
                        ("ID", self.id(6, &c.name)),
                        ("Description", said(&[&c.description, &labelled("version", &c.version)])),
                        ("Update Mechanism", update),
                        (
                            "Cryptographic Usage",
                            c.cryptography.clone().unwrap_or_else(|| "none".to_owned()),
                        ),
                    ]
                })
                .collect(),
            7 => p
                .update_mechanisms
                .iter()
                .map(|u| {
                    vec![
                        ("ID", self.id(7, &u.name)),
                        (
                            "Description",
                            format!(
                                "{}; {}",
                                u.description,
                                if u.network { "over a network" } else { "not over a network" }
                            ),
                        ),
                        ("Security Guarantees", u.guarantees.to_string()),
                        (
                            "Cryptographic Details",
                            said(&[
                                &u.cryptography,
                                &labelled("checked with", &self.ids(10, &u.parameters)),
                            ]),
                        ),
                        ("Initiation and Interaction", u.initiation.clone()),
                        ("Configuration", or(&u.configuration, "nothing can be configured")),
                        ("Update Checking", or(&u.checking, "updates are not looked for")),
                        ("User Notification", or(&u.notification, "none")),
                    ]
                })
                .collect(),
            10 => self.parameters(),
            11 => p
                .channels
                .iter()
                .map(|c| {
                    let reach =
                        if c.remote { "remotely accessible" } else { "not remotely accessible" };
                    vec![
                        ("ID", self.id(11, &c.name)),
                        ("Description", format!("{}; {reach}", c.description)),
                        ("Interface", self.interface_id(&c.interface)),
                        ("Security Guarantees", c.guarantees.to_string()),
                        (
                            "Cryptographic Details",
                            said(&[
                                &c.cryptography,
                                &labelled("keys", &self.ids(10, &c.parameters)),
                            ]),
                        ),
                        ("Resilience Measures", or(&c.resilience, "none")),
                    ]
                })
                .collect(),
            12 => p
                .implementations
                .iter()
                .map(|i| {
                    vec![
                        ("ID", self.id(12, &i.name)),
                        ("Description", i.scope.clone()),
                        ("Review/Evaluation Method", i.method.clone()),
                        ("Report", i.report.clone()),
                    ]
                })
                .collect(),
            13 => self.services(),
            15 => self.interfaces(),
            20 => p
                .integrity
                .iter()
                .map(|i| {
                    vec![
                        ("ID", self.id(20, &i.name)),
                        ("Description", i.description.clone()),
                        ("Security Guarantees", i.guarantees.to_string()),
                        ("Detection Mechanisms", i.detection.clone()),
                        ("User Notification", or(&i.notification, "none")),
                        ("Notification Functionality", or(&i.functionality, "none")),
                    ]
                })
                .collect(),
            21 => p.personal_data.iter().map(|d| self.personal(d)).collect(),
            22 => p
                .sensors
                .iter()
                .map(|s| {
                    vec![
                        ("ID", self.id(22, &s.name)),
                        ("Description", format!("{}; {}", s.senses, s.purpose)),
                    ]
                })
                .collect(),
            23 => p
                .resilience
                .iter()
                .map(|r| {
                    vec![
                        ("ID", self.id(23, &r.name)),
                        ("Description", r.description.clone()),
                        ("Type", if r.power { "power" } else { "network" }.to_owned()),
                        ("Security Guarantees", r.guarantee.clone()),
                    ]
                })
                .collect(),
            24 => p
                .telemetry
                .iter()
                .map(|t| {
                    vec![
                        ("ID", self.id(24, &t.name)),
                        ("Description", t.description.clone()),
                        ("Purpose", t.purpose.clone()),
                        ("Security Examination", or(&t.examination, "none")),
                        ("Personal Data", self.ids(21, &t.personal_data)),
                    ]
                })
                .collect(),
            25 => p
                .deletions
                .iter()
                .map(|d| {
                    let all = [
                        (d.personal_data, "personal data"),
                        (d.configuration, "configuration"),
                        (d.keys, "keys and secrets"),
                    ];
                    let covers: Vec<&str> =
                        all.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
                    vec![
                        ("ID", self.id(25, &d.name)),
                        (
                            "Description",
                            said(&[&d.description, &labelled("covers", &covers.join(", "))]),
                        ),
                        ("Target Type", if d.service { "service" } else { "device" }.to_owned()),
                        ("Initiation and Interaction", d.initiation.clone()),
                        ("Confirmation", or(&d.confirmation, "none")),
                    ]
                })
                .collect(),
            26 => p
                .decisions
                .iter()
                .map(|d| {
                    vec![
                        ("ID", self.id(26, &d.name)),
                        ("Description", d.description.clone()),
                        ("Options", format!("{}; default: {}", d.options.join(" | "), d.default)),
                        ("Triggered By", d.triggered_by.clone()),
                    ]
                })
                .collect(),
            27 | 28 => self.logical(number),
            29 => p
                .validations
                .iter()
                .map(|v| {
                    vec![
                        ("ID", self.id(29, &v.name)),
                        (
                            "Source",
                            v.covers
                                .iter()
                                .map(|name| self.place(name))
                                .collect::<Vec<_>>()
                                .join(", "),
                        ),
                        (
                            "Description",
                            said(&[
                                &v.description,
                                &labelled(
                                    "covers",
                                    &v.covers
                                        .iter()
                                        .map(|n| self.place(n))
                                        .collect::<Vec<_>>()
                                        .join(", "),
                                ),
                                &labelled("fuzz target", &v.fuzz_target),
                            ]),
                        ),
                    ]
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The ID of an interface: the table is that of its kind.
    fn interface_id(&self, name: &str) -> String {
        let kind = self.profile.interface(name).map_or("logical", |i| i.kind);
        match (kind, self.edition) {
            ("user", _) => self.id(27, name),
            ("logical", Edition::V3) => self.id(28, name),
            _ => self.id(15, name),
        }
    }

    fn place(&self, name: &str) -> String {
        if self.profile.interface(name).is_some() {
            self.interface_id(name)
        } else {
            self.id(11, name)
        }
    }

    fn authentications(&self) -> Vec<Line> {
        self.profile
            .authentications
            .iter()
            .map(|a| {
                let who = if a.machine { "machine" } else { "user" };
                let reach = if a.against_guessing.is_some() {
                    "directly addressable over a network"
                } else {
                    "not addressable over a network"
                };
                let (factor, generation) = match &a.factor {
                    Factor::ChosenPassword => ("password", "chosen by the user".to_owned()),
                    Factor::FactoryPassword(how) => ("password", how.clone()),
                    Factor::Key => ("key or certificate", "no password".to_owned()),
                    Factor::Possession => ("possession", "no password".to_owned()),
                    Factor::Presence => ("presence", "no password".to_owned()),
                };
                vec![
                    ("ID", self.id(1, &a.name)),
                    ("Description", format!("{who}; {reach}; {}", a.description)),
                    ("Default Status", if a.enabled { "enabled" } else { "disabled" }.to_owned()),
                    ("Authentication Factor", factor.to_owned()),
                    ("Password Generation Mechanism", generation),
                    ("Security Guarantees", a.guarantees.to_string()),
                    (
                        "Cryptographic Details",
                        said(&[
                            &a.cryptography,
                            &labelled("checked against", &self.ids(10, &a.parameters)),
                        ]),
                    ),
                    (
                        "Brute Force Prevention",
                        a.against_guessing
                            .clone()
                            .unwrap_or_else(|| "no network reaches it".to_owned()),
                    ),
                ]
            })
            .collect()
    }

    fn parameters(&self) -> Vec<Line> {
        let more = |name: &str| {
            self.profile.security_parameters.iter().find(|s| s.stored && s.name == name)
        };
        let stored = self.profile.parameters.iter().map(|s| {
            let extra = more(&s.name);
            let scheme = if s.critical {
                format!(
                    "sealed in the store under the key of the class `{}`, up to {} bytes",
                    s.class, s.max_len
                )
            } else {
                format!(
                    "authenticated in the store under the key of the class `{}`, up to {} bytes",
                    s.class, s.max_len
                )
            };
            self.parameter(
                &s.name,
                s.critical,
                &s.purpose,
                &scheme,
                &format!("by {}", s.origin),
                s.origin,
                extra,
            )
        });
        let others = self.profile.security_parameters.iter().filter(|s| !s.stored).map(|s| {
            self.parameter(
                &s.name,
                s.critical,
                &s.role,
                &s.scheme,
                &s.provisioning,
                &s.generation,
                Some(s),
            )
        });
        stored.chain(others).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of the table")]
    fn parameter(
        &self,
        name: &str,
        critical: bool,
        role: &str,
        scheme: &str,
        provisioning: &str,
        generation: &str,
        more: Option<&SecurityParameter>,
    ) -> Line {
        let identity = more.and_then(|m| m.hard_coded_identity.as_deref());
        let source = more.and_then(|m| m.in_source.as_deref());
        let mut description = vec![role.to_owned()];
        description.push(
            if identity.is_some() { "hard-coded identity" } else { "no hard-coded identity" }
                .to_owned(),
        );
        description.push(source.map_or_else(
            || "not in source code".to_owned(),
            |why| format!("in source code: {why}"),
        ));
        if more.is_some_and(|m| m.checks_updates) {
            description.push("checks updates".to_owned());
        }
        if more.is_some_and(|m| m.protects_services) {
            description.push("protects talk with associated services".to_owned());
        }
        let mut guarantees =
            if critical { "integrity, confidentiality" } else { "integrity" }.to_owned();
        if let Some(how) = identity {
            guarantees.push_str("; tamper resistance: ");
            guarantees.push_str(how);
        }
        let channels = more.map_or(&[][..], |m| m.sent_over.as_slice());
        let sent = if channels.is_empty() {
            "never leaves the device".to_owned()
        } else {
            self.ids(11, channels)
        };
        vec![
            ("ID", self.id(10, name)),
            ("Description", description.join("; ")),
            ("Type", if critical { "critical" } else { "public" }.to_owned()),
            ("Security Guarantees", guarantees),
            ("Protection Scheme", scheme.to_owned()),
            ("Provisioning Mechanism", provisioning.to_owned()),
            ("Communication Mechanisms", sent.clone()),
            ("Secure Communication Mechanisms", sent),
            ("Generation Mechanism", generation.to_owned()),
        ]
    }

    fn services(&self) -> Vec<Line> {
        self.profile
            .services
            .iter()
            .map(|s| {
                let interface = self.profile.interface(&s.interface);
                let reach = if interface.is_some_and(reached) {
                    "accessible over a network"
                } else {
                    "not accessible over a network"
                };
                let access = match &s.access {
                    Access::Authenticated(by) => self.ids(1, by),
                    Access::Public(why) => format!("none: {why}"),
                };
                vec![
                    ("ID", self.id(13, &s.name)),
                    (
                        "Description",
                        format!(
                            "{}; at {}; {reach}",
                            s.description,
                            self.interface_id(&s.interface)
                        ),
                    ),
                    ("Status", if s.enabled { "enabled" } else { "disabled" }.to_owned()),
                    ("Justification", s.justification.clone()),
                    ("Allows Configuration", or(&s.configures, "no")),
                    ("Authentication Mechanism", access),
                ]
            })
            .collect()
    }

    fn interfaces(&self) -> Vec<Line> {
        self.profile
            .interfaces
            .iter()
            .filter(|i| i.kind != "user" && (self.edition == Edition::V2 || i.kind != "logical"))
            .map(|i| {
                let mut description = format!(
                    "{}; needed {}; reached from: {}",
                    i.purpose,
                    i.need,
                    exposure(i.exposure)
                );
                if !i.over.is_empty() {
                    description.push_str(&format!("; over {}", self.interface_id(&i.over)));
                }
                vec![
                    ("ID", self.id(15, &i.name)),
                    ("Description", description),
                    ("Type", i.kind.to_owned()),
                    ("Status", status(i)),
                    ("Disclosed Information", or(&i.discloses, "none")),
                    ("Debug Interface", if i.debug { "yes" } else { "no" }.to_owned()),
                    ("Protection", said(&[&shown(&i.authenticator), &i.protection])),
                ]
            })
            .collect()
    }

    fn logical(&self, number: u32) -> Vec<Line> {
        let kind = if number == 27 { "user" } else { "logical" };
        self.profile
            .interfaces
            .iter()
            .filter(|i| i.kind == kind)
            .map(|i| {
                vec![
                    ("ID", self.id(number, &i.name)),
                    ("Description", i.purpose.clone()),
                    ("Type", format!("user interface, {}", exposure(i.exposure))),
                    ("Access", said(&[exposure(i.exposure), &shown(&i.authenticator)])),
                    ("Status", status(i)),
                    ("Disclosed Information", or(&i.discloses, "none")),
                    ("Resilience Measures", or(&i.resilience, "none")),
                    ("Debug Interface", if i.debug { "yes" } else { "no" }.to_owned()),
                ]
            })
            .collect()
    }

    fn personal(&self, d: &PersonalData) -> Line {
        let channels: Vec<&String> = d.recipients.iter().map(|r| &r.channel).collect();
        let channels =
            if channels.is_empty() { "not sent".to_owned() } else { self.ids(11, channels) };
        let (basis, obtained, withdrawn, stored) = match &d.legal_basis {
            LegalBasis::Consent(decision, withdrawn, recorded) => {
                ("consent".to_owned(), self.id(26, decision), withdrawn.clone(), recorded.clone())
            }
            other => {
                let basis = match other {
                    LegalBasis::Law(which) => format!("law: {which}"),
                    LegalBasis::Interest(which) => format!("legitimate interest: {which}"),
                    _ => "contract".to_owned(),
                };
                let none = format!("no consent needed; basis: {basis}");
                (basis, none.clone(), none.clone(), none)
            }
        };
        let kept = match &d.store {
            Store::Memory => "in memory only".to_owned(),
            Store::Parameter(name) => format!("in the store as {}", self.id(10, name)),
            Store::Log => "in the event log".to_owned(),
            Store::Nowhere => "not on the device".to_owned(),
        };
        let retention = match d.retention {
            Retention::Transient => "gone when it was used".to_owned(),
            Retention::Days(days) => format!("{days} days at the longest"),
            Retention::UntilRemoved => "until the user removes it".to_owned(),
        };
        let parties: Vec<String> = d
            .recipients
            .iter()
            .map(|r| {
                let kind = if r.service { "associated service" } else { "third party" };
                format!("{} ({kind}{})", r.name, if r.keeps { ", keeps it" } else { "" })
            })
            .collect();
        let aggregation = match &d.aggregation {
            None => "none".to_owned(),
            Some((true, how)) => format!("only for an aggregate: {how}"),
            Some((false, how)) => how.clone(),
        };
        vec![
            ("ID", self.id(21, &d.name)),
            (
                "Description",
                format!("{}; category: {}; legal basis: {basis}", d.description, d.category),
            ),
            ("Purpose", d.purpose.clone()),
            ("Aggregation", aggregation),
            (
                "Authorized Parties",
                if parties.is_empty() {
                    "nobody but the user".to_owned()
                } else {
                    parties.join(", ")
                },
            ),
            ("Lifecycle", format!("{kept}; {retention}")),
            (
                "Processing Activities",
                match self.edition {
                    Edition::V2 => {
                        format!("{}; purpose: {}; {kept}, {retention}", d.processing, d.purpose)
                    }
                    Edition::V3 => d.processing.clone(),
                },
            ),
            ("Communication Mechanisms", channels.clone()),
            ("Secure Communication Mechanisms", channels),
            ("Sensitive", if d.sensitive { "yes" } else { "no" }.to_owned()),
            ("Obtaining Consent", obtained),
            ("Withdrawing Consent", withdrawn),
            ("Storing Consent", stored),
            ("Anonymization", or(&d.anonymisation, "none")),
        ]
    }
}

fn or(text: &str, empty: &str) -> String {
    if text.is_empty() { empty.to_owned() } else { text.to_owned() }
}

fn said(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("; ")
}

fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{label}: {text}") }
}

fn exposure(exposure: &str) -> &'static str {
    match exposure {
        "network" => "a routed network",
        "local" => "the local network or radio range",
        "physical" => "the outside of the device",
        _ => "the inside of the device",
    }
}

fn status(i: &Interface) -> String {
    match (&i.disabled, i.open_by_default) {
        (Some(how), _) => format!("disabled: {how}"),
        (None, true) => "enabled, also in the factory default".to_owned(),
        (None, false) => "enabled; closed in the factory default".to_owned(),
    }
}

fn shown(authenticator: &Authenticator) -> String {
    match authenticator {
        Authenticator::Public(why) => format!("without authentication: {why}"),
        Authenticator::UserSecret => "with a user's secret".to_owned(),
        Authenticator::MachineKey => "with a machine's key".to_owned(),
        Authenticator::PhysicalPresence => "by being there".to_owned(),
    }
}
