//! Software services (TS 103 701, IXIT 13-SoftServ).

use crate::format::Writer;

/// Who may use a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Whoever passed one of these authentication mechanisms.
    Authenticated(&'static [&'static str]),
    /// Everybody; the reason why that is right.
    Public(&'static str),
}

/// One registered service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// The interface it listens at.
    pub interface: &'static str,
    /// What it does.
    pub description: &'static str,
    /// Why the device needs it (5.6-5).
    pub justification: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Which configuration that matters for security it changes (5.5-5); empty: none.
    pub configures: &'static str,
    /// Whether it runs as delivered.
    pub enabled: bool,
}

impl Service {
    /// Describes a service that runs as delivered.
    ///
    /// # Panics
    ///
    /// At compile time: no name, description or justification, nobody may use it, or it is public without a reason.
    #[must_use]
    pub const fn new(
        name: &'static str,
        interface: &'static str,
        description: &'static str,
        justification: &'static str,
        access: Access,
    ) -> Self {
        assert!(!name.is_empty(), "a service needs a name");
        assert!(!description.is_empty(), "a service needs a description");
        assert!(!justification.is_empty(), "a service needs a justification");
        match access {
            Access::Authenticated(by) => assert!(!by.is_empty(), "nobody could use this service"),
            Access::Public(reason) => {
                assert!(!reason.is_empty(), "a public service needs a reason");
            }
        }
        Self { name, interface, description, justification, access, configures: "", enabled: true }
    }

    /// Says which configuration it changes.
    ///
    /// # Panics
    ///
    /// At compile time, when it is public: configuration never is (5.5-5).
    #[must_use]
    pub const fn configures(mut self, what: &'static str) -> Self {
        assert!(!matches!(self.access, Access::Public(_)), "configuration is never public");
        self.configures = what;
        self
    }

    /// Says that it does not run as delivered.
    #[must_use]
    pub const fn off_by_default(mut self) -> Self {
        self.enabled = false;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(7);
        w.text(self.name);
        w.text(self.interface);
        w.text(self.description);
        w.text(self.justification);
        match self.access {
            Access::Authenticated(by) => w.texts(by),
            Access::Public(reason) => w.text(reason),
        }
        w.text(self.configures);
        w.bool(self.enabled);
    }
}
