//! What a reset does with each part of the flash: decided at compile time, for every part.

use gabion_crypto::{Digest, Sha256};
use gabion_flash::Layout;
use gabion_profile::{Class, Parameter, Protection};

/// What becomes of a region of the flash in a factory reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// The sealed store: the keys of its classes are destroyed, but for those that [survive](Class::survives_reset).
    Store,
    /// Erased, page by page, and read back.
    Erased,
    /// Has a way of its own to forget what it held, such as the event log; the reason why it is not simply erased.
    Forgets(&'static str),
    /// Survives, and why that is right.
    Survives(&'static str),
}

/// A part of the flash and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its name, as in the receipt's digest and the conformance statement.
    pub name: &'static str,
    /// What becomes of it.
    pub domain: Domain,
}

impl Region {
    /// Describes a region.
    ///
    /// # Panics
    ///
    /// At compile time, without a name or, where it is kept, without a reason.
    #[must_use]
    pub const fn new(name: &'static str, domain: Domain) -> Self {
        assert!(!name.is_empty(), "a region needs a name");
        if let Domain::Survives(why) | Domain::Forgets(why) = domain {
            assert!(!why.is_empty(), "a region that is not simply erased needs a reason");
        }
        Self { name, domain }
    }

    /// Whether a reset must be given this region to work on.
    #[must_use]
    pub const fn is_worked_on(&self) -> bool {
        matches!(self.domain, Domain::Erased | Domain::Forgets(_))
    }
}

/// The whole reset, as a `const`: one entry per span of the flash map, so that a part without a domain does not compile.
///
/// # Examples
///
/// ```
/// use gabion_erase::{Domain, Plan, Region};
/// use gabion_flash::{Layout, Span};
///
/// const MAP: Layout<3> = Layout::new(
///     0x20000, 0x1000,
///     [Span::new(0, 0x2000), Span::new(0x2000, 0x10000), Span::new(0x12000, 0x8000)],
/// );
/// const PLAN: Plan<3> = Plan::new(&MAP, [
///     Region::new("journal", Domain::Survives("page numbers only")),
///     Region::new("store", Domain::Store),
///     Region::new("photos", Domain::Erased),
/// ], &[gabion_erase::PARAMETERS]);
/// # let _ = PLAN;
/// ```
///
/// A span that nobody decided about:
///
/// ```compile_fail
/// # use gabion_erase::{Domain, Plan, Region};
/// # use gabion_flash::{Layout, Span};
/// const MAP: Layout<2> = Layout::new(0x20000, 0x1000, [Span::new(0, 0x2000), Span::new(0x2000, 0x1000)]);
/// const PLAN: Plan<2> = Plan::new(&MAP, [Region::new("store", Domain::Store)], &[]);
/// # let _ = PLAN;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Plan<const N: usize> {
    layout: Layout<N>,
    regions: [Region; N],
    parameters: &'static [&'static [Parameter]],
}

impl<const N: usize> Plan<N> {
    /// Puts a plan together: the flash map, what becomes of each span, and the parameters of the store.
    ///
    /// # Panics
    ///
    /// At compile time, when the region of the store is not there or there twice, or two regions share a name.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "const loops cannot use iterators; every index is below N"
    )]
    pub const fn new(
        layout: &Layout<N>,
        regions: [Region; N],
        parameters: &'static [&'static [Parameter]],
    ) -> Self {
        let mut stores = 0;
        let mut i = 0;
        while i < N {
            if matches!(regions[i].domain, Domain::Store) {
                stores += 1;
            }
            let mut j = 0;
            while j < i {
                assert!(!same(regions[i].name, regions[j].name), "two regions share a name");
                j += 1;
            }
            i += 1;
        }
        assert!(stores == 1, "a plan has one region for the sealed store");
        Self { layout: *layout, regions, parameters }
    }

    /// Returns the regions in the order of the flash map.
    #[must_use]
    pub const fn regions(&self) -> &[Region; N] {
        &self.regions
    }

    /// Returns the flash map.
    #[must_use]
    pub const fn layout(&self) -> &Layout<N> {
        &self.layout
    }

    /// Returns the parameters of the store.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<N> {
        self.parameters.iter().flat_map(|list| list.iter())
    }

    /// Returns the classes whose keys a reset destroys.
    pub fn erased_classes(&self) -> impl Iterator<Item = Class> + use<'_, N> {
        let used = |class: &Class| self.parameters().any(|parameter| parameter.class == *class);
        Class::ALL.into_iter().filter(|class| !class.survives_reset()).filter(used)
    }

    /// Returns the SHA-256 over everything that the plan says, in the form of `docs/spec/erase.md` §4: the same for every
    /// device with this firmware, so that a receipt can be compared with what should have been erased.
    pub fn digest(&self, hash: &impl Sha256) -> [u8; 32] {
        let mut digest = hash.sha256_start();
        for (region, span) in self.regions.iter().zip(self.layout.spans()) {
            let domain = match region.domain {
                Domain::Store => 0_u8,
                Domain::Erased => 1,
                Domain::Forgets(_) => 2,
                Domain::Survives(_) => 3,
            };
            let len = u8::try_from(region.name.len()).unwrap_or(u8::MAX);
            digest.update(&[domain, len]);
            digest.update(region.name.as_bytes());
            digest.update(&span.start().to_le_bytes());
            digest.update(&span.len().to_le_bytes());
        }
        for parameter in self.parameters() {
            digest.update(&parameter.id.raw().to_le_bytes());
        }
        digest.finish()
    }

    /// Returns the parameters of a class that stand on flash in clear.
    pub(crate) fn in_clear(
        &self,
        class: Class,
    ) -> impl Iterator<Item = &'static Parameter> + use<N> {
        self.parameters().filter(move |p| p.class == class && p.protection == Protection::Public)
    }
}

/// Whether two strings are the same, in a `const`.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "const loops cannot use iterators; every index is below the length"
)]
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
