//! The whole device on one page.

use crate::{Interface, Mechanism, Parameter, check_parameters};

/// What the statement says of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The maker.
    pub manufacturer: &'static str,
    /// The model designation (EN 303 645 5.3-16).
    pub model: &'static str,
    /// Where to report a vulnerability (5.2-1).
    pub security_contact: &'static str,
    /// Where the policy stands (5.2-1).
    pub policy_url: &'static str,
    /// End of the support period as `YYYY-MM-DD` (5.3-13).
    pub support_until: &'static str,
}

/// Everything that a device registers.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// The product.
    pub device: DeviceInfo,
    /// The parameters of every crate and of the application.
    pub parameters: &'static [&'static [Parameter]],
    /// The interfaces. What is not here cannot listen.
    pub interfaces: &'static [Interface],
    /// The mechanisms of every crate that is compiled in.
    pub mechanisms: &'static [&'static [Mechanism]],
}

impl Profile {
    /// Puts a profile together.
    ///
    /// # Panics
    ///
    /// At compile time, when two parameters share a number.
    #[must_use]
    pub const fn new(
        device: DeviceInfo,
        parameters: &'static [&'static [Parameter]],
        interfaces: &'static [Interface],
        mechanisms: &'static [&'static [Mechanism]],
    ) -> Self {
        let _ = check_parameters(parameters);
        Self { device, parameters, interfaces, mechanisms }
    }

    /// Finds a parameter by the number that stands on flash.
    #[must_use]
    pub fn parameter(&self, id: crate::ParamId) -> Option<&'static Parameter> {
        self.parameters.iter().flat_map(|list| list.iter()).find(|p| p.id == id)
    }
}
