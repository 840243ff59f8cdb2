//! Personal data and sensors (TS 103 701, IXIT 21-PersData, 22-ExtSens).

use crate::format::Writer;

/// What kind of personal data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Names, addresses, account names.
    Identity,
    /// When and how the device is used.
    Usage,
    /// Where somebody is or was.
    Location,
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Health, body measures.
    Health,
    /// Fingerprints, faces, voices as keys.
    Biometric,
    /// Addresses and numbers of devices and networks.
    Network,
    /// Anything else; the description says what.
    Other,
}

/// How much it would hurt if it came out (EN 303 645 3.1, "sensitive personal data").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sensitivity {
    /// Personal.
    Ordinary,
    /// Personal, and likely to do harm in wrong hands.
    Sensitive,
}

/// Why it may be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegalBasis {
    /// The person agreed; and may take it back (6-2, 6-3).
    Consent {
        /// How consent is obtained: a registered decision.
        decision: &'static str,
        /// How it is withdrawn.
        withdrawn_by: &'static str,
        /// How the record of it is kept (6-3B).
        recorded_by: &'static str,
    },
    /// What was bought does not work without it.
    Contract,
    /// A law demands it; which.
    Law(&'static str),
    /// An interest that outweighs the person's; which.
    Interest(&'static str),
}

/// How long it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retention {
    /// Not at all: it is gone when it was used.
    Transient,
    /// This many days at the longest.
    Days(u32),
    /// Until the user removes it, or resets the device.
    UntilRemoved,
}

/// Where it is on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Store {
    /// In memory only.
    Memory,
    /// Under the registered parameter of this name.
    Parameter(&'static str),
    /// In the event log.
    Log,
    /// Not on the device.
    Nowhere,
}

/// Who gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub name: &'static str,
    /// The registered channel that carries it.
    pub channel: &'static str,
    /// Whether it is an associated service (else another party).
    pub service: bool,
    /// Whether it is kept there (5.11-2).
    pub keeps: bool,
}

impl Recipient {
    /// An associated service that gets the data over a channel and does not keep it.
    #[must_use]
    pub const fn service(name: &'static str, channel: &'static str) -> Self {
        Self { name, channel, service: true, keeps: false }
    }

    /// Another party.
    #[must_use]
    pub const fn third_party(name: &'static str, channel: &'static str) -> Self {
        Self { name, channel, service: false, keeps: false }
    }

    /// Says that it keeps the data.
    #[must_use]
    pub const fn keeps(mut self) -> Self {
        self.keeps = true;
        self
    }
}

/// How far data is aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aggregation {
    /// Not.
    None,
    /// The data only serves to compute an aggregate (6-7); how.
    Only(&'static str),
    /// An aggregate is made beside; how.
    Beside(&'static str),
}

/// One registered kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonalData {
    /// Its name.
    pub name: &'static str,
    /// What kind it is.
    pub category: Category,
    /// How much it would hurt.
    pub sensitivity: Sensitivity,
    /// What it is.
    pub description: &'static str,
    /// What for (6-1).
    pub purpose: &'static str,
    /// What is done with it.
    pub processing: &'static str,
    /// Why it may be processed.
    pub legal_basis: LegalBasis,
    /// How long it is kept (6-6).
    pub retention: Retention,
    /// Where it is kept.
    pub store: Store,
    /// Who gets it.
    pub recipients: &'static [Recipient],
    /// The sensor that it comes from; empty: none.
    pub sensor: &'static str,
    /// How far it is aggregated (6-7).
    pub aggregation: Aggregation,
    /// How it is anonymised (6-8); empty: not.
    pub anonymisation: &'static str,
}

impl PersonalData {
    /// Describes personal data that stays in memory and goes to nobody.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing; consent without saying how it is obtained, withdrawn and recorded.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "the law asks for each of them")]
    pub const fn new(
        name: &'static str,
        category: Category,
        sensitivity: Sensitivity,
        description: &'static str,
        purpose: &'static str,
        processing: &'static str,
        legal_basis: LegalBasis,
        retention: Retention,
    ) -> Self {
        assert!(!name.is_empty(), "personal data needs a name");
        assert!(!description.is_empty(), "personal data needs a description");
        assert!(!purpose.is_empty(), "personal data needs a purpose");
        assert!(!processing.is_empty(), "personal data says what is done with it");
        match legal_basis {
            LegalBasis::Consent { decision, withdrawn_by, recorded_by } => {
                assert!(!decision.is_empty(), "consent is obtained by a decision");
                assert!(!withdrawn_by.is_empty(), "consent can be withdrawn");
                assert!(!recorded_by.is_empty(), "consent is recorded");
            }
            LegalBasis::Law(which) => assert!(!which.is_empty(), "say which law"),
            LegalBasis::Interest(which) => assert!(!which.is_empty(), "say which interest"),
            LegalBasis::Contract => {}
        }
        Self {
            name,
            category,
            sensitivity,
            description,
            purpose,
            processing,
            legal_basis,
            retention,
            store: Store::Memory,
            recipients: &[],
            sensor: "",
            aggregation: Aggregation::None,
            anonymisation: "",
        }
    }

