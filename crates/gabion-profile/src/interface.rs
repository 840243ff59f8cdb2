//! Interfaces (TS 103 701, IXIT 15-Intf/PhyIntf, 27-UserIntf, 28-ExtAPI/LogIntf): what can be reached, by whom.

use crate::format::Writer;

/// How far an interface reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exposure {
    /// From the internet or a routed network.
    Network,
    /// From the local network or radio range.
    Local,
    /// By touching the device's outside.
    Physical,
    /// Only with the device opened.
    Internal,
}

/// What a peer must show before it can do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authenticator {
    /// Nothing; the reason why that is right.
    Public(&'static str),
    /// A secret that the user chose or that is unique for the device.
    UserSecret,
    /// A key, token or certificate of a machine.
    MachineKey,
    /// Being there: a button, a connector inside the case.
    PhysicalPresence,
}

/// What kind of interface it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InterfaceKind {
    /// A protocol or an API that software speaks.
    Logical,
    /// A radio or a network port.
    Network,
    /// A connector, a button, test pads.
    Physical,
    /// What a person looks at or types into.
    User,
}

/// How often it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Need {
    /// All the time.
    Always,
    /// Now and then; closed in between.
    Sometimes,
    /// Never: it must be disabled (5.6-1).
    Never,
}

/// One registered interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interface {
    /// Its name, as in the source.
    pub name: &'static str,
    /// How far it reaches.
    pub exposure: Exposure,
    /// Whether it is open in the state in which the device leaves the factory.
    pub open_by_default: bool,
    /// What a peer must show.
    pub authenticator: Authenticator,
    /// What it is for, in one phrase.
    pub purpose: &'static str,
    /// What kind it is.
    pub kind: InterfaceKind,
    /// How often it is needed.
    pub need: Need,
    /// How it is switched off, where it is.
    pub disabled: Option<&'static str>,
    /// What it tells without authentication (5.6-2); empty: nothing.
    pub discloses: &'static str,
    /// Whether it is for debugging (5.6-4).
    pub debug: bool,
    /// What protects it, beyond the authenticator; empty: nothing.
    pub protection: &'static str,
    /// What keeps it alive under overload or loss (5.9-3); empty: nothing.
    pub resilience: &'static str,
    /// The interface that carries it; empty: none.
    pub over: &'static str,
}

impl Interface {
    /// Describes an interface that software speaks; the methods below make it another kind.
    ///
    /// # Panics
    ///
    /// At compile time, when name, purpose or the reason of a public interface is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        exposure: Exposure,
        open_by_default: bool,
        authenticator: Authenticator,
        purpose: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "an interface needs a name");
        assert!(!purpose.is_empty(), "an interface needs a purpose");
        if let Authenticator::Public(reason) = authenticator {
            assert!(!reason.is_empty(), "a public interface needs a reason");
        }
        Self {
            name,
            exposure,
            open_by_default,
            authenticator,
            purpose,
            kind: InterfaceKind::Logical,
            need: Need::Always,
            disabled: None,
            discloses: "",
            debug: false,
            protection: "",
            resilience: "",
            over: "",
        }
    }

    /// Says what kind it is.
    #[must_use]
    pub const fn kind(mut self, kind: InterfaceKind) -> Self {
        self.kind = kind;
        self
    }

    /// Says how often it is needed.
    #[must_use]
    pub const fn need(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// Says that it is switched off, and how.
    ///
    /// # Panics
    ///
    /// At compile time, when it does not say how.
    #[must_use]
    pub const fn disabled(mut self, how: &'static str) -> Self {
        assert!(!how.is_empty(), "a disabled interface says how it is disabled");
        self.disabled = Some(how);
        self
    }

    /// Says what it tells everybody.
    #[must_use]
    pub const fn discloses(mut self, what: &'static str) -> Self {
        self.discloses = what;
        self
    }

    /// Says that it is a debug interface.
    #[must_use]
    pub const fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// Says what protects it.
    #[must_use]
    pub const fn protection(mut self, how: &'static str) -> Self {
        self.protection = how;
        self
    }

    /// Says what keeps it alive.
    #[must_use]
    pub const fn resilience(mut self, how: &'static str) -> Self {
        self.resilience = how;
        self
    }

    /// Names the interface that carries it.
    #[must_use]
    pub const fn over(mut self, interface: &'static str) -> Self {
        self.over = interface;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(13);
        w.text(self.name);
        w.unsigned(match self.exposure {
            Exposure::Network => 0,
            Exposure::Local => 1,
            Exposure::Physical => 2,
            Exposure::Internal => 3,
        });
        w.bool(self.open_by_default);
        match self.authenticator {
            Authenticator::Public(reason) => w.text(reason),
            Authenticator::UserSecret => w.unsigned(1),
            Authenticator::MachineKey => w.unsigned(2),
            Authenticator::PhysicalPresence => w.unsigned(3),
        }
        w.text(self.purpose);
        w.unsigned(match self.kind {
            InterfaceKind::Logical => 0,
            InterfaceKind::Network => 1,
            InterfaceKind::Physical => 2,
            InterfaceKind::User => 3,
        });
        w.unsigned(match self.need {
            Need::Always => 0,
            Need::Sometimes => 1,
            Need::Never => 2,
        });
        w.optional(self.disabled);
        w.text(self.discloses);
        w.bool(self.debug);
        w.text(self.protection);
        w.text(self.resilience);
        w.text(self.over);
    }
}
