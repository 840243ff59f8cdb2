//! What an image says of itself, read strictly from the bytes that `gabion-profile` made (`docs/spec/profile.md`).

mod decode;

pub use decode::ProfileError;

use serde::Serialize;

/// Everything that a device registered. The names are those of `gabion_profile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "documented where they are registered: gabion_profile::Profile")]
pub struct Profile {
    pub device: Device,
    pub interfaces: Vec<Interface>,
    pub services: Vec<Service>,
    pub authentications: Vec<Authentication>,
    pub parameters: Vec<Parameter>,
    pub security_parameters: Vec<SecurityParameter>,
    pub channels: Vec<Channel>,
    pub components: Vec<Component>,
    pub update_mechanisms: Vec<UpdateMechanism>,
    pub implementations: Vec<Implementation>,
    pub integrity: Vec<Integrity>,
    pub personal_data: Vec<PersonalData>,
    pub sensors: Vec<Sensor>,
    pub resilience: Vec<Resilience>,
    pub telemetry: Vec<Telemetry>,
    pub deletions: Vec<Deletion>,
    pub decisions: Vec<Decision>,
    pub validations: Vec<Validation>,
    pub mechanisms: Vec<Mechanism>,
    pub backends: Vec<Backend>,
    pub features: Vec<Feature>,
    pub limits: Limits,
}

/// Derives what each of them has, with public fields.
macro_rules! records {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $kind:ty,)* })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
            #[expect(missing_docs, reason = "documented where they are registered: gabion_profile")]
            pub struct $name { $(pub $field: $kind,)* }
        )*
    };
}

/// Guarantees, as a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Guarantees(pub u8);

impl Guarantees {
    /// Nobody else reads it.
    pub const CONFIDENTIALITY: u8 = 1;
    /// A change is noticed.
    pub const INTEGRITY: u8 = 2;
    /// It comes from whom it says.
    pub const AUTHENTICITY: u8 = 4;
    /// An old one is not taken for a new one.
    pub const FRESHNESS: u8 = 8;

    /// Whether all of these bits are in.
    #[must_use]
    pub const fn has(self, bits: u8) -> bool {
        self.0 & bits == bits
    }
}

impl std::fmt::Display for Guarantees {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = ["confidentiality", "integrity", "authenticity", "freshness"];
        let all: Vec<&str> = names
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| name)
            .collect();
        f.write_str(if all.is_empty() { "none" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}

/// Who may use a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Whoever passed one of these mechanisms.
    Authenticated(Vec<String>),
    /// Everybody, and why.
    Public(String),
}

/// What a peer shows at an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authenticator {
    /// Nothing, and why.
    Public(String),
    /// A secret of a user.
    UserSecret,
    /// A key of a machine.
    MachineKey,
    /// Being there.
    PhysicalPresence,
}

/// What is shown to authenticate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// A password that the user chose.
    ChosenPassword,
    /// A password from the factory, and how it is generated.
    FactoryPassword(String),
    /// A key or certificate.
    Key,
    /// Something held.
    Possession,
    /// Being there.
    Presence,
}

/// How a component is updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Updated {
    /// By these mechanisms.
    By(Vec<String>),
    /// Never, for security.
    ImmutableForSecurity(String),
    /// Never, for another reason.
    Never(String),
}

/// Why personal data may be processed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// Consent: the decision, how it is withdrawn, how it is recorded.
    Consent(String, String, String),
    /// What was bought does not work without it.
    Contract,
    /// A law.
    Law(String),
    /// An interest.
    Interest(String),
}

/// How long it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retention {
    /// Not at all.
    Transient,
    /// So many days.
    Days(u32),
    /// Until it is removed.
    UntilRemoved,
}

/// Where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// In memory.
    Memory,
    /// Under a parameter.
    Parameter(String),
    /// In the event log.
    Log,
    /// Not on the device.
    Nowhere,
}

