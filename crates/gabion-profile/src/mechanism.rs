//! Mechanisms: what a crate does for which provisions of EN 303 645.

/// What a mechanism stands on, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Backing {
    /// Software only.
    Software,
    /// A key or counter in hardware.
    Hardware,
}

/// One mechanism that is compiled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mechanism {
    /// A stable name: `crate.mechanism`.
    pub name: &'static str,
    /// The provisions that it serves, such as `5.4-1`. Serving is not fulfilling: the statement says what is missing.
    pub provisions: &'static [&'static str],
    /// What it does, in one phrase, for the conformance statement.
    pub detail: &'static str,
    /// What it stands on.
    pub backing: Backing,
    /// The test that shows it.
    pub evidence: &'static str,
}

impl Mechanism {
    /// Describes a mechanism.
    ///
    /// # Panics
    ///
    /// At compile time, when it names no provision or no evidence.
    #[must_use]
    pub const fn new(
        name: &'static str,
        provisions: &'static [&'static str],
        detail: &'static str,
        backing: Backing,
        evidence: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a mechanism needs a name");
        assert!(!provisions.is_empty(), "a mechanism serves at least one provision");
        assert!(!evidence.is_empty(), "a mechanism names the test that shows it");
        Self { name, provisions, detail, backing, evidence }
    }
}
