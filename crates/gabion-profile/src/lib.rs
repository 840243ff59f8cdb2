#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod authentication;
mod channel;
mod check;
mod component;
mod format;
mod guarantees;
mod integrity;
mod interface;
mod mechanism;
mod operation;
mod parameter;
mod personal_data;
mod profile;
mod security_parameter;
mod service;
mod update_mechanism;

pub use authentication::{Authentication, Factor, Subject};
pub use channel::Channel;
pub use component::{Component, Implementation, Updated};
pub use format::{HEADER_LEN, MAGIC, SECTION, VERSION, section, section_len};
pub use guarantees::Guarantees;
pub use integrity::Integrity;
pub use interface::{Authenticator, Exposure, Interface, InterfaceKind, Need};
pub use mechanism::{Backend, Backing, Feature, Mechanism, Resource};
pub use operation::{Decision, Deletion, Outage, Resilience, Target, Telemetry, Validation};
pub use parameter::{
    Class, CriticalKey, Key, Origin, ParamId, Parameter, Protection, PublicKey, check_parameters,
};
pub use personal_data::{
    Aggregation, Category, LegalBasis, PersonalData, Recipient, Retention, Sensitivity, Sensor,
    Store,
};
pub use profile::{DeviceInfo, Limits, Profile};
pub use security_parameter::SecurityParameter;
pub use service::{Access, Service};
pub use update_mechanism::UpdateMechanism;

/// Linker script fragment that keeps the section `.gabion.profile` in the ELF file and out of flash. A build script writes it
/// to a file and passes `-T`.
pub const LINKER_SCRIPT: &str = include_str!("../link/gabion-profile.x");