records! {
    /// The product.
    Device { manufacturer: String, model: String, security_contact: String, policy_url: String, support_until: String, }
    /// An interface. Exposure: network, local, physical, internal. Kind: logical, network, physical, user.
    Interface {
        name: String, exposure: &'static str, open_by_default: bool, authenticator: Authenticator, purpose: String,
        kind: &'static str, need: &'static str, disabled: Option<String>, discloses: String, debug: bool,
        protection: String, resilience: String, over: String,
    }
    /// A service.
    Service {
        name: String, interface: String, description: String, justification: String, access: Access,
        configures: String, enabled: bool,
    }
    /// An authentication mechanism.
    Authentication {
        name: String, machine: bool, factor: Factor, description: String, cryptography: String,
        guarantees: Guarantees, against_guessing: Option<String>, changed_by: String, parameters: Vec<String>,
        enabled: bool,
    }
    /// A stored parameter.
    Parameter {
        name: String, class: &'static str, number: u32, critical: bool, max_len: u32, origin: &'static str,
        purpose: String,
    }
    /// A security parameter beyond the store, or more of a stored one.
    SecurityParameter {
        name: String, stored: bool, critical: bool, role: String, scheme: String, provisioning: String,
        generation: String, sent_over: Vec<String>, hard_coded_identity: Option<String>, in_source: Option<String>,
        checks_updates: bool, protects_services: bool,
    }
    /// A channel.
    Channel {
        name: String, interface: String, description: String, guarantees: Guarantees, cryptography: String,
        resilience: String, remote: bool, service: bool, parameters: Vec<String>,
    }
    /// A component.
    Component { name: String, version: String, description: String, updated: Updated, cryptography: Option<String>, }
    /// An update mechanism.
    UpdateMechanism {
        name: String, description: String, network: bool, guarantees: Guarantees, cryptography: String,
        initiation: String, configuration: String, checking: String, notification: String, automatic: bool,
        notices: bool, parameters: Vec<String>,
    }
    /// An implementation.
    Implementation { name: String, scope: String, method: String, report: String, }
    /// Secure boot, or the like.
    Integrity {
        name: String, description: String, guarantees: Guarantees, detection: String, notification: String,
        functionality: String,
    }
    /// Who gets personal data.
    Recipient { name: String, channel: String, service: bool, keeps: bool, }
    /// Personal data.
    PersonalData {
        name: String, category: &'static str, sensitive: bool, description: String, purpose: String,
        processing: String, legal_basis: LegalBasis, retention: Retention, store: Store, recipients: Vec<Recipient>,
        sensor: String, aggregation: Option<(bool, String)>, anonymisation: String,
    }
    /// A sensor.
    Sensor { name: String, senses: String, purpose: String, }
    /// A resilience mechanism.
    Resilience { name: String, power: bool, description: String, guarantee: String, }
    /// Telemetry.
    Telemetry { name: String, description: String, purpose: String, examination: String, personal_data: Vec<String>, }
    /// A deletion.
    Deletion {
        name: String, service: bool, description: String, initiation: String, confirmation: String,
        personal_data: bool, configuration: bool, keys: bool,
    }
    /// A decision.
    Decision { name: String, description: String, options: Vec<String>, default: String, triggered_by: String, }
    /// A validation.
    Validation { name: String, description: String, covers: Vec<String>, fuzz_target: String, }
    /// A mechanism.
    Mechanism {
        name: String, provisions: Vec<String>, detail: String, hardware: bool, evidence: String,
        needs: Vec<&'static str>, behind: String,
    }
    /// What the chip gives.
    Backend { name: String, resource: &'static str, hardware: bool, detail: String, }
    /// A cargo feature.
    Feature { name: String, on: bool, }
    /// What the hardware or its use does not allow.
    Limits { constrained: Option<String>, no_guessing_protection: Option<String>, no_updates: Option<String>, }
}

impl Profile {
    /// Reads the content of the section.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and where.
    pub fn parse(content: &[u8]) -> Result<Self, ProfileError> {
        let profile = decode::profile(content)?;
        profile.hold()?;
        Ok(profile)
    }

    /// Whether that is a security parameter, stored or not.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|p| p.name == name)
            || self.security_parameters.iter().any(|p| p.name == name)
    }

    /// Finds a channel.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.name == name)
    }

    /// Finds an interface.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.iter().find(|i| i.name == name)
    }

    /// Checks again what the compiler checked: an image may have been made by something else.
    fn hold(&self) -> Result<(), ProfileError> {
        let known = |kind: &str, what: &str, name: &str, found: bool| {
            let message = || format!("{what} names {kind} `{name}`, which is not registered");
            if found { Ok(()) } else { Err(ProfileError::new(message())) }
        };
        let one_each = |kind: &str, names: Vec<&str>| {
            let mut seen = std::collections::BTreeSet::new();
            match names.into_iter().find(|name| !seen.insert(*name)) {
                Some(twice) => {
                    Err(ProfileError::new(format!("two {kind} have the name `{twice}`")))
                }
                None => Ok(()),
            }
        };
        macro_rules! unique {
            ($($kind:literal: $list:ident,)*) => {
                $(one_each($kind, self.$list.iter().map(|one| one.name.as_str()).collect())?;)*
            };
        }
        unique! {
            "interfaces": interfaces, "services": services, "authentication mechanisms": authentications,
            "security parameters": security_parameters, "channels": channels, "components": components,
            "update mechanisms": update_mechanisms, "implementations": implementations,
            "integrity mechanisms": integrity, "kinds of personal data": personal_data, "sensors": sensors,
            "resilience mechanisms": resilience, "kinds of telemetry": telemetry, "deletions": deletions,
            "decisions": decisions, "validations": validations, "mechanisms": mechanisms, "backends": backends,
        }
        let interface =
            |what: &str, name: &str| known("interface", what, name, self.interface(name).is_some());
        let channel =
            |what: &str, name: &str| known("channel", what, name, self.channel(name).is_some());
        let parameter = |what: &str, name: &str| {
            known("security parameter", what, name, self.has_parameter(name))
        };
        for one in self.interfaces.iter().filter(|one| !one.over.is_empty()) {
            interface(&format!("interface `{}`", one.name), &one.over)?;
        }
        for one in &self.services {
            let what = format!("service `{}`", one.name);
            interface(&what, &one.interface)?;
            if let Access::Authenticated(by) = &one.access {
                for name in by {
                    let found = self.authentications.iter().any(|a| a.name == *name);
                    known("authentication mechanism", &what, name, found)?;
                }
            }
        }
        for one in &self.authentications {
            for name in &one.parameters {
                parameter(&format!("authentication mechanism `{}`", one.name), name)?;
            }
        }
        for one in &self.channels {
            let what = format!("channel `{}`", one.name);
            interface(&what, &one.interface)?;
            for name in &one.parameters {
                parameter(&what, name)?;
            }
        }
        for one in &self.security_parameters {
            for name in &one.sent_over {
                channel(&format!("security parameter `{}`", one.name), name)?;
            }
        }
        for one in &self.update_mechanisms {
            for name in &one.parameters {
                parameter(&format!("update mechanism `{}`", one.name), name)?;
            }
        }
        for one in &self.components {
            if let Updated::By(by) = &one.updated {
                for name in by {
                    let found = self.update_mechanisms.iter().any(|u| u.name == *name);
                    known("update mechanism", &format!("component `{}`", one.name), name, found)?;
                }
            }
        }
        for one in &self.personal_data {
            let what = format!("personal data `{}`", one.name);
            for who in &one.recipients {
                channel(&what, &who.channel)?;
            }
            if let LegalBasis::Consent(decision, ..) = &one.legal_basis {
                known(
                    "decision",
                    &what,
                    decision,
                    self.decisions.iter().any(|d| d.name == *decision),
                )?;
            }
            if let Store::Parameter(name) = &one.store {
                known("parameter", &what, name, self.parameters.iter().any(|p| p.name == *name))?;
            }
            if !one.sensor.is_empty() {
                known(
                    "sensor",
                    &what,
                    &one.sensor,
                    self.sensors.iter().any(|s| s.name == one.sensor),
                )?;
            }
        }
        for one in &self.telemetry {
            for name in &one.personal_data {
                let found = self.personal_data.iter().any(|d| d.name == *name);
                known("personal data", &format!("telemetry `{}`", one.name), name, found)?;
            }
        }
        for one in &self.validations {
            for name in &one.covers {
                let found = self.interface(name).is_some() || self.channel(name).is_some();
                known("interface or channel", &format!("validation `{}`", one.name), name, found)?;
            }
        }
        Ok(())
    }
}
