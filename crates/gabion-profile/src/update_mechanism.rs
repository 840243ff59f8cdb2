//! Update mechanisms (TS 103 701, IXIT 7-UpdMech).

use crate::Guarantees;
use crate::format::Writer;

/// One registered update mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateMechanism {
    /// Its name.
    pub name: &'static str,
    /// What it does, step by step.
    pub description: &'static str,
    /// Whether updates come over a network.
    pub network: bool,
    /// What it guarantees.
    pub guarantees: Guarantees,
    /// Signature, hash, roll-back protection (5.3-7).
    pub cryptography: &'static str,
    /// Who starts it, and what a user has to do (5.3-3).
    pub initiation: &'static str,
    /// What can be configured (5.3-6).
    pub configuration: &'static str,
    /// How and when updates are looked for (5.3-5).
    pub checking: &'static str,
    /// How users are told (5.3-11, 5.3-12).
    pub notification: &'static str,
    /// Whether it can run by itself.
    pub automatic: bool,
    /// Whether it tells of updates.
    pub notices: bool,
    /// The security parameters that updates are checked with.
    pub parameters: &'static [&'static str],
}

impl UpdateMechanism {
    /// Describes an update mechanism that no network reaches.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        guarantees: Guarantees,
        cryptography: &'static str,
        initiation: &'static str,
        parameters: &'static [&'static str],
    ) -> Self {
        assert!(!name.is_empty(), "an update mechanism needs a name");
        assert!(!description.is_empty(), "an update mechanism needs a description");
        assert!(!cryptography.is_empty(), "an update mechanism names its cryptography");
        assert!(!initiation.is_empty(), "an update mechanism says who starts it");
        Self {
            name,
            description,
            network: false,
            guarantees,
            cryptography,
            initiation,
            configuration: "",
            checking: "",
            notification: "",
            automatic: false,
            notices: false,
            parameters,
        }
    }

    /// Says that updates come over a network.
    #[must_use]
    pub const fn over_network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Says that it can run by itself, how it is configured, and how it looks for updates.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn automatic(mut self, configuration: &'static str, checking: &'static str) -> Self {
        assert!(
            !configuration.is_empty(),
            "an automatic update mechanism says how it is configured"
        );
        assert!(
            !checking.is_empty(),
            "an automatic update mechanism says how it looks for updates"
        );
        self.automatic = true;
        self.configuration = configuration;
        self.checking = checking;
        self
    }

    /// Says how users are told of updates.
    ///
    /// # Panics
    ///
    /// At compile time, when it says nothing.
    #[must_use]
    pub const fn notices(mut self, how: &'static str) -> Self {
        assert!(!how.is_empty(), "a notice says how it reaches the user");
        self.notices = true;
        self.notification = how;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(12);
        w.text(self.name);
        w.text(self.description);
        w.bool(self.network);
        w.unsigned(self.guarantees.bits() as u64);
        w.text(self.cryptography);
        w.text(self.initiation);
        w.text(self.configuration);
        w.text(self.checking);
        w.text(self.notification);
        w.bool(self.automatic);
        w.bool(self.notices);
        w.texts(self.parameters);
    }
}
