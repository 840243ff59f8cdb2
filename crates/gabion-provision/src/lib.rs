#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod audit;
mod certificate;
mod der;
mod error;
mod format;
mod fuse;
mod identity;
mod label;
mod label_secret;
mod life_cycle;
mod mechanisms;
mod parameters;
#[cfg(feature = "qr")]
mod qr;
mod rotation;
mod text;

pub use audit::{Pattern, audit};
pub use certificate::{CertificateError, Time, self_signed_certificate, signing_request};
pub use error::{GenerateError, LabelError, ProvisionError};
pub use fuse::{CounterFuse, DebugPortFuse, FactoryFuse, FuseError, NoFuse};
pub use identity::Identity;
pub use label::{Label, Payload};
pub use label_secret::{Grouped, LabelSecret};
pub use life_cycle::{
    Credentials, Device, Equipment, FactoryProvisioned, LifeCycle, NetworkPermit, NewIdentity,
    Owned, Unprovisioned,
};
pub use mechanisms::MECHANISMS;
pub use parameters::{FACTORY_RECORD, IDENTITY_KEY, PARAMETERS};
#[cfg(feature = "qr")]
pub use qr::{Modules, draw_half_blocks, with_modules};
pub use rotation::{
    CERTIFICATE, CERTIFICATE_NEXT, IDENTITY_NEXT, MAX_CERTIFICATE, NextIdentity,
    ROTATION_PARAMETERS, RotationError, abandon_rotation, begin_rotation, certificate,
    confirm_rotation, install_certificate, next_identity,
};
pub use text::{Model, Serial, Text, TextError};
