//! From CBOR to meaning. Nothing is skipped: a field too many, too few or of another type is an error with its place.

use gabion_codec::cbor::{Budget, Document, Item, Items};

use super::{
    Access, Authentication, Authenticator, Backend, Channel, Component, Decision, Deletion, Device,
    Factor, Feature, Guarantees, Implementation, Integrity, Interface, LegalBasis, Limits,
    Mechanism, Parameter, PersonalData, Profile, Recipient, Resilience, Retention,
    SecurityParameter, Sensor, Service, Store, Telemetry, UpdateMechanism, Updated, Validation,
};

/// A profile of a thousand things is larger than any device's.
const BUDGET: Budget = Budget { bytes: 1 << 20, items: 1 << 17, depth: 6 };

/// What is wrong with a profile, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileError(String);

impl ProfileError {
    pub(super) const fn new(message: String) -> Self {
        Self(message)
    }
}

impl std::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

type Out<T> = Result<T, ProfileError>;

/// The fields of one record, in order.
struct Fields<'a> {
    items: Items<'a>,
    place: String,
    at: usize,
}

impl<'a> Fields<'a> {
    fn of(item: Option<Item<'a>>, place: &str) -> Out<Self> {
        match item {
            Some(Item::Array(items)) => Ok(Self { items, place: place.to_owned(), at: 0 }),
            _ => Err(ProfileError(format!("{place}: an array must stand here"))),
        }
    }

    fn wrong<T>(&self, what: &str) -> Out<T> {
        Err(ProfileError(format!("{}, field {}: {what}", self.place, self.at)))
    }

