//! Mechanisms: what a crate does for which provisions of EN 303 645, and what it stands on.

use crate::format::Writer;

/// What a mechanism stands on, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Backing {
    /// Software only.
    Software,
    /// A key or counter in hardware.
    Hardware,
}

/// Something that the chip gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A key that software cannot read out.
    RootKey,
    /// A counter that only goes up.
    MonotonicCounter,
    /// A source of random numbers.
    Entropy,
    /// A debug port that can be locked.
    DebugPort,
    /// A first stage that verifies the second.
    SecureBoot,
}

impl Resource {
    /// Returns the number that stands in the image.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::RootKey => 0,
            Self::MonotonicCounter => 1,
            Self::Entropy => 2,
            Self::DebugPort => 3,
            Self::SecureBoot => 4,
        }
    }
}

/// What this device binds for a resource. Without one, a mechanism that needs the resource claims nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backend {
    /// A name that is unique in the profile.
    pub name: &'static str,
    /// For which resource.
    pub resource: Resource,
    /// What it really is. A resource in software is bound, and does not count as hardware.
    pub backing: Backing,
    /// How it does it: peripheral, fuse, secure element.
    pub detail: &'static str,
}

impl Backend {
    /// Describes a backend.
    ///
    /// # Panics
    ///
    /// At compile time: a text is missing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        resource: Resource,
        backing: Backing,
        detail: &'static str,
    ) -> Self {
        assert!(!name.is_empty(), "a backend needs a name");
        assert!(!detail.is_empty(), "a backend says what it is");
        Self { name, resource, backing, detail }
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(4);
        w.text(self.name);
        w.unsigned(self.resource.number() as u64);
        w.bool(matches!(self.backing, Backing::Hardware));
        w.text(self.detail);
    }
}

/// A cargo feature and whether it is on in this image. Made by [`features!`](crate::features).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// `package/feature`.
    pub name: &'static str,
    /// Whether it is on.
    pub on: bool,
}

impl Feature {
    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(2);
        w.text(self.name);
        w.bool(self.on);
    }
}

/// Records which features of the package that writes this are on.
///
/// ```
/// const FEATURES: &[gabion_profile::Feature] = gabion_profile::features!["serde"];
/// assert_eq!(FEATURES[0].name, "gabion-profile/serde");
/// assert!(!FEATURES[0].on);
/// ```
#[macro_export]
macro_rules! features {
    ($($name:literal),* $(,)?) => {
        &[$({
            #[allow(unexpected_cfgs)]
            const ON: bool = cfg!(feature = $name);
            $crate::Feature { name: concat!(env!("CARGO_PKG_NAME"), "/", $name), on: ON }
        },)*]
    };
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
    /// The tests that show it: a package, then targets with patterns (`docs/spec/profile.md`, section 6).
    pub evidence: &'static str,
    /// What the chip must give in hardware for it to count.
    pub needs: &'static [Resource],
    /// The feature, as `package/feature`, that must be on for it to count; empty: none.
    pub behind: &'static str,
}

impl Mechanism {
    /// Describes a mechanism. One that stands on hardware needs the root key, unless [`needs`](Self::needs) says otherwise.
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
        assert!(!detail.is_empty(), "a mechanism says what it does");
        assert!(!evidence.is_empty(), "a mechanism names the test that shows it");
        let needs: &[Resource] = match backing {
            Backing::Software => &[],
            Backing::Hardware => &[Resource::RootKey],
        };
        Self { name, provisions, detail, backing, evidence, needs, behind: "" }
    }

    /// Says what the chip must give.
    ///
    /// # Panics
    ///
    /// At compile time, when a mechanism that stands on hardware would need none of it, or one in software would.
    #[must_use]
    pub const fn needs(mut self, resources: &'static [Resource]) -> Self {
        assert!(
            matches!(self.backing, Backing::Software) == resources.is_empty(),
            "a mechanism needs of the chip what its backing says"
        );
        self.needs = resources;
        self
    }

    /// Names the feature that must be on.
    #[must_use]
    pub const fn behind(mut self, feature: &'static str) -> Self {
        self.behind = feature;
        self
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.array(7);
        w.text(self.name);
        w.texts(self.provisions);
        w.text(self.detail);
        w.bool(matches!(self.backing, Backing::Hardware));
        w.text(self.evidence);
        w.array(self.needs.len() as u64);
        let mut rest = self.needs;
        while let [one, others @ ..] = rest {
            w.unsigned(one.number() as u64);
            rest = others;
        }
        w.text(self.behind);
    }
}
