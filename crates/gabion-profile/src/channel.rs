//! Communication mechanisms (TS 103 701, IXIT 11-ComMech/SecComMech).

use crate::Guarantees;
use crate::format::Writer;

/// One registered way to talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: &'static str,
    /// The interface that it runs over.
    pub interface: &'static str,
    /// What it carries, for whom.
    pub description: &'static str,
    /// What it guarantees.
    pub guarantees: Guarantees,
    /// Protocol, version, suites.
    pub cryptography: &'static str,
    /// What it does when the network fails or is overloaded.
    pub resilience: &'static str,
    /// Whether it can be reached from a routed network (5.5-7).
    pub remote: bool,
    /// Whether the other end is an associated service.
    pub service: bool,
    /// The security parameters that protect it.
    pub parameters: &'static [&'static str],
}

impl Channel {
    /// Describes a channel of the local network.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        interface: &'static str,
        description: &'static str,
        guarantees: Guarantees,
        cryptography: &'static str,
        parameters: &'static [&'static str],
    ) -> Self {
        assert!(!name.is_empty(), "a channel needs a name");
        assert!(!description.is_empty(), "a channel needs a description");
        assert!(!cryptography.is_empty(), "a channel names its protocol and suites");
        Self {
            name,
            interface,
            description,
            guarantees,
            cryptography,
            resilience: "",
            remote: false,
            service: false,
            parameters,
        }
    }

    /// Says that it can be reached from a routed network.
    #[must_use]
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Says that the other end is an associated service.
    #[must_use]
    pub const fn to_service(mut self) -> Self {
        self.service = true;
        self
    }

    /// Says what it does when the network fails.
    #[must_use]
    pub const fn resilience(mut self, how: &'static str) -> Self {
        self.resilience = how;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(9);
        w.text(self.name);
        w.text(self.interface);
        w.text(self.description);
        w.unsigned(self.guarantees.bits() as u64);
        w.text(self.cryptography);
        w.text(self.resilience);
        w.bool(self.remote);
        w.bool(self.service);
        w.texts(self.parameters);
    }
}
