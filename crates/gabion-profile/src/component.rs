//! Software components and what they rest on (TS 103 701, IXIT 6-SoftComp, 12-NetSecImpl).

use crate::format::Writer;

/// How a component is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Updated {
    /// By these update mechanisms.
    By(&'static [&'static str]),
    /// Never, for security: the reason (such as a boot loader in ROM).
    ImmutableForSecurity(&'static str),
    /// Never, for another reason.
    Never(&'static str),
}

/// One registered component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it does.
    pub description: &'static str,
    /// How it is updated.
    pub updated: Updated,
    /// Which cryptography it holds, and what replacing it would touch (5.5-3); none: it holds none.
    pub cryptography: Option<&'static str>,
}

impl Component {
    /// Describes a component without cryptography.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing, no update mechanism and no reason.
    #[must_use]
    pub const fn new(
        name: &'static str,
        version: &'static str,
        description: &'static str,
        updated: Updated,
    ) -> Self {
        assert!(!name.is_empty(), "a component needs a name");
        assert!(!description.is_empty(), "a component needs a description");
        match updated {
            Updated::By(mechanisms) => {
                assert!(
                    !mechanisms.is_empty(),
                    "a component is updated by something, or says why not"
                );
            }
            Updated::ImmutableForSecurity(reason) | Updated::Never(reason) => {
                assert!(!reason.is_empty(), "a component that is never updated needs a reason");
            }
        }
        Self { name, version, description, updated, cryptography: None }
    }

    /// Says which cryptography it holds and what replacing it would touch.
    ///
    /// # Panics
    ///
    /// At compile time, when it says nothing.
    #[must_use]
    pub const fn cryptography(mut self, usage: &'static str) -> Self {
        assert!(!usage.is_empty(), "cryptography in a component is described");
        self.cryptography = Some(usage);
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(6);
        w.text(self.name);
        w.text(self.version);
        w.text(self.description);
        match self.updated {
            Updated::By(mechanisms) => {
                w.unsigned(0);
                w.texts(mechanisms);
            }
            Updated::ImmutableForSecurity(reason) => {
                w.unsigned(1);
                w.text(reason);
            }
            Updated::Never(reason) => {
                w.unsigned(2);
                w.text(reason);
            }
        }
        w.optional(self.cryptography);
    }
}

/// One implementation of a network or security function, and how it was reviewed (5.5-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Implementation {
    /// Its name and version.
    pub name: &'static str,
    /// What it is used for.
    pub scope: &'static str,
    /// How it was reviewed or evaluated.
    pub method: &'static str,
    /// Where the report is.
    pub report: &'static str,
}

impl Implementation {
    /// Describes an implementation.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        scope: &'static str,
        method: &'static str,
        report: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "an implementation needs a name");
        assert!(!scope.is_empty(), "an implementation needs a scope");
        assert!(!method.is_empty(), "an implementation says how it was reviewed");
        assert!(!report.is_empty(), "an implementation says where the report is");
        Self { name, scope, method, report }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(4);
        w.text(self.name);
        w.text(self.scope);
        w.text(self.method);
        w.text(self.report);
    }
}
