#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod choices;
mod claim;
mod error;
mod factory;
mod format;
mod guide;
mod mechanisms;
mod message;
mod options;
mod parameters;
mod posture;
mod support;

pub use choices::{Choices, Updates};
pub use claim::{ClaimError, Owner, claim};
pub use error::FactoryError;
pub use factory::{CREDENTIALS, Factory, Order};
pub use guide::{Guide, Question, Step};
pub use mechanisms::MECHANISMS;
pub use message::{Language, Page, page, say_check, say_option, say_wait, say_weak};
pub use options::{OPTIONS, UserOption};
pub use parameters::{CHOICES, PARAMETERS};
pub use posture::{Check, Finding, Posture, Report, Verdict, self_check};
pub use support::{Support, support_at};
