//! Secure boot and other ways to notice changed software (TS 103 701, IXIT 20-SecBoot).

use crate::Guarantees;
use crate::format::Writer;

/// One registered mechanism.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integrity {
    /// Its name.
    pub name: &'static str,
    /// What it checks, and when.
    pub description: &'static str,
    /// What it guarantees.
    pub guarantees: Guarantees,
    /// How a change is noticed.
    pub detection: &'static str,
    /// How the user or an administrator is told (5.7-2).
    pub notification: &'static str,
    /// What still runs then: no more than the notice needs (5.7-2).
    pub functionality: &'static str,
}

impl Integrity {
    /// Describes a mechanism.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        description: &'static str,
        guarantees: Guarantees,
        detection: &'static str,
        notification: &'static str,
        functionality: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "an integrity mechanism needs a name");
        assert!(!description.is_empty(), "an integrity mechanism needs a description");
        assert!(!detection.is_empty(), "an integrity mechanism says how it notices a change");
        Self { name, description, guarantees, detection, notification, functionality }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(6);
        w.text(self.name);
        w.text(self.description);
        w.unsigned(self.guarantees.bits() as u64);
        w.text(self.detection);
        w.text(self.notification);
        w.text(self.functionality);
    }
}
