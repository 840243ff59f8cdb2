//! Authentication mechanisms (TS 103 701, IXIT 1-AuthMech).

use crate::Guarantees;
use crate::format::Writer;

/// Who is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// A person.
    User,
    /// A machine.
    Machine,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Factor {
    /// A password that the user chose.
    ChosenPassword,
    /// A password put on each device by the factory; how it is generated (5.1-2).
    FactoryPassword(&'static str),
    /// A key or certificate.
    Key,
    /// Something held, such as a token.
    Possession,
    /// Being there.
    Presence,
}

/// One registered mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication {
    /// Its name.
    pub name: &'static str,
    /// Who is authenticated.
    pub subject: Subject,
    /// What is shown.
    pub factor: Factor,
    /// What it is for and what it lets do.
    pub description: &'static str,
    /// The cryptography that it rests on (5.1-3).
    pub cryptography: &'static str,
    /// What it guarantees.
    pub guarantees: Guarantees,
    /// Why guessing over a network is impractical (5.1-5), where a network reaches it.
    pub against_guessing: Option<&'static str>,
    /// How the user changes the value (5.1-4); empty: it cannot be changed.
    pub changed_by: &'static str,
    /// The security parameters that it checks against.
    pub parameters: &'static [&'static str],
    /// Whether it is on as delivered.
    pub enabled: bool,
}

impl Authentication {
    /// Describes a mechanism that no network reaches.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing, or a machine is to show a password (5.1-2A).
    #[must_use]
    pub const fn new(
        name: &'static str,
        subject: Subject,
        factor: Factor,
        description: &'static str,
        cryptography: &'static str,
        parameters: &'static [&'static str],
    ) -> Self {
        assert!(!name.is_empty(), "an authentication mechanism needs a name");
        assert!(!description.is_empty(), "an authentication mechanism needs a description");
        assert!(!cryptography.is_empty(), "an authentication mechanism says what it rests on");
        if let Factor::FactoryPassword(how) = factor {
            assert!(!how.is_empty(), "a factory password says how it is generated");
        }
        if matches!(subject, Subject::Machine) {
            assert!(
                !matches!(factor, Factor::ChosenPassword | Factor::FactoryPassword(_)),
                "machines do not show passwords"
            );
        }
        Self {
            name,
            subject,
            factor,
            description,
            cryptography,
            guarantees: Guarantees::AUTHENTICITY,
            against_guessing: None,
            changed_by: "",
            parameters,
            enabled: true,
        }
    }

    /// Says that a network reaches it, and why guessing is impractical all the same.
    ///
    /// # Panics
    ///
    /// At compile time, when the second is missing.
    #[must_use]
    pub const fn over_network(mut self, against_guessing: &'static str) -> Self {
        assert!(
            !against_guessing.is_empty(),
            "what a network reaches says why guessing is impractical"
        );
        self.against_guessing = Some(against_guessing);
        self
    }

    /// Says how the value is changed.
    #[must_use]
    pub const fn changed_by(mut self, how: &'static str) -> Self {
        self.changed_by = how;
        self
    }

    /// Says what else it guarantees.
    #[must_use]
    pub const fn guarantees(mut self, more: Guarantees) -> Self {
        self.guarantees = self.guarantees.and(more);
        self
    }

    /// Says that it is off as delivered.
    #[must_use]
    pub const fn off_by_default(mut self) -> Self {
        self.enabled = false;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(10);
        w.text(self.name);
        w.unsigned(match self.subject {
            Subject::User => 0,
            Subject::Machine => 1,
        });
        match self.factor {
            Factor::ChosenPassword => w.unsigned(0),
            Factor::FactoryPassword(how) => w.text(how),
            Factor::Key => w.unsigned(2),
            Factor::Possession => w.unsigned(3),
            Factor::Presence => w.unsigned(4),
        }
        w.text(self.description);
        w.text(self.cryptography);
        w.unsigned(self.guarantees.bits() as u64);
        w.optional(self.against_guessing);
        w.text(self.changed_by);
        w.texts(self.parameters);
        w.bool(self.enabled);
    }
}
