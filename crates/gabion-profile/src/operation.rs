//! What happens in operation: outages, telemetry, deletion, decisions, validation (TS 103 701, IXIT 23 to 26 and 29).

use crate::format::Writer;

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outage {
    /// The network.
    Network,
    /// The power.
    Power,
}

/// One registered resilience mechanism (5.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resilience {
    /// Its name.
    pub name: &'static str,
    /// What fails.
    pub outage: Outage,
    /// What the device does.
    pub description: &'static str,
    /// What is guaranteed.
    pub guarantee: &'static str,
}

impl Resilience {
    /// Describes a mechanism.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        outage: Outage,
        description: &'static str,
        guarantee: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a resilience mechanism needs a name");
        assert!(!description.is_empty(), "a resilience mechanism needs a description");
        assert!(!guarantee.is_empty(), "a resilience mechanism guarantees something");
        Self { name, outage, description, guarantee }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(4);
        w.text(self.name);
        w.unsigned(match self.outage {
            Outage::Network => 0,
            Outage::Power => 1,
        });
        w.text(self.description);
        w.text(self.guarantee);
    }
}

/// One registered kind of telemetry (5.10, 6-4, 6-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telemetry {
    /// Its name.
    pub name: &'static str,
    /// What is collected.
    pub description: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// How it is examined for anomalies (5.10-1); empty: it is not.
    pub examination: &'static str,
    /// The personal data in it.
    pub personal_data: &'static [&'static str],
}

impl Telemetry {
    /// Describes telemetry.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        purpose: &'static str,
        examination: &'static str,
        personal_data: &'static [&'static str],
    ) -> Self {
        assert!(!name.is_empty(), "telemetry needs a name");
        assert!(!description.is_empty(), "telemetry needs a description");
        assert!(!purpose.is_empty(), "telemetry needs a purpose");
        Self { name, description, purpose, examination, personal_data }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(5);
        w.text(self.name);
        w.text(self.description);
        w.text(self.purpose);
        w.text(self.examination);
        w.texts(self.personal_data);
    }
}

/// Where something is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// On the device.
    Device,
    /// At an associated service.
    Service,
}

/// One registered way to delete (5.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deletion {
    /// Its name.
    pub name: &'static str,
    /// Where.
    pub target: Target,
    /// What is deleted, and how.
    pub description: &'static str,
    /// Who starts it, and how.
    pub initiation: &'static str,
    /// How it is confirmed (5.11-4); empty: it is not.
    pub confirmation: &'static str,
    /// Whether it deletes personal data.
    pub personal_data: bool,
    /// Whether it deletes what the user configured.
    pub configuration: bool,
    /// Whether it deletes the user's keys and secrets.
    pub keys: bool,
}

impl Deletion {
    /// Describes a way to delete; say also what it covers.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        target: Target,
        description: &'static str,
        initiation: &'static str,
        confirmation: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a deletion needs a name");
        assert!(!description.is_empty(), "a deletion needs a description");
        assert!(!initiation.is_empty(), "a deletion says who starts it");
        Self {
            name,
            target,
            description,
            initiation,
            confirmation,
            personal_data: false,
            configuration: false,
            keys: false,
        }
    }

    /// Says that personal data goes.
    #[must_use]
    pub const fn personal_data(mut self) -> Self {
        self.personal_data = true;
        self
    }

    /// Says that the user's configuration goes.
    #[must_use]
    pub const fn configuration(mut self) -> Self {
        self.configuration = true;
        self
    }

    /// Says that the user's keys and secrets go.
    #[must_use]
    pub const fn keys(mut self) -> Self {
        self.keys = true;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(8);
        w.text(self.name);
        w.unsigned(match self.target {
            Target::Device => 0,
            Target::Service => 1,
        });
        w.text(self.description);
        w.text(self.initiation);
        w.text(self.confirmation);
        w.bool(self.personal_data);
        w.bool(self.configuration);
        w.bool(self.keys);
    }
}

/// One registered decision of a user (5.12-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Its name.
    pub name: &'static str,
    /// What is asked.
    pub description: &'static str,
    /// What can be chosen.
    pub options: &'static [&'static str],
    /// What holds when nothing is chosen: one of the options.
    pub default: &'static str,
    /// When it is asked.
    pub triggered_by: &'static str,
}

impl Decision {
    /// Describes a decision.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing, fewer than two options, or a default that is none of them.
    #[must_use]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        options: &'static [&'static str],
        default: &'static str,
        triggered_by: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a decision needs a name");
        assert!(!description.is_empty(), "a decision needs a description");
        assert!(!triggered_by.is_empty(), "a decision says when it is asked");
        assert!(options.len() > 1, "a decision has at least two options");
        let mut found = false;
        let mut rest = options;
        while let [option, others @ ..] = rest {
            if crate::check::same(option, default) {
                found = true;
            }
            rest = others;
        }
        assert!(found, "the default of a decision is one of its options");
        Self { name, description, options, default, triggered_by }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(5);
        w.text(self.name);
        w.text(self.description);
        w.texts(self.options);
        w.text(self.default);
        w.text(self.triggered_by);
    }
}

/// One registered validation of input (5.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validation {
    /// Its name.
    pub name: &'static str,
    /// How input is validated.
    pub description: &'static str,
    /// The interfaces and channels whose input it validates.
    pub covers: &'static [&'static str],
    /// The fuzz target that attacks it; empty: none.
    pub fuzz_target: &'static str,
}

impl Validation {
    /// Describes a validation.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing, or it covers nothing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        covers: &'static [&'static str],
        fuzz_target: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a validation needs a name");
        assert!(!description.is_empty(), "a validation needs a description");
        assert!(!covers.is_empty(), "a validation covers an interface");
        Self { name, description, covers, fuzz_target }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(4);
        w.text(self.name);
        w.text(self.description);
        w.texts(self.covers);
        w.text(self.fuzz_target);
    }
}
