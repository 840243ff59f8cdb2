//! Interfaces and services (TS 103 701, IXIT 15-Intf): what can be reached, by whom.

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

/// One registered interface or service.
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
}

impl Interface {
    /// Describes an interface.
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
        Self { name, exposure, open_by_default, authenticator, purpose }
    }
}