    /// Says where it is kept.
    #[must_use]
    pub const fn kept_in(mut self, store: Store) -> Self {
        self.store = store;
        self
    }

    /// Says who gets it.
    #[must_use]
    pub const fn sent_to(mut self, recipients: &'static [Recipient]) -> Self {
        self.recipients = recipients;
        self
    }

    /// Names the sensor that it comes from.
    #[must_use]
    pub const fn from_sensor(mut self, sensor: &'static str) -> Self {
        self.sensor = sensor;
        self
    }

    /// Says how far it is aggregated.
    #[must_use]
    pub const fn aggregation(mut self, aggregation: Aggregation) -> Self {
        self.aggregation = aggregation;
        self
    }

    /// Says how it is anonymised.
    #[must_use]
    pub const fn anonymisation(mut self, how: &'static str) -> Self {
        self.anonymisation = how;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(13);
        w.text(self.name);
        w.unsigned(match self.category {
            Category::Identity => 0,
            Category::Usage => 1,
            Category::Location => 2,
            Category::Audio => 3,
            Category::Video => 4,
            Category::Health => 5,
            Category::Biometric => 6,
            Category::Network => 7,
            Category::Other => 8,
        });
        w.bool(matches!(self.sensitivity, Sensitivity::Sensitive));
        w.text(self.description);
        w.text(self.purpose);
        w.text(self.processing);
        match self.legal_basis {
            LegalBasis::Consent { decision, withdrawn_by, recorded_by } => {
                w.array(4);
                w.unsigned(0);
                w.text(decision);
                w.text(withdrawn_by);
                w.text(recorded_by);
            }
            LegalBasis::Contract => {
                w.array(1);
                w.unsigned(1);
            }
            LegalBasis::Law(which) => {
                w.array(2);
                w.unsigned(2);
                w.text(which);
            }
            LegalBasis::Interest(which) => {
                w.array(2);
                w.unsigned(3);
                w.text(which);
            }
        }
        match self.retention {
            Retention::Transient => w.unsigned(0),
            Retention::Days(days) => {
                w.array(1);
                w.unsigned(days as u64);
            }
            Retention::UntilRemoved => w.unsigned(1),
        }
        match self.store {
            Store::Memory => w.unsigned(0),
            Store::Parameter(name) => w.text(name),
            Store::Log => w.unsigned(1),
            Store::Nowhere => w.unsigned(2),
        }
        w.array(self.recipients.len() as u64);
        let mut rest = self.recipients;
        while let [one, others @ ..] = rest {
            w.array(4);
            w.text(one.name);
            w.text(one.channel);
            w.bool(one.service);
            w.bool(one.keeps);
            rest = others;
        }
        w.text(self.sensor);
        match self.aggregation {
            Aggregation::None => w.null(),
            Aggregation::Only(how) => {
                w.array(2);
                w.bool(true);
                w.text(how);
            }
            Aggregation::Beside(how) => {
                w.array(2);
                w.bool(false);
                w.text(how);
            }
        }
        w.text(self.anonymisation);
    }
}

/// One registered sense of the outside world (5.8-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sensor {
    /// Its name.
    pub name: &'static str,
    /// What it senses, and how far.
    pub senses: &'static str,
    /// What for.
    pub purpose: &'static str,
}

impl Sensor {
    /// Describes a sensor.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(name: &'static str, senses: &'static str, purpose: &'static str) -> Self {
        assert!(!name.is_empty(), "a sensor needs a name");
        assert!(!senses.is_empty(), "a sensor says what it senses");
        assert!(!purpose.is_empty(), "a sensor needs a purpose");
        Self { name, senses, purpose }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(3);
        w.text(self.name);
        w.text(self.senses);
        w.text(self.purpose);
    }
}
