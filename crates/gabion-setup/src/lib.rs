#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod channel;
mod choices;
mod claim;
mod error;
mod factory;
mod format;
mod frame;
mod guide;
mod link;
mod mechanisms;
mod message;
mod options;
mod parameters;
mod phone;
mod posture;
mod support;
mod wifi;
mod wire;

pub use choices::{Choices, Updates};
pub use claim::{ClaimError, Owner, claim};
pub use error::FactoryError;
pub use factory::{CREDENTIALS, Factory, Order};
pub use frame::{MAX_BODY, MAX_FRAME, Outbox};
pub use guide::{Guide, Question, Step};
pub use link::{CONNECTION_MS, Outcome, Progress, SetUpLink, WINDOW_ATTEMPTS, WINDOW_MS};
pub use mechanisms::MECHANISMS;
pub use message::{Language, Page, page, say_check, say_option, say_wait, say_weak};
pub use options::{DECISIONS, OPTIONS, UserOption};
pub use parameters::{CHOICES, PARAMETERS, SET_UP_WINDOW, WIFI};
pub use phone::{Next, Phone, PhoneError};
pub use posture::{Check, Finding, Posture, Report, Verdict, self_check};
pub use support::{Support, support_at};
pub use wifi::Wifi;
pub use wire::Refusal;
