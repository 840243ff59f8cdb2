//! Whether a region is large enough, asked at compile time.

use gabion_profile::{Class, Parameter};

use crate::append::RESERVE;
use crate::format::{MAX_WORD, Shape};
use crate::vault::Vault;

/// A region that has been found large enough for a registry.
///
/// # Examples
///
/// A plan that cannot work does not compile:
///
/// ```
/// use gabion_profile::{Class, Origin, Parameter, parameters};
/// use gabion_storage::Plan;
///
/// parameters! {
///     /// What this firmware stores.
///     const PARAMETERS: {
///         /// A key.
///         KEY: Critical { class: Class::DeviceSecret, number: 1, max_len: 32, origin: Origin::Factory, purpose: "an example" };
///     }
/// }
/// // Eight pages of 4 KiB, words of 4 bytes.
/// const PLAN: Plan = Plan::new(&[PARAMETERS], 4096, 4, 8 * 4096);
/// const { assert!(PLAN.live() < PLAN.capacity()) };
/// # let _ = KEY;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    live: u32,
    capacity: u32,
    pages: u32,
}

/// Why a region does not do for a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// Words have 1 to 32 bytes, a power of two; pages at most 64 KiB, a whole number of words.
    Geometry,
    /// Two pages for the vault and at least three for data are needed.
    TooFewPages,
    /// The keys of all classes do not fit on one page.
    VaultTooSmall,
    /// The longest value does not fit on a page.
    ValueTooLong,
    /// With every parameter set to its full length the collector would copy all the time, or find no room. Take more pages.
    Overfull,
}

impl core::fmt::Display for PlanError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Geometry => "word or page size out of range",
            Self::TooFewPages => "a store needs five pages",
            Self::VaultTooSmall => "the class keys do not fit on a page",
            Self::ValueTooLong => "the longest value does not fit on a page",
            Self::Overfull => "all parameters together do not fit",
        })
    }
}

impl core::error::Error for PlanError {}

impl Plan {
    /// Plans a region of `region` bytes in a `const` item.
    ///
    /// # Panics
    ///
    /// At compile time, when the plan cannot work.
    #[must_use]
    #[expect(clippy::panic, reason = "a plan that cannot work must not compile")]
    pub const fn new(registry: &[&[Parameter]], page: u32, word: u32, region: u32) -> Self {
        match Self::check(registry, page, word, region) {
            Ok(plan) => plan,
            Err(PlanError::Geometry) => panic!("word or page size out of range"),
            Err(PlanError::TooFewPages) => panic!("a store needs five pages"),
            Err(PlanError::VaultTooSmall) => panic!("the class keys do not fit on a page"),
            Err(PlanError::ValueTooLong) => panic!("the longest value does not fit on a page"),
            Err(PlanError::Overfull) => panic!("all parameters together do not fit"),
        }
    }

    /// Plans a region of `region` bytes.
    ///
    /// # Errors
    ///
    /// See [`PlanError`].
    pub const fn check(
        registry: &[&[Parameter]],
        page: u32,
        word: u32,
        region: u32,
    ) -> Result<Self, PlanError> {
        if word as usize > MAX_WORD || !word.is_power_of_two() || page > 1 << 16 || page < 64 {
            return Err(PlanError::Geometry);
        }
        let shape = Shape { page, word };
        let pages = match region.checked_div(page) {
            Some(all) if all >= 5 => all.saturating_sub(2),
            _ => return Err(PlanError::TooFewPages),
        };
        let (longest, live, classes) = measure(registry, shape);
        // One key more: that of a class which is being rotated.
        if Vault::size(classes.saturating_add(1), word) > page {
            return Err(PlanError::VaultTooSmall);
        }
        if shape.record(longest) > batch_limit(shape) {
            return Err(PlanError::ValueTooLong);
        }
        let capacity = capacity(shape, pages, longest);
        if live > capacity {
            return Err(PlanError::Overfull);
        }
        Ok(Self { live, capacity, pages })
    }

    /// Returns the bytes that all parameters take at their full length, entries included.
    #[must_use]
    pub const fn live(&self) -> u32 {
        self.live
    }

    /// Returns the bytes that live records may take, entries included.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Returns how often each page is erased while `bytes` of bodies and entries are committed, if all parameters are set: the
    /// planning figure for wear.
    #[must_use]
    pub const fn erases(&self, bytes: u64) -> u64 {
        // In one turn of the ring, what lives is copied once, and the rest is new.
        let fresh = self.capacity.saturating_sub(self.live);
        match bytes.checked_div(fresh as u64) {
            Some(turns) => turns.saturating_add(1),
            None => u64::MAX,
        }
    }

    /// Returns the number of data pages.
    #[must_use]
    pub const fn pages(&self) -> u32 {
        self.pages
    }
}

/// Returns the longest value, the bytes of all records, and the number of classes.
#[expect(clippy::indexing_slicing, reason = "const loops cannot use iterators")]
pub(crate) const fn measure(registry: &[&[Parameter]], shape: Shape) -> (u16, u32, usize) {
    let (mut longest, mut live, mut classes) = (0, 0_u32, 0_u16);
    let mut list = 0_usize;
    while list < registry.len() {
        let mut at = 0_usize;
        while at < registry[list].len() {
            let parameter = &registry[list][at];
            if parameter.max_len > longest {
                longest = parameter.max_len;
            }
            live = live.saturating_add(shape.record(parameter.max_len));
            if let Some(bit) = 1_u16.checked_shl(parameter.class.number() as u32) {
                classes |= bit;
            }
            at = at.saturating_add(1);
        }
        list = list.saturating_add(1);
    }
    (longest, live, classes.count_ones() as usize)
}

/// Returns the bytes of a page that are sure to be filled, however records of up to `longest` bytes fall.
const fn packed(shape: Shape, longest: u16) -> u32 {
    let waste = shape.record(longest).saturating_sub(shape.word);
    let reserve = shape.stride().saturating_mul(RESERVE);
    shape.usable().saturating_sub(waste).saturating_sub(reserve)
}

/// Returns the bytes that live records may take: one page is the head, one is blank, the rest can always be packed.
pub(crate) const fn capacity(shape: Shape, pages: u32, longest: u16) -> u32 {
    pages.saturating_sub(2).saturating_mul(packed(shape, longest))
}

/// Returns the bytes that can be written before the collector must have been round once.
pub(crate) const fn slack(shape: Shape, pages: u32, longest: u16) -> u32 {
    let late = pages.div_ceil(2).saturating_sub(1);
    let pages = if late == 0 { 1 } else { late };
    pages.saturating_mul(packed(shape, longest))
}

/// Returns the bytes that one commit may take, bodies and entries.
pub(crate) const fn batch_limit(shape: Shape) -> u32 {
    shape.usable().saturating_sub(shape.stride().saturating_mul(RESERVE.saturating_add(1)))
}

/// Returns whether a class occurs in a registry.
pub(crate) fn has_class(registry: &[&[Parameter]], class: Class) -> bool {
    registry.iter().flat_map(|list| list.iter()).any(|parameter| parameter.class == class)
}
