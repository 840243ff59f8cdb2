//! The whole device on one page.

use crate::format::Writer;
use crate::{
    Authentication, Backend, Channel, Component, Decision, Deletion, Feature, Implementation,
    Integrity, Interface, Mechanism, Parameter, PersonalData, Resilience, SecurityParameter,
    Sensor, Service, Telemetry, UpdateMechanism, Validation, check,
};

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

/// What the hardware or its use does not allow; each with the reason. Cost alone is no reason (5.1-5, 5.3-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The device is constrained, as V2.1.1 understands it.
    pub constrained: Option<&'static str>,
    /// A limit that the use case sets keeps guessing over a network from being made impractical (V3.1.3, condition 14).
    pub no_guessing_protection: Option<&'static str>,
    /// A limit that the use case sets keeps updates out (V3.1.3, condition 15).
    pub no_updates: Option<&'static str>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self =
        Self { constrained: None, no_guessing_protection: None, no_updates: None };
}

macro_rules! profile {
    ($(#[doc = $doc:literal] $name:ident: $kind:ty = $empty:expr;)*) => {
        /// Everything that a device registers.
        ///
        /// [`Profile::of`] begins one; the methods add a registry each; [`Profile::checked`] or
        /// [`profile_section!`](crate::profile_section) hold them against each other at compile time.
        #[derive(Debug, Clone, Copy)]
        pub struct Profile {
            /// The product.
            pub device: DeviceInfo,
            $(#[doc = $doc] pub $name: $kind,)*
        }

        impl Profile {
            /// Begins a profile.
            #[must_use]
            pub const fn of(device: DeviceInfo) -> Self {
                Self { device, $($name: $empty,)* }
            }

            $(
                #[doc = concat!("Registers: ", $doc)]
                #[must_use]
                pub const fn $name(mut self, $name: $kind) -> Self {
                    self.$name = $name;
                    self
                }
            )*
        }
    };
}

profile! {
    /// The interfaces. What is not here cannot listen.
    interfaces: &'static [Interface] = &[];
    /// The services.
    services: &'static [Service] = &[];
    /// The authentication mechanisms.
    authentications: &'static [Authentication] = &[];
    /// The stored parameters of every crate and of the application.
    parameters: &'static [&'static [Parameter]] = &[];
    /// Security parameters beyond the store, and stored ones of which there is more to say.
    security_parameters: &'static [SecurityParameter] = &[];
    /// The communication mechanisms.
    channels: &'static [Channel] = &[];
    /// The software components.
    components: &'static [Component] = &[];
    /// The update mechanisms.
    update_mechanisms: &'static [UpdateMechanism] = &[];
    /// The network and security implementations.
    implementations: &'static [Implementation] = &[];
    /// Secure boot and other ways to notice changed software.
    integrity: &'static [Integrity] = &[];
    /// The personal data.
    personal_data: &'static [PersonalData] = &[];
    /// The senses of the outside world.
    sensors: &'static [Sensor] = &[];
    /// The resilience mechanisms.
    resilience: &'static [Resilience] = &[];
    /// The telemetry.
    telemetry: &'static [Telemetry] = &[];
    /// The ways to delete.
    deletions: &'static [Deletion] = &[];
    /// The decisions of users.
    decisions: &'static [Decision] = &[];
    /// The validations of input.
    validations: &'static [Validation] = &[];
    /// The mechanisms of every crate that is compiled in.
    mechanisms: &'static [&'static [Mechanism]] = &[];
    /// What the chip gives.
    backends: &'static [Backend] = &[];
    /// The features that are on or off in this image, of every package that records them.
    features: &'static [&'static [Feature]] = &[];
    /// What the hardware or its use does not allow.
    limits: Limits = Limits::NONE;
}

/// Writes a registry under its number.
macro_rules! registry {
    ($w:ident, $number:literal, $list:expr) => {
        $w.unsigned($number);
        $w.array($list.len() as u64);
        let mut rest = $list;
        while let [item, others @ ..] = rest {
            item.emit($w);
            rest = others;
        }
    };
    ($w:ident, $number:literal, each $lists:expr) => {
        $w.unsigned($number);
        let mut count: u64 = 0;
        let mut lists = $lists;
        while let [list, others @ ..] = lists {
            count = count.saturating_add(list.len() as u64);
            lists = others;
        }
        $w.array(count);
        let mut lists = $lists;
        while let [list, more @ ..] = lists {
            let mut rest = *list;
            while let [item, others @ ..] = rest {
                item.emit($w);
                rest = others;
            }
            lists = more;
        }
    };
}

impl Profile {
    /// Puts a profile of parameters, interfaces and mechanisms together.
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
        let _ = crate::check_parameters(parameters);
        Self::of(device).parameters(parameters).interfaces(interfaces).mechanisms(mechanisms)
    }

    /// Holds the registries against each other.
    ///
    /// # Panics
    ///
    /// At compile time: two items of one kind have one name, a name leads nowhere, an interface that is never needed is open, a
    /// debug interface is neither disabled nor protected, or the device has no contact or no end of support.
    #[must_use]
    pub const fn checked(self) -> Self {
        check::profile(&self);
        self
    }

    /// Finds a parameter by the number that stands on flash.
    #[must_use]
    pub fn parameter(&self, id: crate::ParamId) -> Option<&'static Parameter> {
        self.parameters.iter().flat_map(|list| list.iter()).find(|p| p.id == id)
    }

    pub(crate) const fn emit<const N: usize>(&self, w: &mut Writer<N>) {
        w.map(22);
        w.unsigned(0);
        w.array(5);
        w.text(self.device.manufacturer);
        w.text(self.device.model);
        w.text(self.device.security_contact);
        w.text(self.device.policy_url);
        w.text(self.device.support_until);
        registry!(w, 1, self.interfaces);
        registry!(w, 2, self.services);
        registry!(w, 3, self.authentications);
        registry!(w, 4, each self.parameters);
        registry!(w, 5, self.security_parameters);
        registry!(w, 6, self.channels);
        registry!(w, 7, self.components);
        registry!(w, 8, self.update_mechanisms);
        registry!(w, 9, self.implementations);
        registry!(w, 10, self.integrity);
        registry!(w, 11, self.personal_data);
        registry!(w, 12, self.sensors);
        registry!(w, 13, self.resilience);
        registry!(w, 14, self.telemetry);
        registry!(w, 15, self.deletions);
        registry!(w, 16, self.decisions);
        registry!(w, 17, self.validations);
        registry!(w, 18, each self.mechanisms);
        registry!(w, 19, self.backends);
        registry!(w, 20, each self.features);
        w.unsigned(21);
        w.array(3);
        w.optional(self.limits.constrained);
        w.optional(self.limits.no_guessing_protection);
        w.optional(self.limits.no_updates);
    }
}
