//! One change of a commit.

use gabion_profile::{Key, Parameter};

/// One change of a [`commit`](crate::Storage::commit): a value put under a key, or a key removed.
///
/// Only a registered key makes one.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    parameter: &'static Parameter,
    value: Option<&'a [u8]>,
}

impl<'a> Change<'a> {
    /// Puts `value` under `key`.
    #[must_use]
    pub fn put(key: &impl Key, value: &'a [u8]) -> Self {
        Self { parameter: key.parameter(), value: Some(value) }
    }

    /// Removes `key` and makes its value unrecoverable.
    #[must_use]
    pub fn remove(key: &impl Key) -> Self {
        Self { parameter: key.parameter(), value: None }
    }

    /// Returns what is changed.
    #[must_use]
    pub const fn parameter(&self) -> &'static Parameter {
        self.parameter
    }

    /// Returns the new value, or `None` for a removal.
    #[must_use]
    pub const fn value(&self) -> Option<&'a [u8]> {
        self.value
    }
}

/// Values stay out of logs.
impl core::fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let verb = if self.value.is_some() { "put" } else { "remove" };
        write!(f, "Change({verb} {})", self.parameter.name)
    }
}
