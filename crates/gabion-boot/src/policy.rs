//! What a device asks of an image beyond a valid signature.

use crate::{Header, Image, Refusal, Version, flag};

/// What a device asks of an image. Made by [`Policy::new`] and narrowed from there; nothing widens it.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    pub(crate) max_size: u32,
    pub(crate) min_counter: Option<u32>,
    pub(crate) slot_address: Option<u32>,
    pub(crate) vendor_id: Option<[u8; 16]>,
    pub(crate) class_id: Option<[u8; 16]>,
    pub(crate) dependencies: Dependencies<'a>,
    pub(crate) effort: Effort,
}

/// What to do with dependencies on other images.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Dependencies<'a> {
    /// Report them ([`Image::dependencies`]) and leave the decision to the caller.
    Reported,
    /// Each must be met by one of these: image number and installed version.
    Installed(&'a [(u8, Version)]),
}

/// How often the signature is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Effort {
    /// Twice, so that one fault inside the signature code does not decide. For what will be booted.
    #[default]
    Redundant,
    /// Once. For a check that another check follows, such as the one while an update arrives.
    Single,
}

impl<'a> Policy<'a> {
    /// Asks for a trusted signature over an image whose last byte lies within `max_size` bytes.
    #[must_use]
    pub const fn new(max_size: u32) -> Self {
        Self {
            max_size,
            min_counter: None,
            slot_address: None,
            vendor_id: None,
            class_id: None,
            dependencies: Dependencies::Reported,
            effort: Effort::Redundant,
        }
    }

    /// Asks for a protected security counter of at least `floor` (EN 303 645 5.3-9: no way back to old weaknesses).
    #[must_use]
    pub const fn min_counter(mut self, floor: u32) -> Self {
        self.min_counter = Some(floor);
        self
    }

    /// Asks that an image with a fixed address ([`flag::ROM_FIXED`]) was linked for this one.
    #[must_use]
    pub const fn slot_address(mut self, address: u32) -> Self {
        self.slot_address = Some(address);
        self
    }

    /// Asks for this vendor id; an image without one is refused.
    #[must_use]
    pub const fn vendor_id(mut self, id: [u8; 16]) -> Self {
        self.vendor_id = Some(id);
        self
    }

    /// Asks for this class id; an image without one is refused.
    #[must_use]
    pub const fn class_id(mut self, id: [u8; 16]) -> Self {
        self.class_id = Some(id);
        self
    }

    /// Sets what is done with dependencies.
    #[must_use]
    pub const fn dependencies(mut self, dependencies: Dependencies<'a>) -> Self {
        self.dependencies = dependencies;
        self
    }

    /// Sets how often the signature is checked.
    #[must_use]
    pub const fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    /// Narrows the size to a slot's, in bytes. Never widens it.
    #[must_use]
    pub fn within(mut self, size: u32) -> Self {
        self.max_size = self.max_size.min(size);
        self
    }

    /// Decides what the header alone tells.
    pub(crate) fn check_header(&self, header: &Header) -> Result<(), Refusal> {
        // The smallest unprotected area has 4 bytes.
        let signed = header.signed_len()?;
        if signed.checked_add(4).is_none_or(|end| end > self.max_size) {
            return Err(Refusal::SizeOutOfRange);
        }
        match self.slot_address {
            Some(address) if header.flags & flag::ROM_FIXED != 0 && header.load_addr != address => {
                Err(Refusal::WrongAddress)
            }
            _ => Ok(()),
        }
    }

    /// Decides what header and protected TLVs tell.
    pub(crate) fn check_image(&self, image: &Image) -> Result<(), Refusal> {
        self.check_header(image.header())?;
        match (self.min_counter, image.security_counter()) {
            (Some(_), None) => return Err(Refusal::CounterMissing),
            (Some(floor), Some(counter)) if counter < floor => return Err(Refusal::Rollback),
            _ => {}
        }
        let wrong = |wanted: &Option<[u8; 16]>, found: &Option<[u8; 16]>| {
            wanted.is_some() && wanted != found
        };
        if wrong(&self.vendor_id, &image.vendor_id) || wrong(&self.class_id, &image.class_id) {
            return Err(Refusal::WrongDevice);
        }
        if let Dependencies::Installed(installed) = self.dependencies {
            for wanted in image.dependencies() {
                let met = |(id, version): &(u8, Version)| {
                    *id == wanted.image && *version >= wanted.min_version
                };
                if !installed.iter().any(met) {
                    return Err(Refusal::DependencyUnmet);
                }
            }
        }
        Ok(())
    }
}
