#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod account;
mod auth;
mod change;
mod entered;
mod error;
mod format;
mod judge;
mod label_proof;
mod machine;
mod mechanisms;
mod parameters;
mod policy;
mod ports;
mod presence;
mod role;
mod session;
mod set_up;
mod throttle;
mod verifier;

pub use auth::{Auth, Config};
pub use entered::{Entered, Name};
pub use error::{AuthError, SessionError};
pub use format::PAKE_LEN;
pub use judge::{WeakSecret, judge};
pub use label_proof::{
    LabelAttempt, LabelProof, LabelTerms, PHONE, ProvedLabel, label_pake_record, stretch_code,
};
pub use machine::Challenge;
pub use mechanisms::MECHANISMS;
pub use parameters::{
    BACK_END, LABEL, LABEL_PAKE, MACHINE_1, MACHINE_2, OWNER, PARAMETERS, THROTTLE, USER_1, USER_2,
    USER_3,
};
pub use policy::{Budget, Policy};
pub use ports::Ports;
pub use presence::{PhysicalPresence, PresenceSensor};
pub use role::{Authorized, HumanRole, Machine, Owner, Role, RoleKind, User};
pub use session::{Session, SessionToken};
pub use verifier::{VERIFIER_LEN, label_verifier};
