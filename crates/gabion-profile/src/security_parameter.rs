//! Security parameters beyond the store, and where parameters travel (TS 103 701, IXIT 10-SecParam).

use crate::format::Writer;
use crate::{Parameter, Protection};

/// A security parameter: one that the store does not keep, or one that it keeps of which there is more to say.
///
/// A stored parameter of which there is nothing more to say needs none: it appears by itself, as one that never leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecurityParameter {
    /// Its name; that of the stored parameter where it is one.
    pub name: &'static str,
    /// Whether it is a stored parameter.
    pub stored: bool,
    /// Critical (confidential and unforgeable) or public (unforgeable).
    pub protection: Protection,
    /// What it is for.
    pub role: &'static str,
    /// How it is protected.
    pub scheme: &'static str,
    /// How it gets into the device.
    pub provisioning: &'static str,
    /// How it is generated.
    pub generation: &'static str,
    /// The channels that carry it; empty: it never leaves.
    pub sent_over: &'static [&'static str],
    /// How it resists tampering, where it is a hard-coded identity (5.4-2).
    pub hard_coded_identity: Option<&'static str>,
    /// Why it stands in the source, where it does, and that it is not used in operation (5.4-3).
    pub in_source: Option<&'static str>,
    /// Whether updates are checked with it (5.4-4).
    pub checks_updates: bool,
    /// Whether it protects talk with associated services (5.4-4).
    pub protects_services: bool,
}

impl SecurityParameter {
    /// Describes one that the store does not keep.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        protection: Protection,
        role: &'static str,
        scheme: &'static str,
        provisioning: &'static str,
        generation: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a security parameter needs a name");
        assert!(!role.is_empty(), "a security parameter needs a role");
        assert!(!scheme.is_empty(), "a security parameter says how it is protected");
        assert!(!provisioning.is_empty(), "a security parameter says how it gets in");
        assert!(!generation.is_empty(), "a security parameter says how it is generated");
        Self {
            name,
            stored: false,
            protection,
            role,
            scheme,
            provisioning,
            generation,
            sent_over: &[],
            hard_coded_identity: None,
            in_source: None,
            checks_updates: false,
            protects_services: false,
        }
    }

    /// Says more of a stored parameter.
    #[must_use]
    pub const fn stored(parameter: &'static Parameter) -> Self {
        Self {
            name: parameter.name,
            stored: true,
            protection: parameter.protection,
            role: parameter.purpose,
            scheme: "",
            provisioning: "",
            generation: "",
            sent_over: &[],
            hard_coded_identity: None,
            in_source: None,
            checks_updates: false,
            protects_services: false,
        }
    }

    /// Names the channels that carry it.
    #[must_use]
    pub const fn sent_over(mut self, channels: &'static [&'static str]) -> Self {
        self.sent_over = channels;
        self
    }

    /// Says that it is a hard-coded identity, and how it resists tampering.
    ///
    /// # Panics
    ///
    /// At compile time, when the second is missing.
    #[must_use]
    pub const fn hard_coded_identity(mut self, resists_tampering: &'static str) -> Self {
        assert!(
            !resists_tampering.is_empty(),
            "a hard-coded identity says how it resists tampering"
        );
        self.hard_coded_identity = Some(resists_tampering);
        self
    }

    /// Says that it stands in the source, and why.
    ///
    /// # Panics
    ///
    /// At compile time, when the reason is missing.
    #[must_use]
    pub const fn in_source(mut self, reason: &'static str) -> Self {
        assert!(!reason.is_empty(), "a parameter in the source needs a reason");
        self.in_source = Some(reason);
        self
    }

    /// Says that updates are checked with it.
    #[must_use]
    pub const fn checks_updates(mut self) -> Self {
        self.checks_updates = true;
        self
    }

    /// Says that it protects talk with associated services.
    #[must_use]
    pub const fn protects_services(mut self) -> Self {
        self.protects_services = true;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(12);
        w.text(self.name);
        w.bool(self.stored);
        w.unsigned(self.protection as u64);
        w.text(self.role);
        w.text(self.scheme);
        w.text(self.provisioning);
        w.text(self.generation);
        w.texts(self.sent_over);
        w.optional(self.hard_coded_identity);
        w.optional(self.in_source);
        w.bool(self.checks_updates);
        w.bool(self.protects_services);
    }
}