    fn item(&mut self) -> Out<Item<'a>> {
        self.at += 1;
        match self.items.next() {
            Some(item) => Ok(item),
            None => self.wrong("missing"),
        }
    }

    fn end<T>(mut self, value: T) -> Out<T> {
        match self.items.next() {
            None => Ok(value),
            Some(_) => {
                self.at += 1;
                self.wrong("nothing may stand here")
            }
        }
    }

    fn checked(&self, text: &str) -> Out<String> {
        if text.chars().any(char::is_control) {
            return self.wrong("text holds a control character");
        }
        Ok(text.to_owned())
    }

    /// Text that may be empty.
    fn text(&mut self) -> Out<String> {
        match self.item()? {
            Item::Text(text) => self.checked(text),
            _ => self.wrong("text must stand here"),
        }
    }

    /// Text that says something.
    fn some(&mut self) -> Out<String> {
        let text = self.text()?;
        if text.trim().is_empty() { self.wrong("text is missing") } else { Ok(text) }
    }

    fn optional(&mut self) -> Out<Option<String>> {
        match self.item()? {
            Item::Null => Ok(None),
            Item::Text(text) if !text.trim().is_empty() => self.checked(text).map(Some),
            _ => self.wrong("text or null must stand here"),
        }
    }

    fn bool(&mut self) -> Out<bool> {
        match self.item()? {
            Item::Bool(value) => Ok(value),
            _ => self.wrong("true or false must stand here"),
        }
    }

    fn number(&mut self) -> Out<u32> {
        match self.item()?.as_u64().map(u32::try_from) {
            Some(Ok(number)) => Ok(number),
            _ => self.wrong("a number must stand here"),
        }
    }

    fn choice(&mut self, names: &[&'static str]) -> Out<&'static str> {
        let number = self.number()?;
        match usize::try_from(number).ok().and_then(|n| names.get(n)) {
            Some(name) => Ok(name),
            None => self.wrong(&format!("{number} means nothing here")),
        }
    }

    fn guarantees(&mut self) -> Out<Guarantees> {
        match u8::try_from(self.number()?) {
            Ok(bits) if bits < 16 => Ok(Guarantees(bits)),
            _ => self.wrong("unknown guarantees"),
        }
    }

    fn texts(&mut self) -> Out<Vec<String>> {
        match self.item()? {
            Item::Array(items) => self.all_texts(items),
            _ => self.wrong("a list of texts must stand here"),
        }
    }

    fn all_texts(&self, items: Items<'a>) -> Out<Vec<String>> {
        items
            .map(|item| match item {
                Item::Text(text) if !text.is_empty() => self.checked(text),
                _ => self.wrong("a list of texts must stand here"),
            })
            .collect()
    }

    fn inner(&mut self) -> Out<Self> {
        let item = self.item()?;
        Self::of(Some(item), &format!("{}, field {}", self.place, self.at))
    }
}

const REGISTRIES: [&str; 22] = [
    "device",
    "interface",
    "service",
    "authentication mechanism",
    "parameter",
    "security parameter",
    "channel",
    "component",
    "update mechanism",
    "implementation",
    "integrity mechanism",
    "personal data",
    "sensor",
    "resilience mechanism",
    "telemetry",
    "deletion",
    "decision",
    "validation",
    "mechanism",
    "backend",
    "feature",
    "limits",
];

pub(super) fn profile(content: &[u8]) -> Out<Profile> {
    let document = Document::parse(content, BUDGET)
        .map_err(|e| ProfileError(format!("byte {}: {}", e.offset, e.kind.reason())))?;
    let Item::Map(map) = document.root() else {
        return Err(ProfileError("a map must stand here".to_owned()));
    };
    for (key, _) in map.clone() {
        if key.as_u64().is_none_or(|key| key >= REGISTRIES.len() as u64) {
            return Err(ProfileError(format!("unknown registry {key:?}")));
        }
    }
    macro_rules! list {
        ($number:literal, $read:expr) => {{
            let name = REGISTRIES[$number];
            let all = Fields::of(map.get_unsigned($number), name)?;
            let mut list = Vec::new();
            for (at, item) in all.items.enumerate() {
                let mut fields = Fields::of(Some(item), &format!("{name} {}", at + 1))?;
                let read: fn(&mut Fields<'_>) -> Out<_> = $read;
                let one = read(&mut fields)?;
                list.push(fields.end(one)?);
            }
            list
        }};
    }
    let mut f = Fields::of(map.get_unsigned(0), "device")?;
    let device = Device {
        manufacturer: f.some()?,
        model: f.some()?,
        security_contact: f.some()?,
        policy_url: f.some()?,
        support_until: f.some()?,
    };
    let device = f.end(device)?;
    let mut f = Fields::of(map.get_unsigned(21), "limits")?;
    let limits = Limits {
        constrained: f.optional()?,
        no_guessing_protection: f.optional()?,
        no_updates: f.optional()?,
    };
    let limits = f.end(limits)?;
    Ok(Profile {
        device,
        interfaces: list!(1, interface),
        services: list!(2, service),
        authentications: list!(3, authentication),
        parameters: list!(4, parameter),
        security_parameters: list!(5, security_parameter),
        channels: list!(6, |f| Ok(Channel {
            name: f.some()?,
            interface: f.some()?,
            description: f.some()?,
            guarantees: f.guarantees()?,
            cryptography: f.some()?,
            resilience: f.text()?,
            remote: f.bool()?,
            service: f.bool()?,
            parameters: f.texts()?,
        })),
        components: list!(7, component),
        update_mechanisms: list!(8, |f| Ok(UpdateMechanism {
            name: f.some()?,
            description: f.some()?,
            network: f.bool()?,
            guarantees: f.guarantees()?,
            cryptography: f.some()?,
            initiation: f.some()?,
            configuration: f.text()?,
            checking: f.text()?,
            notification: f.text()?,
            automatic: f.bool()?,
            notices: f.bool()?,
            parameters: f.texts()?,
        })),
        implementations: list!(9, |f| Ok(Implementation {
            name: f.some()?,
            scope: f.some()?,
            method: f.some()?,
            report: f.some()?,
        })),
        integrity: list!(10, |f| Ok(Integrity {
            name: f.some()?,
            description: f.some()?,
            guarantees: f.guarantees()?,
            detection: f.some()?,
            notification: f.text()?,
            functionality: f.text()?,
        })),
        personal_data: list!(11, personal_data),
        sensors: list!(12, |f| Ok(Sensor {
            name: f.some()?,
            senses: f.some()?,
            purpose: f.some()?
        })),
        resilience: list!(13, |f| Ok(Resilience {
            name: f.some()?,
            power: f.choice(&["network", "power"])? == "power",
            description: f.some()?,
            guarantee: f.some()?,
        })),
        telemetry: list!(14, |f| Ok(Telemetry {
            name: f.some()?,
            description: f.some()?,
            purpose: f.some()?,
            examination: f.text()?,
            personal_data: f.texts()?,
        })),
        deletions: list!(15, |f| Ok(Deletion {
            name: f.some()?,
            service: f.choice(&["device", "service"])? == "service",
            description: f.some()?,
            initiation: f.some()?,
            confirmation: f.text()?,
            personal_data: f.bool()?,
            configuration: f.bool()?,
            keys: f.bool()?,
        })),
        decisions: list!(16, |f| {
            let one = Decision {
                name: f.some()?,
                description: f.some()?,
                options: f.texts()?,
                default: f.some()?,
                triggered_by: f.some()?,
            };
            if one.options.contains(&one.default) {
                Ok(one)
            } else {
                f.wrong("the default is none of the options")
            }
        }),
        validations: list!(17, |f| Ok(Validation {
            name: f.some()?,
            description: f.some()?,
            covers: f.texts()?,
            fuzz_target: f.text()?,
        })),
        mechanisms: list!(18, mechanism),
        backends: list!(19, |f| Ok(Backend {
            name: f.some()?,
            resource: f.choice(RESOURCES)?,
            hardware: f.bool()?,
            detail: f.some()?,
        })),
        features: list!(20, |f| Ok(Feature { name: f.some()?, on: f.bool()? })),
        limits,
    })
}

const RESOURCES: &[&str] =
    &["root key", "monotonic counter", "entropy", "debug port", "secure boot"];

fn interface(f: &mut Fields<'_>) -> Out<Interface> {
    Ok(Interface {
        name: f.some()?,
        exposure: f.choice(&["network", "local", "physical", "internal"])?,
        open_by_default: f.bool()?,
        authenticator: match f.item()? {
            Item::Text(why) if !why.is_empty() => Authenticator::Public(f.checked(why)?),
            Item::Unsigned(1) => Authenticator::UserSecret,
            Item::Unsigned(2) => Authenticator::MachineKey,
            Item::Unsigned(3) => Authenticator::PhysicalPresence,
            _ => return f.wrong("an authenticator must stand here"),
        },
        purpose: f.some()?,
        kind: f.choice(&["logical", "network", "physical", "user"])?,
        need: f.choice(&["always", "intermittently", "never"])?,
        disabled: f.optional()?,
        discloses: f.text()?,
        debug: f.bool()?,
        protection: f.text()?,
        resilience: f.text()?,
        over: f.text()?,
    })
}

fn service(f: &mut Fields<'_>) -> Out<Service> {
    Ok(Service {
        name: f.some()?,
        interface: f.some()?,
        description: f.some()?,
        justification: f.some()?,
        access: match f.item()? {
            Item::Text(why) if !why.is_empty() => Access::Public(f.checked(why)?),
            Item::Array(by) => match f.all_texts(by)? {
                by if by.is_empty() => return f.wrong("nobody may use it"),
                by => Access::Authenticated(by),
            },
            _ => return f.wrong("who may use it must stand here"),
        },
        configures: f.text()?,
        enabled: f.bool()?,
    })
}

fn authentication(f: &mut Fields<'_>) -> Out<Authentication> {
    Ok(Authentication {
        name: f.some()?,
        machine: f.choice(&["user", "machine"])? == "machine",
        factor: match f.item()? {
            Item::Unsigned(0) => Factor::ChosenPassword,
            Item::Text(how) if !how.is_empty() => Factor::FactoryPassword(f.checked(how)?),
            Item::Unsigned(2) => Factor::Key,
            Item::Unsigned(3) => Factor::Possession,
            Item::Unsigned(4) => Factor::Presence,
            _ => return f.wrong("a factor must stand here"),
        },
        description: f.some()?,
        cryptography: f.some()?,
        guarantees: f.guarantees()?,
        against_guessing: f.optional()?,
        changed_by: f.text()?,
        parameters: f.texts()?,
        enabled: f.bool()?,
    })
}

fn parameter(f: &mut Fields<'_>) -> Out<Parameter> {
    Ok(Parameter {
        name: f.some()?,
        class: match f.number()? {
            0 => "device secret",
            1 => "user secret",
            2 => "configuration",
            3 => "personal data",
            4 => "log",
            5 => "factory",
            8..=11 => "a user of a shared device",
            _ => return f.wrong("unknown class"),
        },
        number: f.number()?,
        critical: f.choice(&["critical", "public"])? == "critical",
        max_len: f.number()?,
        origin: f.choice(&[
            "generated on the device",
            "the factory, unique for each device",
            "the user",
            "an authenticated back end",
            "the firmware itself",
        ])?,
        purpose: f.some()?,
    })
}

fn security_parameter(f: &mut Fields<'_>) -> Out<SecurityParameter> {
    let one = SecurityParameter {
        name: f.some()?,
        stored: f.bool()?,
        critical: f.choice(&["critical", "public"])? == "critical",
        role: f.some()?,
        scheme: f.text()?,
        provisioning: f.text()?,
        generation: f.text()?,
        sent_over: f.texts()?,
        hard_coded_identity: f.optional()?,
        in_source: f.optional()?,
        checks_updates: f.bool()?,
        protects_services: f.bool()?,
    };
    if !one.stored && [&one.scheme, &one.provisioning, &one.generation].iter().any(|t| t.is_empty())
    {
        return f
            .wrong("one that is not stored says how it is protected, provisioned and generated");
    }
    Ok(one)
}

fn component(f: &mut Fields<'_>) -> Out<Component> {
    let (name, version, description) = (f.some()?, f.text()?, f.some()?);
    // The kind of update stands before its content, so a component has six fields.
    let updated = match f.number()? {
        0 => match f.texts()? {
            by if by.is_empty() => return f.wrong("updated by nothing"),
            by => Updated::By(by),
        },
        1 => Updated::ImmutableForSecurity(f.some()?),
        2 => Updated::Never(f.some()?),
        _ => return f.wrong("unknown way to update"),
    };
    Ok(Component { name, version, description, updated, cryptography: f.optional()? })
}

fn personal_data(f: &mut Fields<'_>) -> Out<PersonalData> {
    Ok(PersonalData {
        name: f.some()?,
        category: f.choice(&[
            "identity",
            "usage",
            "location",
            "audio",
            "video",
            "health",
            "biometric",
            "network",
            "other",
        ])?,
        sensitive: f.bool()?,
        description: f.some()?,
        purpose: f.some()?,
        processing: f.some()?,
        legal_basis: {
            let mut basis = f.inner()?;
            let read = match basis.number()? {
                0 => LegalBasis::Consent(basis.some()?, basis.some()?, basis.some()?),
                1 => LegalBasis::Contract,
                2 => LegalBasis::Law(basis.some()?),
                3 => LegalBasis::Interest(basis.some()?),
                _ => return basis.wrong("unknown legal basis"),
            };
            basis.end(read)?
        },
        retention: match f.item()? {
            Item::Unsigned(0) => Retention::Transient,
            Item::Unsigned(1) => Retention::UntilRemoved,
            item => {
                let mut days = Fields::of(Some(item), &format!("{}, field {}", f.place, f.at))?;
                let read = Retention::Days(days.number()?);
                days.end(read)?
            }
        },
        store: match f.item()? {
            Item::Unsigned(0) => Store::Memory,
            Item::Text(name) if !name.is_empty() => Store::Parameter(f.checked(name)?),
            Item::Unsigned(1) => Store::Log,
            Item::Unsigned(2) => Store::Nowhere,
            _ => return f.wrong("a place must stand here"),
        },
        recipients: {
            let all = f.inner()?;
            let place = all.place.clone();
            let mut list = Vec::new();
            for item in all.items {
                let mut who = Fields::of(Some(item), &place)?;
                let one = Recipient {
                    name: who.some()?,
                    channel: who.some()?,
                    service: who.bool()?,
                    keeps: who.bool()?,
                };
                list.push(who.end(one)?);
            }
            list
        },
        sensor: f.text()?,
        aggregation: match f.item()? {
            Item::Null => None,
            item => {
                let mut how = Fields::of(Some(item), &format!("{}, field {}", f.place, f.at))?;
                let read = (how.bool()?, how.some()?);
                Some(how.end(read)?)
            }
        },
        anonymisation: f.text()?,
    })
}

fn mechanism(f: &mut Fields<'_>) -> Out<Mechanism> {
    Ok(Mechanism {
        name: f.some()?,
        provisions: f.texts()?,
        detail: f.some()?,
        hardware: f.bool()?,
        evidence: f.some()?,
        needs: {
            let mut needs = f.inner()?;
            let mut list = Vec::new();
            while needs.items.size_hint().0 > 0 {
                list.push(needs.choice(RESOURCES)?);
            }
            list
        },
        behind: f.text()?,
    })
}
